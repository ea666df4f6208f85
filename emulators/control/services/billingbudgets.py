"""Budgets: how much is planned, and at which share of it somebody is told."""

from typing import Any

from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import invalid

Json = dict[str, Any]

SERVICE = Service("billingbudgets", package="google.cloud.billing.budgets.v1")


@SERVICE.check("budgets")
def check_budget(call: Call, new: Json, old: Json | None) -> None:
    """An amount of one kind, and shares above zero."""
    amount = new.get("amount", {})
    if len(amount) != 1:
        raise invalid("budget.amount", "A budget's amount is either specifiedAmount or lastPeriodAmount.")
    for index, rule in enumerate(new.get("thresholdRules", [])):
        if rule.get("thresholdPercent", -1) < 0:
            raise invalid(f"budget.threshold_rules[{index}].threshold_percent", "A share of the budget is needed.")


@SERVICE.fill("budgets")
def fill_budget(call: Call, budget: Json) -> None:
    """Credits count, and the period is a month, unless something else is said."""
    given = budget.setdefault("budgetFilter", {})
    given.setdefault("creditTypesTreatment", "INCLUDE_ALL_CREDITS")
    if "customPeriod" not in given:
        given.setdefault("calendarPeriod", "MONTH")
    amount = budget["amount"].get("specifiedAmount")
    if amount is not None:
        amount.setdefault("currencyCode", "USD")
    for rule in budget.get("thresholdRules", []):
        rule.setdefault("spendBasis", "CURRENT_SPEND")

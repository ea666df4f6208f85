"""docs/costs.md is what Terraform's plans, the prices and the volumes say; a first apply loses nothing."""

from pathlib import Path

import pytest

from contracts.reader import load
from deployment import prices
from deployment.costs import DOCUMENT, bill, document, usages
from deployment.plan import Plan, parse
from deployment.plan_guard import refusals
from tests.terraform.conftest import Run, plan

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def plans(terraform: Run, configuration: Path) -> dict[str, Plan]:
    """Company -> the plan of its environment in an empty project."""
    return {
        name: parse(plan(terraform, configuration, f"-var-file=environments/{company.environment}.tfvars"))
        for name, company in usages().items()
    }


def test_the_document_is_current(plans: dict[str, Plan]) -> None:
    companies, asked = usages(), prices.load()
    bills = {name: bill(plans[name], company, asked) for name, company in companies.items()}
    assert document(bills, companies, asked) == DOCUMENT.read_text(encoding="utf-8"), (
        "write it again: python -m deployment.costs little=small.json much=prod.json --write (docs/terraform.md)"
    )


def test_a_first_apply_loses_nothing(plans: dict[str, Plan]) -> None:
    assert [refusal for one in plans.values() for refusal in refusals(one, load())] == []

"""What a month costs: tiers, quantities read from plans, all types of resource known (real plans: tests/terraform/)."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from deployment import prices, quantities
from deployment.costs import DOCUMENT, bill, document, usages
from deployment.plan import Plan, parse
from deployment.prices import Price, PriceError
from deployment.quantities import Usage, machine

ROOT = Path(__file__).parents[2]
TERRAFORM = ROOT / "terraform"
NOTHING = Usage("nothing", "dev", 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)


def plan_of(**resources: Mapping[str, Any]) -> Plan:
    """A plan in which these resources, by type, will be there."""
    items = [{"address": type_, "mode": "managed", "type": type_, "values": v} for type_, v in resources.items()]
    root = {"child_modules": [{"resources": items}]}
    return parse({"format_version": "1.2", "planned_values": {"root_module": root}})


def dollars(plan: Plan, usage: Usage = NOTHING) -> dict[str, float]:
    lines = bill(plan, usage, prices.load())
    return {
        service: sum(line.dollars for line in lines if line.service == service)
        for service in {x.service for x in lines}
    }


@pytest.mark.parametrize(("amount", "expected"), [(0, 0), (10, 0), (110, 200), (1010, 2000), (1110, 2100)])
def test_a_price_falls_by_tiers_after_what_is_free(amount: float, expected: float) -> None:
    assert Price("x", "X", "GiB", ((1000, 2.0), (float("inf"), 1.0)), free=10).of(amount) == expected


def test_datastream_costs_what_google_says_it_does() -> None:
    # 3,000 GiB of changes: 2,500 at 2 dollars, 500 at 1.5; the example on Google's own price page.
    assert prices.load()["datastream"].of(3000) == 5750


def test_a_database_is_paid_by_processors_memory_disk_and_twice_when_it_is_doubled() -> None:
    def cost(availability: str) -> float:
        settings = {"tier": "db-custom-2-8192", "availability_type": availability, "disk_size": 10}
        return dollars(plan_of(google_sql_database_instance={"name": "db", "settings": [settings]}))["Cloud SQL"]

    assert cost("ZONAL") == pytest.approx(730 * (2 * 0.0454 + 8 * 0.0077) + 10 * 0.187)
    assert cost("REGIONAL") == pytest.approx(2 * cost("ZONAL"))


def test_a_service_is_paid_while_an_instance_is_kept() -> None:
    def cost(minimum: int) -> float:
        container = {"name": "c", "resources": [{"limits": {"cpu": "2", "memory": "4Gi"}}]}
        template = {"scaling": [{"min_instance_count": minimum}], "containers": [container]}
        service = {"name": "ui", "scaling": [], "template": [template]}
        return dollars(plan_of(google_cloud_run_v2_service=service)).get("Cloud Run", 0)

    assert cost(0) == 0
    assert cost(1) == pytest.approx(730 * 3600 * (2 * 0.000018 + 4 * 0.000002))


def test_a_worker_pool_is_paid_by_its_instances() -> None:
    container = {"name": "c", "resources": [{"limits": {"cpu": "1", "memory": "1Gi"}}]}
    pool = {"name": "d", "scaling": [{"manual_instance_count": 1}], "template": [{"containers": [container]}]}
    assert dollars(plan_of(google_cloud_run_v2_worker_pool=pool))["Cloud Run"] == pytest.approx(730 * 3600 * 0.00002)


def test_a_type_of_resource_without_a_price_is_an_error() -> None:
    with pytest.raises(PriceError, match="google_tpu_node has no price"):
        bill(plan_of(google_tpu_node={}), NOTHING, prices.load())


def test_machines() -> None:
    assert machine("n2d-standard-2") == (2, 8)
    assert machine("n1-highmem-4") == (4, 32)
    with pytest.raises(PriceError, match="machine type m9-giant"):
        machine("m9-giant")


def test_every_type_in_terraform_is_free_or_priced() -> None:
    files = [file for file in TERRAFORM.rglob("*.tf") if ".terraform" not in file.parts]
    types = {found for file in files for found in re.findall(r'^resource "(\w+)"', file.read_text(), re.MULTILINE)}
    free = prices.load().free
    assert len(types) > 50
    assert types - free - set(quantities.PRICED) == set()
    assert free & set(quantities.PRICED) == set()


def test_the_document_is_of_the_newest_prices_and_its_lines_add_up() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert f"({prices.load().date};" in text
    totals = [float(cell.replace(",", "")) for cell in re.findall(r"\*\*([\d,.]+)\*\*", text)]
    for company, total, section in zip(usages().values(), totals, text.split("\n## ")[1:], strict=True):
        assert f"`environments/{company.environment}.tfvars`" in section
        lines = [row.split("|")[-2] for row in section.splitlines() if re.match(r"\| [A-Z]", row)]
        assert sum(float(cell.replace(",", "")) for cell in lines) == pytest.approx(total, abs=len(lines) / 2)


def test_document_of_two_bills() -> None:
    companies = usages()
    lines = {name: bill(plan_of(), company, prices.load()) for name, company in companies.items()}
    text = document(lines, companies, prices.load())
    assert "| US dollars | hundreds of MB a month | 150 GB a day |" in text
    assert "| Datastream | 0.80 | 5,750 |" in text

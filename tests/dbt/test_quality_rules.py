"""Quality rules from a contract's YAML, rendered as SQL and answered by BigQuery."""

from pathlib import Path

import pytest

from contracts.model import Table
from contracts.quality import check_sql, checks_sql
from contracts.reader import load
from tests.dbt.warehouse import Warehouse

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: shop
version: 1.0.0
status: active
schema:
  - name: orders
    customProperties: [{property: capture, value: stream}]
    properties:
      - {name: id, logicalType: integer, primaryKey: true}
      - {name: left, logicalType: string, quality: [RULES OF LEFT]}
      - {name: flag, logicalType: boolean}
    quality: [RULES OF TABLE]
"""
# id, left, flag: seven rows, `left` is a reserved word, two values are there twice, one is missing and one is empty.
ROWS = """(select 1 as id, 'a' as `left`, true as flag union all select 2, 'a', true union all select 3, 'bb', false
    union all select 4, 'it\\'s', null union all select 5, null, null union all select 6, '', true
    union all select 7, 'bb', false)"""


def read(folder: Path, of_table: str = "", of_left: str = "") -> Table:
    text = CONTRACT.replace("RULES OF TABLE", of_table).replace("RULES OF LEFT", of_left)
    (folder / "shop.odcs.yaml").write_text(text, encoding="utf-8")
    return load(folder)[0].table("orders")


@pytest.mark.parametrize(
    ("of_table", "of_left", "expected"),
    [
        ("{metric: rowCount, mustBe: 7}", "", (7, None, True)),
        ("{metric: rowCount, mustBeGreaterThan: 7}", "", (7, None, False)),
        ("{metric: rowCount, mustBeBetween: [1, 7]}", "", (7, None, True)),
        ("{metric: rowCount, mustNotBeBetween: [1, 7]}", "", (7, None, False)),
        ("{metric: rowCount, mustBeGreaterOrEqualTo: 7, mustBeLessThan: 7}", "", (7, None, False)),
        ("{metric: duplicateValues, arguments: {properties: [left, flag]}, mustBe: 0}", "", (2, 2, False)),
        ("{metric: duplicateValues, arguments: {properties: [id]}, mustBe: 0}", "", (0, 0, True)),
        ("{type: sql, query: 'select count(*) from ${object} where flag', mustBe: 3}", "", (3, None, True)),
        ("{type: sql, query: 'select sum(id) from ${object} where id > 9;', mustBe: 0}", "", (None, None, False)),
        ("", "{metric: nullValues, mustBe: 1}", (1, 1, True)),
        ("", "{metric: nullValues, unit: percent, mustBeLessThan: 15}", (100 / 7, 1, True)),
        ("", "{metric: missingValues, mustBe: 0}", (2, 2, False)),
        ("", "{metric: missingValues, arguments: {missingValues: [bb]}, mustBe: 2}", (2, 2, True)),
        ("", "{metric: duplicateValues, mustBe: 2}", (2, 2, True)),
        ("", "{metric: duplicateValues, unit: percent, mustBeLessOrEqualTo: 28}", (200 / 7, 2, False)),
        ("", '{metric: invalidValues, arguments: {validValues: [a, bb, "it\'s", ""]}, mustBe: 0}', (0, 0, True)),
        ("", "{metric: invalidValues, arguments: {pattern: '^[a-z]+$'}, mustBe: 0}", (2, 2, False)),
        ("", "{metric: invalidValues, arguments: {minLength: 1, maxLength: 2}, mustBe: 0}", (2, 2, False)),
        ("", "{type: sql, query: 'select max(length(${property})) from ${object}', mustBe: 4}", (4, None, True)),
    ],
)
def test_rule(
    warehouse: Warehouse, tmp_path: Path, of_table: str, of_left: str, expected: tuple[float | None, int | None, bool]
) -> None:
    (rule,) = read(tmp_path, of_table, of_left).quality
    (row,) = warehouse.query(check_sql(rule, ROWS))
    assert row["rule"] == rule.name
    assert row["observed"] == (None if expected[0] is None else pytest.approx(expected[0]))
    assert (row["failed_rows"], row["passed"]) == expected[1:]


def test_rules_of_an_empty_table(warehouse: Warehouse, tmp_path: Path) -> None:
    rules = read(
        tmp_path,
        "{metric: rowCount, mustBe: 0}, {metric: duplicateValues, arguments: {properties: [id]}, mustBe: 0}",
        "{metric: nullValues, unit: percent, mustBe: 0}, {metric: duplicateValues, mustBe: 0, severity: warning}",
    ).quality
    rows = warehouse.query(checks_sql(rules, f"(select * from {ROWS} where id > 9)"))
    assert {row["rule"]: row["passed"] for row in rows} == {rule.name: True for rule in rules}
    assert [rule.blocking for rule in rules] == [True, True, True, False]

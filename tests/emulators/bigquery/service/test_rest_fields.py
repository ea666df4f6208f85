"""Fields of REST resources as the reference describes them: what is refused, and what only the service says."""

from typing import Any

import pytest
import requests

from tests.emulators.bigquery.service.conftest import PROJECT, Service


def post(service: Service, path: str, body: Any) -> tuple[int, Any]:
    answer = requests.post(f"{service.address}/bigquery/v2/projects/{PROJECT}/{path}", json=body, timeout=20)
    found = answer.json()
    return answer.status_code, found["error"]["message"] if "error" in found else found


def table(dataset: str, **resource: Any) -> dict[str, Any]:
    return {"tableReference": {"projectId": PROJECT, "datasetId": dataset, "tableId": "t"}, **resource}


def routine(dataset: str, kind: str, **resource: Any) -> dict[str, Any]:
    reference = {"projectId": PROJECT, "datasetId": dataset, "routineId": "r"}
    return {"routineReference": reference, "routineType": kind, **resource}


COLUMN = {"name": "a", "type": "INTEGER"}
COLUMNS = {"fields": [COLUMN]}
FILES = {"sourceFormat": "NEWLINE_DELIMITED_JSON", "sourceUris": ["gs://bucket/x.json"], "schema": COLUMNS}
VIEW = {"query": "select 1 as a", "useLegacySql": False}
ARGUMENT = {"name": "x", "dataType": {"typeKind": "INT64"}}
INT64 = {"typeKind": "INT64"}


def test_what_the_service_alone_says_is_passed_over(service: Service, dataset: str) -> None:
    given = {"satisfiesPzs": True, "catalogSource": "BIGLAKE", "type": "LINKED", "creationTime": "5"}
    body = {"datasetReference": {"projectId": PROJECT, "datasetId": f"{dataset}_own"}, **given}
    status, made = post(service, "datasets", body)
    assert (status, made["type"]) == (200, "DEFAULT") and "satisfiesPzs" not in made and "catalogSource" not in made
    watermark = {"refreshWatermark": "2020-01-01T00:00:00Z"}
    found = post(
        service, f"datasets/{dataset}/tables", table(dataset, schema=COLUMNS, materializedViewStatus=watermark)
    )
    assert found[0] == 200 and "materializedViewStatus" not in found[1]


@pytest.mark.parametrize(
    ("resource", "status", "text"),
    [
        ({"view": VIEW | {"privacyPolicy": {"joinRestrictionPolicy": {}}}}, 501, "A view with privacyPolicy"),
        ({"view": VIEW | {"userDefinedFunctionResources": [{"inlineCode": "x"}]}}, 501, "userDefinedFunctionResources"),
        ({"view": {"useLegacySql": False}}, 400, "Required parameter is missing: query"),
        ({"schema": COLUMNS, "maxStaleness": "soon"}, 400, "'soon' is no interval"),
        ({"schema": COLUMNS, "timePartitioning": {"type": "DAY", "expirationMs": "-5"}}, 400, "is below zero"),
        ({"schema": COLUMNS, "managedTableType": "BIGLAKE"}, 501, "managedTableType BIGLAKE"),
        (
            {"schema": {"fields": [COLUMN | {"generatedColumn": {"generatedMode": "GENERATED_ALWAYS"}}]}},
            501,
            "generated",
        ),
        ({"schema": {"fields": [COLUMN | {"dataPolicies": [{"name": "p"}]}]}}, 501, "dataPolicies of field a"),
        ({"externalDataConfiguration": FILES | {"objectMetadata": "SIMPLE"}}, 501, "objectMetadata SIMPLE"),
        ({"externalDataConfiguration": FILES | {"jsonOptions": {"encoding": "UTF-16BE"}}}, 501, "Encoding UTF-16BE"),
        ({"externalDataConfiguration": FILES | {"parquetOptions": {"mapTargetType": "ARRAY_OF_STRUCT"}}}, 501, "map"),
        ({"externalDataConfiguration": FILES | {"timestampTargetPrecision": [6, 12]}}, 501, "than 6 digits"),
    ],
)
def test_a_table_that_cannot_be(
    service: Service, dataset: str, resource: dict[str, Any], status: int, text: str
) -> None:
    found = post(service, f"datasets/{dataset}/tables", table(dataset, **resource))
    assert found[0] == status and text in found[1]


@pytest.mark.parametrize(
    ("kind", "resource", "text"),
    [
        ("SCALAR_FUNCTION", {}, "Required parameter is missing: definitionBody"),
        ("SCALAR_FUNCTION", {"definitionBody": "return 1", "language": "JAVASCRIPT"}, "missing: returnType"),
        ("SCALAR_FUNCTION", {"definitionBody": "x", "arguments": [ARGUMENT | {"mode": "OUT"}]}, "only for a PROCEDURE"),
        (
            "SCALAR_FUNCTION",
            {"definitionBody": "1", "returnTableType": {"columns": [{"name": "a"}]}},
            "returnTableType",
        ),
        ("TABLE_VALUED_FUNCTION", {"definitionBody": "select 1 as a", "returnType": INT64}, "returnType cannot be set"),
        ("PROCEDURE", {"definitionBody": "begin selec 1; end", "strictMode": False}, "Syntax error"),
        ("PROCEDURE", {"definitionBody": "select x, y", "arguments": [ARGUMENT]}, "Unrecognized name: y"),
    ],
)
def test_a_routine_that_cannot_be(
    service: Service, dataset: str, kind: str, resource: dict[str, Any], text: str
) -> None:
    found = post(service, f"datasets/{dataset}/routines", routine(dataset, kind, **resource))
    assert found[0] == 400 and text in found[1]


@pytest.mark.parametrize("body", ["begin set x = x + 1; end", "declare y int64 default 1; set x = x + y;"])
def test_a_procedure_made_by_rest_runs(service: Service, dataset: str, body: str) -> None:
    made = routine(dataset, "PROCEDURE", definitionBody=body, arguments=[ARGUMENT | {"mode": "INOUT"}])
    assert post(service, f"datasets/{dataset}/routines", made)[0] == 200
    query = f"declare v int64 default 41; call {dataset}.r(v); select v"
    assert post(service, "queries", {"query": query, "useLegacySql": False})[1]["rows"] == [{"f": [{"v": "42"}]}]


@pytest.mark.parametrize(
    ("resource", "status", "text"),
    [
        ({"isCaseInsensitive": True}, 501, "A dataset with isCaseInsensitive"),
        ({"access": [{"role": "READER", "specialGroup": "nobody"}]}, 400, "Invalid value for specialGroup: nobody"),
    ],
)
def test_a_dataset_that_cannot_be(service: Service, resource: dict[str, Any], status: int, text: str) -> None:
    body = {"datasetReference": {"projectId": PROJECT, "datasetId": "impossible"}, **resource}
    found = post(service, "datasets", body)
    assert found[0] == status and text in found[1]


def test_a_change_of_a_dataset_is_of_what_its_mode_says(service: Service, dataset: str) -> None:
    address = f"{service.address}/bigquery/v2/projects/{PROJECT}/datasets/{dataset}"
    sent: dict[str, Any] = {"description": "new", "access": [{"role": "READER", "userByEmail": "a@example.com"}]}

    def change(method: str, mode: str) -> tuple[str | None, int]:
        found = requests.request(method, address, json=sent, params={"updateMode": mode}, timeout=20).json()
        return found.get("description"), len(found["access"])

    assert change("PATCH", "UPDATE_METADATA") == ("new", 4)
    sent["description"] = "newer"
    assert change("PUT", "UPDATE_ACL") == ("new", 1)
    sent["access"] = []
    assert change("PUT", "UPDATE_METADATA") == ("newer", 1)


def test_access_under_a_condition_needs_its_version(service: Service, dataset: str) -> None:
    entry = {"role": "READER", "userByEmail": "a@example.com", "condition": {"expression": "true"}}
    body = {"datasetReference": {"projectId": PROJECT, "datasetId": f"{dataset}_when"}, "access": [entry]}
    for version, text in (("1", "needs accessPolicyVersion=3"), ("2", "use 0, 1 or 3")):
        status, message = post(service, f"datasets?accessPolicyVersion={version}", body)
        assert status == 400 and text in message
    assert post(service, "datasets?accessPolicyVersion=3", body)[1]["access"] == [entry]


def test_a_policy_needs_its_filter(service: Service, dataset: str) -> None:
    assert post(service, f"datasets/{dataset}/tables", table(dataset, schema=COLUMNS))[0] == 200
    reference = {"projectId": PROJECT, "datasetId": dataset, "tableId": "t", "policyId": "p"}
    found = post(service, f"datasets/{dataset}/tables/t/rowAccessPolicies", {"rowAccessPolicyReference": reference})
    assert found == (400, "Required parameter is missing: filterPredicate")


def test_a_dry_run_is_not_billed(service: Service, dataset: str) -> None:
    post(service, "queries", {"query": f"create table {dataset}.t as select 1 as a", "useLegacySql": False})
    query = {"query": f"select * from {dataset}.t", "useLegacySql": False, "dryRun": True}
    status, found = post(service, "queries", query)
    assert (status, found["totalBytesProcessed"], found["totalBytesBilled"]) == (200, "8", "0")


def test_a_view_names_its_columns(service: Service, dataset: str) -> None:
    view = {"view": VIEW | {"useExplicitColumnNames": True}}
    status, message = post(service, f"datasets/{dataset}/tables", table(dataset, **view))
    assert (status, message) == (400, "The view has 0 column names, but its query has 1 columns.")
    named = {"schema": {"fields": [{"name": "b", "type": "INTEGER"}]}, **view}
    assert post(service, f"datasets/{dataset}/tables", table(dataset, **named))[0] == 200
    query = {"query": f"select b from {dataset}.t", "useLegacySql": False}
    assert post(service, "queries", query)[1]["rows"] == [{"f": [{"v": "1"}]}]


def test_a_materialized_view_is_refreshed_within_bounds(service: Service, dataset: str) -> None:
    post(service, "queries", {"query": f"create table {dataset}.base (a int64)", "useLegacySql": False})
    query = f"select a, count(*) as n from {dataset}.base group by a"
    view = {"materializedView": {"query": query, "refreshIntervalMs": "59999"}}
    status, message = post(service, f"datasets/{dataset}/tables", table(dataset, **view))
    assert status == 400 and "one minute to seven days" in message


def test_results_that_are_no_rows_as_they_are(service: Service, dataset: str) -> None:
    made = f"create table {dataset}.t as select 1 as a, [1, 2] as l"
    post(service, "queries", {"query": made, "useLegacySql": False})
    status, message = post(service, "queries", {"query": "select 1", "queryResultsFormat": "ARROW"})
    assert status == 501 and "queryResultsFormat ARROW" in message
    legacy = {"query": f"select a, l from [{PROJECT}:{dataset}.t]", "useLegacySql": True}
    status, message = post(service, "queries", legacy)
    assert status == 501 and "flattening column l" in message
    job = {"configuration": {"query": legacy | {"flattenResults": False}}}
    assert "errorResult" not in post(service, "jobs", job)[1]["status"]

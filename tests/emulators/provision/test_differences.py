"""What counts as a difference, and what a table with rows can become."""

from emulators.provision.differences import differences, holds, merged_fields


def field(name: str, mode: str = "NULLABLE", kind: str = "STRING") -> dict[str, str]:
    return {"name": name, "type": kind, "mode": mode}


def test_what_the_service_filled_is_no_difference() -> None:
    wanted = {"location": "EU", "policy": {"a": {"on": True}}, "list": [{"x": 1}]}
    actual = {"location": "EU", "etag": "7", "policy": {"a": {"on": True, "since": "now"}}, "list": [{"x": 1, "y": 2}]}
    assert differences("bucket", wanted, actual) == {}


def test_each_changed_field_is_told_alone() -> None:
    assert differences("bucket", {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 5}) == {"b": 2, "c": 3}


def test_numbers_as_text_are_numbers_and_booleans_are_not() -> None:
    assert holds("64", 64)
    assert not holds("True", True)
    assert not holds(1, True)
    assert not holds([1, 2], [1])
    assert not holds(None, {})


def test_a_setting_that_is_no_longer_wanted_is_removed() -> None:
    assert differences("topic", {}, {"schemaSettings": {"schema": "s"}}) == {"schemaSettings": None}
    assert differences("topic", {}, {"labels": {"by": "hand"}}) == {}


def test_a_password_is_never_compared() -> None:
    wanted = {"postgresqlProfile": {"hostname": "h", "password": "secret"}}
    assert differences("connection_profile", wanted, {"postgresqlProfile": {"hostname": "h"}}) == {}
    assert differences("connection_profile", wanted, {"postgresqlProfile": {"hostname": "other"}}) == wanted


def test_a_table_with_rows_never_loses_a_column_and_never_gets_stricter() -> None:
    actual = [field("id", "REQUIRED"), field("gone", "REQUIRED"), field("loose")]
    wanted = [field("id", "REQUIRED"), field("new", "REQUIRED"), field("loose", "REQUIRED")]
    assert merged_fields(actual, wanted) == [field("id", "REQUIRED"), field("gone"), field("loose"), field("new")]


def test_a_column_may_become_optional_and_keeps_its_place() -> None:
    assert merged_fields([field("b", "REQUIRED"), field("a")], [field("a"), field("b")]) == [field("b"), field("a")]


def test_merging_twice_is_merging_once() -> None:
    actual, wanted = [field("a", "REQUIRED"), field("b")], [field("b", "REQUIRED"), field("c", "REPEATED")]
    once = merged_fields(actual, wanted)
    assert merged_fields(once, wanted) == once


def test_a_switch_that_is_off_may_as_well_be_absent() -> None:
    assert holds({}, {"requirePartitionFilter": False})
    assert not holds({}, {"requirePartitionFilter": True})
    assert not holds({"requirePartitionFilter": True}, {"requirePartitionFilter": False})

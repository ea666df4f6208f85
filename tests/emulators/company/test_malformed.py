"""Each malformed event is what its reason says: judged here by reading the bytes, without the pipeline's code."""

import json
from datetime import datetime

import pytest

from emulators.company.events.malformed import MALFORMED, Malformed

GOOD = (
    '{"event_id":"usage-20260105-000001","account_id":17,"user_id":4,"feature":"search","quantity":2,'
    '"duration_seconds":1.500,"properties":{"project":"\\u00c5"},"occurred_at":"2026-01-05T09:00:00.000Z"}'
)
REQUIRED = {"event_id": str, "account_id": int, "feature": str, "quantity": int, "occurred_at": str}


def judge(payload: bytes) -> str:
    """The first thing that is wrong with a usage event, or nothing."""
    try:
        fields = json.loads(payload.decode())
    except UnicodeDecodeError:
        return "invalid_encoding"
    except json.JSONDecodeError:
        return "invalid_json"
    if not isinstance(fields, dict):
        return "invalid_json"
    for name, kind in REQUIRED.items():
        if fields.get(name) is None:
            return "missing_required"
        if type(fields[name]) is not kind:
            return "wrong_type"
        if kind is int and not -(2**63) <= fields[name] < 2**63:
            return "unrepresentable"
    return judge_time(fields["occurred_at"])


def judge_time(text: str) -> str:
    year, dash, _ = text.partition("-")
    if dash and year.isdigit() and int(year) > 9999:
        return "unrepresentable"
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return "invalid_timestamp"
    return ""


@pytest.mark.parametrize("form", MALFORMED, ids=lambda form: form.variety)
def test_it_is_wrong_in_the_way_that_it_says(form: Malformed) -> None:
    assert judge(GOOD.encode()) == ""
    assert judge(form.spoil(GOOD)) == form.reason


@pytest.mark.parametrize("form", MALFORMED, ids=lambda form: form.variety)
def test_two_malformed_events_are_never_the_same_bytes(form: Malformed) -> None:
    assert form.spoil(GOOD) != form.spoil(GOOD.replace("000001", "000002"))


def test_every_reason_is_tried() -> None:
    assert {form.reason for form in MALFORMED} == {
        "invalid_json",
        "invalid_encoding",
        "missing_required",
        "wrong_type",
        "invalid_timestamp",
        "unrepresentable",
    }

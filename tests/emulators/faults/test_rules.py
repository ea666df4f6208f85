"""Which calls get a fault, and what a rule may say."""

from pathlib import Path

import pytest

from emulators.faults import command
from emulators.faults.rules import FILE, Faults, Rule, read_rules, write_rules


def test_without_a_file_nothing_happens(tmp_path: Path) -> None:
    assert Faults(tmp_path).choose("GET /storage/v1/b") is None


def test_a_file_that_appears_changes_and_goes_is_seen_at_the_next_call(tmp_path: Path) -> None:
    faults, call = Faults(tmp_path), "POST /upload/storage/v1/b/x/o"
    write_rules(tmp_path, [Rule(method="POST /upload/*", error="UNAVAILABLE")])
    found = faults.choose(call)
    assert found is not None and found.error == "UNAVAILABLE"
    assert faults.choose("GET /storage/v1/b/x/o") is None
    write_rules(tmp_path, [Rule(method="GET *", error="INTERNAL")])
    assert faults.choose(call) is None
    write_rules(tmp_path, [])
    assert faults.choose("GET /storage/v1/b/x/o") is None


def test_a_grpc_method_is_known_by_its_name_and_by_its_path() -> None:
    for pattern in ("Publish", "/google.pubsub.v1.Publisher/*", "*"):
        assert Rule(pattern).matches("/google.pubsub.v1.Publisher/Publish")
    assert not Rule("Publish").matches("/google.pubsub.v1.Subscriber/Pull")


def test_so_many_times_and_about_so_often(tmp_path: Path) -> None:
    faults = Faults(tmp_path)
    faults.set([Rule(error="UNAVAILABLE", times=3)])
    assert sum(faults.choose("GET /x") is not None for _ in range(20)) == 3
    faults.set([Rule(error="UNAVAILABLE", rate=0.3)])
    assert 400 < sum(faults.choose("GET /x") is not None for _ in range(2000)) < 800  # 10 standard deviations
    assert faults.describe()["faults"][0]["fired"] > 400


def test_health_and_the_switch_itself_never_fail(tmp_path: Path) -> None:
    faults = Faults(tmp_path)
    faults.set([Rule(error="UNAVAILABLE")])
    assert [faults.choose(call) for call in ("GET /healthz", "PUT /_faults", "/grpc.health.v1.Health/Check")] == [
        None
    ] * 3


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[]", "expected"),
        ("{", "Expecting"),
        ('{"faults": [{"error": "teapot"}]}', "unknown error 'teapot'; known are RESET, INVALID_ARGUMENT"),
        ('{"faults": [{"rate": 2, "error": "503"}]}', "between 0 and 1"),
        ('{"faults": [{"rate": "often", "error": "503"}]}', "numbers and text"),
        ('{"faults": [{"chance": 1}]}', "has no chance; it has method"),
        ('{"faults": [{"latency": -1}]}', "between 0 and 600"),
        ('{"faults": [{}]}', "needs an error or a latency"),
    ],
)
def test_what_is_no_rule_is_refused_with_the_reason(content: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace("{", r"\{")):
        read_rules(content)


def test_a_damaged_file_is_told_and_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE).write_text("{")
    assert Faults(tmp_path).choose("GET /x") is None
    assert "is not used" in caplog.text


def test_the_command_sets_shows_and_switches_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLUICE_STATE", str(tmp_path))
    assert command.main(["storage", "pubsub", "--error", "503", "--rate", "0.3"]) == 0
    assert command.main(["storage", "--method", "GET *", "--latency", "0.5", "--times", "2"]) == 0
    assert command.rules_of(tmp_path / "storage") == [
        Rule("*", 0.3, "UNAVAILABLE"),
        Rule("GET *", 1.0, "", 0.5, False, 2),
    ]
    capsys.readouterr()
    assert command.main([]) == 0
    shown = capsys.readouterr().out
    assert "30% UNAVAILABLE" in shown and "after 0.5 s, 2 times" in shown and "bigquery     no faults" in shown
    assert command.main(["--off"]) == 0
    assert command.rules_of(tmp_path / "storage") == command.rules_of(tmp_path / "pubsub") == []
    assert command.main(["--error", "503"]) == 1
    assert "say which service" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.main(["postgres", "--error", "503"])

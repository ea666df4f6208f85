"""The addresses that a shell is given: the local server's follow its port, a user's own stay as they are."""

from pathlib import Path

import pytest

from emulators.supervisor.environment import variables
from emulators.supervisor.services import SERVICES


def ports(first: int) -> dict[str, dict[str, int]]:
    """Every service's ports, from a number on."""
    numbers = iter(range(first, first + 100))
    return {service.name: {port.name: next(numbers) for port in service.ports} for service in SERVICES}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder, and a folder of contracts with one source."""
    (tmp_path / "shop.odcs.yaml").touch()
    monkeypatch.setenv("SLUICE_CONTRACTS", str(tmp_path))
    monkeypatch.delenv("SHOP_DATABASE_URL", raising=False)
    return tmp_path


def test_the_local_database_follows_its_server(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = variables(state, ports(7000))["SHOP_DATABASE_URL"]
    monkeypatch.setenv("SHOP_DATABASE_URL", before)
    after = variables(state, ports(8000))["SHOP_DATABASE_URL"]
    assert (before.replace(":70", ":80"), before == after) == (after, False)


@pytest.mark.parametrize(
    "own",
    ["postgresql://postgres@127.0.0.1:5432/shop", "postgresql://postgres@127.0.0.1:5432/shop?application_name=mine"],
)
def test_a_user_s_own_database_on_this_machine_is_left_alone(
    state: Path, monkeypatch: pytest.MonkeyPatch, own: str
) -> None:
    monkeypatch.setenv("SHOP_DATABASE_URL", own)
    assert variables(state, ports(7000))["SHOP_DATABASE_URL"] == own

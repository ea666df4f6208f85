"""Each module's own tests, with mocked providers: wiring, defaults, and input that is refused."""

from pathlib import Path

import pytest

from tests.terraform.conftest import FOLDER, Run, initialise

MODULES = sorted(path.parent.parent.name for path in FOLDER.glob("modules/*/tests/*.tftest.hcl"))
# The others mock a provider's every answer, which takes seconds each.
QUICK = ("contracts",)


@pytest.mark.parametrize(
    "module", [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in MODULES]
)
def test_module(terraform: Run, configuration: Path, module: str) -> None:
    folder = configuration / "modules" / module
    initialise(terraform, folder)
    assert "0 failed" in terraform(folder, "test", "-no-color").stdout


def test_every_module_is_tested() -> None:
    modules = [path.name for path in (FOLDER / "modules").iterdir() if path.is_dir()]
    assert sorted(modules) == MODULES

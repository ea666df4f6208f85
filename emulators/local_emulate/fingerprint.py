"""Whether Dagster's definitions are out of date: a text that changes with each file that they are made from."""

import hashlib
import os
from pathlib import Path

from emulators.supervisor.environment import ROOT


def definitions_fingerprint() -> str:
    """Changes whenever a file changes from which Dagster's definitions are made."""
    folders = (Path(os.environ["SLUICE_CONTRACTS"]), *(ROOT / name for name in ("contracts", "orchestration")))
    dbt = [ROOT / "dbt" / name for name in ("dbt_project.yml", "models", "macros", "tests")]
    files = {file for place in (*folders, *dbt) for file in (place.rglob("*") if place.is_dir() else [place])}
    made_from = sorted((str(f), f.stat().st_mtime_ns) for f in files if f.suffix in (".py", ".sql", ".yml", ".yaml"))
    return hashlib.sha256(repr(made_from).encode()).hexdigest()

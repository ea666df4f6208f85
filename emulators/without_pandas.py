"""Imported first by an emulator's process: pandas is not there.

pyarrow and DuckDB import pandas at their first conversion if they can, for a second and 60 MB; nothing here uses it.
"""

import sys
from collections.abc import Sequence
from types import ModuleType


class NoPandas:
    """A finder of modules that refuses one."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        """Refuse pandas; leave the rest to others."""
        if name == "pandas":
            raise ModuleNotFoundError("pandas is left out of this process", name="pandas")


sys.meta_path.insert(0, NoPandas())

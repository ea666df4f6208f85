"""Imported first by the emulator's process: pandas is not there.

pyarrow imports pandas at its first conversion if it can, for a second of start-up and 60 MB; nothing here uses it.
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

"""Packages that a process does without."""

import sys
from collections.abc import Sequence
from types import ModuleType


def leave_out(package: str) -> None:
    """Makes this process go on as if the package were not installed. For processes, not for libraries.

    pyarrow imports pandas at its first conversion where it can: a second and 60 MB, and no pipeline uses it.
    """
    sys.meta_path.insert(0, _Without(package))


class _Without:
    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        """Refuses the package; leaves the rest to others."""
        if name == self._package:
            raise ModuleNotFoundError(f"{name} is left out of this process", name=name)

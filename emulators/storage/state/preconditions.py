"""The four preconditions of every request: if(Meta)generation(Not)Match."""

from dataclasses import dataclass
from typing import Protocol

from emulators.storage.state import errors


class Versioned(Protocol):
    """A bucket, a version of an object, a folder."""

    @property
    def generation(self) -> int: ...

    @property
    def metageneration(self) -> int: ...


@dataclass(frozen=True)
class Preconditions:
    """What the caller requires of the version that it reads or replaces; None: no requirement.

    A generation of 0 stands for "no live version", as in the service.
    """

    generation_match: int | None = None
    generation_not_match: int | None = None
    metageneration_match: int | None = None
    metageneration_not_match: int | None = None

    def check_write(self, found: Versioned | None) -> None:
        """Raise 412 unless `found` (None: nothing there) is what the caller requires."""
        if not self._matches(found) or self._is_excluded(found):
            raise errors.condition_not_met()

    def check_read(self, found: Versioned) -> None:
        """Raise 412 where a Match fails and 304 where a NotMatch fails."""
        if not self._matches(found):
            raise errors.condition_not_met()
        if self._is_excluded(found):
            raise errors.not_modified()

    def _matches(self, found: Versioned | None) -> bool:
        generation, metageneration = _versions(found)
        return self.generation_match in (None, generation) and self.metageneration_match in (None, metageneration)

    def _is_excluded(self, found: Versioned | None) -> bool:
        generation, metageneration = _versions(found)
        return generation == self.generation_not_match or metageneration == self.metageneration_not_match


NONE = Preconditions()


def _versions(found: Versioned | None) -> tuple[int, int]:
    return (found.generation, found.metageneration) if found else (0, 0)

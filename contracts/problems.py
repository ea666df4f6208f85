"""What is wrong with contracts, told all at once: file, line, what was found, what to write instead."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake. `line` counts from 1; `hint` says what to do and may be empty."""

    file: Path
    line: int
    what: str
    hint: str = ""

    def __str__(self) -> str:
        place = self.file.relative_to(Path.cwd()) if self.file.is_relative_to(Path.cwd()) else self.file
        return f"{place}:{self.line}: {self.what}" + (f"\n    {self.hint}" if self.hint else "")


class ContractError(Exception):
    """Contracts that cannot be used. `problems` holds every mistake of every file, in file and line order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint for a word that is none of the known ones: the nearest one, or all of them."""
    meant = nearest(word, known)
    return f"Did you mean `{meant}`?" if meant else f"Use one of: {', '.join(known)}."


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was most probably meant, whatever its case; None when nothing is near."""
    by_folded = {candidate.lower(): candidate for candidate in known}
    found = get_close_matches(word.lower(), by_folded, n=1, cutoff=0.7)
    return by_folded[found[0]] if found else None

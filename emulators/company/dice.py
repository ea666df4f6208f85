"""Chance that anyone can repeat: every draw comes from a seed and a name, never from the clock or the process."""

import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Dice(random.Random):
    """A seeded source of chance; `Dice.named(7, "day", 12)` draws the same on every machine and Python version."""

    @classmethod
    def named(cls, *name: object) -> "Dice":
        """The dice of a name: the same parts draw the same."""
        return cls("/".join(str(part) for part in name))

    def pick(self, items: Sequence[Item]) -> Item:
        """One item, each as likely as the others."""
        return items[int(self.random() * len(items))]

    def chance(self, probability: float) -> bool:
        """True in that share of the calls."""
        return self.random() < probability

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def about(self, expected: float) -> int:
        """A whole number whose mean is `expected`: rounded up as often as its fraction says."""
        return int(expected + self.random())

"""The dated price file (terraform/prices.yaml): what a quantity of something costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).resolve().parent.parent / "terraform" / "prices.yaml"


class PriceError(Exception):
    """A price, or a type of resource, that the price file does not know; the message says what to add."""


@dataclass(frozen=True)
class Price:
    """US dollars for one `unit`, by tiers of (up to this quantity, price); the first `free` units cost nothing."""

    name: str
    service: str
    unit: str
    tiers: tuple[tuple[float, float], ...]
    free: float = 0
    checked: bool = False

    def of(self, quantity: float) -> float:
        """Dollars for so many units in a month."""
        paid, dollars, below = max(quantity - self.free, 0), 0.0, 0.0
        for limit, price in self.tiers:
            dollars += max(min(paid, limit) - below, 0) * price
            below = limit
        return dollars


@dataclass(frozen=True)
class Prices:
    """`by_name`; `free` are the types of resources that cost nothing by themselves."""

    date: str
    places: str
    by_name: Mapping[str, Price]
    free: frozenset[str]

    def __getitem__(self, name: str) -> Price:
        if name not in self.by_name:
            raise PriceError(f"no price `{name}` in {FILE.name}")
        return self.by_name[name]


def load(file: Path = FILE) -> Prices:
    """The price file. Raises PriceError when an entry has neither or both of `price` and `tiers`."""
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    prices = {name: _price(name, entry) for name, entry in document["prices"].items()}
    return Prices(document["date"], document["places"], prices, frozenset(document["free"]))


def _price(name: str, entry: Mapping[str, Any]) -> Price:
    if ("price" in entry) == ("tiers" in entry):
        raise PriceError(f"price `{name}` needs `price` or `tiers`, and not both")
    tiers = tuple(
        (float(limit), float(price)) for limit, price in entry.get("tiers", ((float("inf"), entry.get("price")),))
    )
    return Price(name, entry["service"], entry["unit"], tiers, entry.get("free", 0), entry.get("checked", False))

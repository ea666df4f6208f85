"""Decorators that put a rule into a table, by which it is found."""

from collections.abc import Callable
from typing import TypeVar

Key = TypeVar("Key")
Rule = TypeVar("Rule")


def registering(rules: dict[Key, Rule], *keys: Key) -> Callable[[Rule], Rule]:
    """A decorator for the rule of these keys."""

    def register(rule: Rule) -> Rule:
        rules.update(dict.fromkeys(keys, rule))
        return rule

    return register

"""What passed and what failed: every transform returns both."""

from typing import NamedTuple

from apache_beam import PCollection

GOOD, BAD = "good", "bad"


class Outcome(NamedTuple):
    """`good` flows on; `bad` ends as dead letters, with the reason and the original bytes."""

    good: PCollection
    bad: PCollection

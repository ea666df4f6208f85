"""`v1.Topic` and so on: classes of google.pubsub.v1 and google.iam.v1, and shadows that split batches in C."""

from types import SimpleNamespace
from typing import Any

from emulators.pubsub.messages.descriptors import load_messages

_classes = load_messages("pubsub", "shadow", "iam")


def _package(package: str) -> Any:
    prefix = f"{package}."
    return SimpleNamespace(**{n.removeprefix(prefix): c for n, c in _classes.items() if n.startswith(prefix)})


v1 = _package("google.pubsub.v1")
iam = _package("google.iam.v1")
shadow = _package("emulators.pubsub")

"""What the emulated services hold, whoever made it."""

import json
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from emulators.control.services.registry import LABELS
from emulators.control.state.store import RESOURCE, Store

_STAYS = {
    "services",  # APIs stay on: something else in the project may use them
    "keyRings",  # Google never deletes one
    "cryptoKeys",  # nor a key: its versions are destroyed
    "cryptoKeyVersions",
}
# Deleted, and shown for a while: log buckets for a week, identity pools and roles for a month, jobs as what has been.
_GONE = {"DELETE_REQUESTED", "DELETED", "JOB_STATE_DRAINED"}
# Services with an emulator of their own: endpoint, list, and where the names are in it.
_LISTS = (
    ("STORAGE", "b?project={project}", "items", "id"),
    ("BIG_QUERY", "projects/{project}/datasets", "datasets", "id"),
    *(("PUBSUB", f"projects/{{project}}/{kind}", kind, "name") for kind in ("topics", "subscriptions", "schemas")),
    *(
        ("DATASTREAM", f"projects/{{project}}/locations/europe-west1/{kind}", kind, "name")
        for kind in ("connectionProfiles", "streams")
    ),
)


def left(variables: Mapping[str, str], project: str, state: Path) -> set[str]:
    """The names of all resources that there are, but for those that nobody can delete and those that are deleted.

    variables: Terraform's environment. state: the platform's folder.
    """
    store = Store(state / "control")
    found = {
        name
        for label in LABELS
        for name, body in store.below(RESOURCE, label, "")
        if not _GONE & {body.get(word) for word in ("state", "lifecycleState", "currentState")}
        and not body.get("deleted")
    }
    for service, path, field, key in _LISTS:
        base = variables[f"GOOGLE_{service}_CUSTOM_ENDPOINT"]
        with urllib.request.urlopen(base + path.format(project=project)) as answer:
            items = json.loads(answer.read()).get(field, [])
        found |= {f"{field}/{item[key].rpartition('/')[2]}" for item in items}
    return {name for name in found if name.split("/")[-2] not in _STAYS}

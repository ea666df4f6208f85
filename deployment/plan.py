"""A Terraform plan as `terraform show -json` prints it (format 1.x), as far as the guard and the prices need it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Effect = Literal["create", "update", "replace", "delete", "forget", "none"]


class PlanError(Exception):
    """A file that is no usable plan; the message says why, and what to do."""


@dataclass(frozen=True)
class Change:
    """What happens to one resource. `forced_by` are the attributes that make it a replacement."""

    address: str
    type: str
    effect: Effect
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    forced_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resource:
    """A resource as it will be: its type and those attributes that are known before the apply."""

    address: str
    type: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """`changes` of all managed resources; `resources` that there are once it is applied."""

    changes: tuple[Change, ...]
    resources: tuple[Resource, ...]


def read(file: Path) -> Plan:
    """The plan in a file.

    Raises:
        PlanError: there is no such file, it is no JSON, no plan, of another format, or of a plan that failed.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise PlanError(f"{file}: {error.strerror}") from error
    except ValueError as error:
        raise PlanError(f"{file} is no JSON ({error}): write it with `terraform show -json tfplan`") from error
    return parse(document, str(file))


def parse(document: Any, where: str = "the plan") -> Plan:
    """The plan in a parsed document. Raises PlanError as read() does."""
    version = document.get("format_version") if isinstance(document, dict) else None
    if not isinstance(version, str) or "planned_values" not in document:
        raise PlanError(f"{where} is no plan: write it with `terraform show -json tfplan`")
    if version.split(".")[0] != "1":
        raise PlanError(f"{where} has format {version}, this reads 1.x: look for a newer Sluice")
    if document.get("errored"):
        raise PlanError(f"{where} is of a plan that failed: it does not hold every change")
    changes = tuple(_change(item) for item in document.get("resource_changes", ()) if item["mode"] == "managed")
    return Plan(changes, tuple(_resources(document["planned_values"].get("root_module", {}))))


def _change(item: Mapping[str, Any]) -> Change:
    change = item["change"]
    forced = tuple(".".join(map(str, path)) for path in change.get("replace_paths", ()))
    return Change(
        item["address"], item["type"], _effect(change["actions"]), change["before"] or {}, change["after"] or {}, forced
    )


def _effect(actions: list[str]) -> Effect:
    match sorted(actions):
        case ["create", "delete"]:
            return "replace"
        case ["create"]:
            return "create"
        case ["update"]:
            return "update"
        case ["delete"]:
            return "delete"
        case ["forget"]:
            return "forget"
        case ["no-op"] | ["read"]:
            return "none"
    raise PlanError(f"the plan has an unknown action: {', '.join(actions)}")


def _resources(module: Mapping[str, Any]) -> Iterator[Resource]:
    for item in module.get("resources", ()):
        if item["mode"] == "managed":
            yield Resource(item["address"], item["type"], item["values"])
    for child in module.get("child_modules", ()):
        yield from _resources(child)

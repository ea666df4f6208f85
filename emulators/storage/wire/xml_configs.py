"""A bucket's settings as documents of the XML API: GET and PUT /bucket?name.

Source: cloud.google.com/storage/docs/xml-api/reference-methods (get-bucket-... and put-bucket-...).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.state.model import Settings
from emulators.storage.state.preconditions import NONE
from emulators.storage.wire.call import Call
from emulators.storage.wire.xml_documents import Element, Node, fields, malformed, parse, response, text

Inside = str | list[Node]
_LISTS = ("MatchesStorageClass", "MatchesPrefix", "MatchesSuffix")
_NUMBERS = ("Age", "DaysSinceCustomTime", "DaysSinceNoncurrentTime", "NumNewerVersions")
_CONDITIONS = (*_LISTS, *_NUMBERS, "CreatedBefore", "CustomTimeBefore", "IsLive", "NoncurrentTimeBefore")


@dataclass(frozen=True)
class Config:
    """`name` is the subresource, `root` the document's tag, `field` the bucket's; `read` None: it cannot be put."""

    name: str
    root: str
    field: str
    write: Callable[[Any], Inside]
    read: Callable[[Element], Any] | None

    async def get(self, call: Call) -> Response:
        found = call.store.buckets.get(call.path["bucket"])
        return response(self.root, self.write(found.settings.get(self.field)))

    async def put(self, call: Call) -> Response:
        if self.read is None:
            raise errors.not_implemented(f"PUT ?{self.name}")
        root = parse(await call.unpacked(), self.root)
        known = call.store.buckets.get(call.path["bucket"]).settings.get(self.field)
        call.store.buckets.patch(call.path["bucket"], {self.field: _replacing(known, self.read(root))}, NONE)
        return Response(headers={"Content-Length": "0"})


def _replacing(known: Any, value: Any) -> Any:
    """A part of a patch that leaves nothing of what was there; nothing in a document is nothing in the bucket."""
    if value in ({}, []):
        return None
    if isinstance(known, dict) and isinstance(value, dict):
        return dict.fromkeys(known) | value
    return value


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]


def _small(name: str) -> str:
    return name[0].lower() + name[1:]


def _write_record(value: Settings | None) -> Inside:
    return [(_capital(field), str(part)) for field, part in (value or {}).items()]


def _read_record(*known: str) -> Callable[[Element], Settings]:
    return lambda root: {_small(tag): value for tag, value in fields(root, known).items() if value}


def _write_versioning(value: Settings | None) -> Inside:
    return [("Status", "Enabled" if value.get("enabled") else "Suspended")] if value else []


def _read_versioning(root: Element) -> Settings:
    status = fields(root, ("Status",)).get("Status")
    if status not in ("Enabled", "Suspended"):
        malformed(root.tag)
    return {"enabled": status == "Enabled"}


def _write_billing(value: Settings | None) -> Inside:
    return [("RequesterPays", "Enabled" if (value or {}).get("requesterPays") else "Disabled")]


def _read_billing(root: Element) -> Settings:
    pays = fields(root, ("RequesterPays",)).get("RequesterPays")
    if pays not in ("Enabled", "Disabled"):
        malformed(root.tag)
    return {"requesterPays": pays == "Enabled"}


def _write_cors(value: list[Settings] | None) -> Inside:
    rules: list[Node] = []
    for rule in value or []:
        inside: list[Node] = []
        for field, tag in (("origin", "Origin"), ("method", "Method"), ("responseHeader", "ResponseHeader")):
            if rule.get(field):
                inside.append((tag + "s", [(tag, one) for one in rule[field]]))
        if "maxAgeSeconds" in rule:
            inside.append(("MaxAgeSec", str(rule["maxAgeSeconds"])))
        rules.append(("Cors", inside))
    return rules


def _read_cors(root: Element) -> list[Settings]:
    rules = []
    for element in root.iterfind("Cors"):
        rule: Settings = {}
        for field, tag in (("origin", "Origin"), ("method", "Method"), ("responseHeader", "ResponseHeader")):
            found = [text(one) for one in element.iterfind(f"{tag}s/{tag}")]
            rule |= {field: found} if found else {}
        seconds = text(element.find("MaxAgeSec"))
        if seconds:
            rule["maxAgeSeconds"] = _number(seconds, root.tag)
        rules.append(rule)
    return rules


def _write_lifecycle(value: Settings | None) -> Inside:
    rules: list[Node] = []
    for rule in (value or {}).get("rule", []):
        action = rule.get("action", {})
        done: Node = (str(action.get("type")), str(action.get("storageClass", "")))
        conditions: list[Node] = []
        for field, wanted in rule.get("condition", {}).items():
            for one in wanted if isinstance(wanted, list) else [wanted]:
                conditions.append((_capital(field), str(one).lower() if isinstance(one, bool) else str(one)))
        rules.append(("Rule", [("Action", [done]), ("Condition", conditions)]))
    return rules


def _read_lifecycle(root: Element) -> Settings:
    rules = []
    for element in root.iterfind("Rule"):
        action = next(iter(element.find("Action") or ()), None)
        if action is None:
            malformed(root.tag)
        done: Settings = {"type": action.tag} | ({"storageClass": text(action)} if text(action) else {})
        condition: Settings = {}
        for one in element.find("Condition") or ():
            field, value = _small(one.tag), text(one)
            if one.tag not in _CONDITIONS:
                malformed(root.tag)
            if one.tag in _LISTS:
                condition.setdefault(field, []).append(value)
            elif one.tag in _NUMBERS:
                condition[field] = _number(value, root.tag)
            else:
                condition[field] = value == "true" if one.tag == "IsLive" else value
        rules.append({"action": done, "condition": condition})
    return {"rule": rules} if rules else {}


def _write_encryption(value: Settings | None) -> Inside:
    key = (value or {}).get("defaultKmsKeyName")
    return [("DefaultKmsKeyName", key)] if key else []


def _write_labels(value: Settings | None) -> Inside:
    return [("TagSet", [("Tag", [("Key", key), ("Value", text)]) for key, text in (value or {}).items()])]


def _read_labels(root: Element) -> Settings:
    tags = [fields(tag, ("Key", "Value")) for tag in root.iterfind("TagSet/Tag")]
    return {tag.get("Key", ""): tag.get("Value", "") for tag in tags}


def _number(value: str, root: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        malformed(root)
    return int(value)


_LOGGING, _WEBSITE = ("LogBucket", "LogObjectPrefix"), ("MainPageSuffix", "NotFoundPage")
CONFIGS = (
    Config("location", "LocationConstraint", "location", str, None),
    Config("storageClass", "StorageClass", "storageClass", str, text),
    Config("versioning", "VersioningConfiguration", "versioning", _write_versioning, _read_versioning),
    Config("billing", "BillingConfiguration", "billing", _write_billing, _read_billing),
    Config("cors", "CorsConfig", "cors", _write_cors, _read_cors),
    Config("lifecycle", "LifecycleConfiguration", "lifecycle", _write_lifecycle, _read_lifecycle),
    Config("logging", "Logging", "logging", _write_record, _read_record(*_LOGGING)),
    Config("website", "WebsiteConfiguration", "website", _write_record, _read_record(*_WEBSITE)),
    Config(
        "encryption",
        "EncryptionConfiguration",
        "encryption",
        lambda value: (
            [("DefaultKmsKeyName", value["defaultKmsKeyName"])] if (value or {}).get("defaultKmsKeyName") else []
        ),
        _read_record("DefaultKmsKeyName"),
    ),
    Config("tagging", "Tagging", "labels", _write_labels, _read_labels),
)
METHODS: tuple[tuple[str, str, Callable[[Call], Awaitable[Response]]], ...] = (
    *(("GET", config.name, config.get) for config in CONFIGS),
    *(("PUT", config.name, config.put) for config in CONFIGS),
)

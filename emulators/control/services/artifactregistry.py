"""Artifact Registry: repositories (without what would be pushed to them)."""

from typing import Any

from emulators.control.plane import names
from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import invalid

Json = dict[str, Any]

SERVICE = Service("artifactregistry", package="google.devtools.artifactregistry.v1")


@SERVICE.check("repositories")
def check_repository(call: Call, new: Json, old: Json | None) -> None:
    """A repository has a format, for good."""
    if new.get("format", "FORMAT_UNSPECIFIED") == "FORMAT_UNSPECIFIED":
        raise invalid("repository.format", "Missing required field: repository.format")
    for field in ("format", "mode", "kmsKeyName"):
        if old is not None and old.get(field) != new.get(field):
            raise invalid(f"repository.{field}", f"Field 'repository.{field}' cannot be changed.")


@SERVICE.fill("repositories")
def fill_repository(call: Call, repository: Json) -> None:
    """Its address, and that it is an ordinary one."""
    region = call.target.split("/")[3]
    kind = repository["format"].lower()
    repository.setdefault("mode", "STANDARD_REPOSITORY")
    address = f"{region}-{kind}.pkg.dev/{call.project}/{names.short(call.target)}"
    repository |= {"registryUri": address, "sizeBytes": repository.get("sizeBytes", "0")}

"""Names of resources, and what a name alone says: its project, its collection, a project's number."""

import hashlib
import re

from emulators.control.state.store import PRIVATE, Store

_LINK = re.compile(r"(?:https?:)?//[^/]+/(?:(?:[a-z]+/)?v\d[a-z\d]*/|compute/beta/)?(?=projects/)")


def project_number(project: str) -> str:
    """The number of a project: twelve digits, always the same for an id; a number is its own."""
    if project.isdigit():
        return project
    return str(10**11 + int(hashlib.sha256(project.encode()).hexdigest(), 16) % (9 * 10**11))


def project_of(name: str) -> str:
    """The project in a name, or ""."""
    kind, _, rest = name.partition("/")
    return rest.partition("/")[0] if kind == "projects" else ""


def collection_of(name: str) -> str:
    """The last collection in a name: "secrets" of projects/p/secrets/s."""
    return name.split("/")[-2] if "/" in name else ""


def parent_of(name: str) -> str:
    """The name without its last collection and id."""
    return "/".join(name.split("/")[:-2])


def short(name: str) -> str:
    """The last part of a name."""
    return name.rpartition("/")[2]


def relative(link: str) -> str:
    """A resource's name from a link to it, or from the name itself."""
    return _LINK.sub("", link, count=1)


def remember_project(store: Store, name: str) -> None:
    """Let the project of this name be found by its number as well."""
    project = project_of(name)
    if project and not project.isdigit() and project != "-":
        number = project_number(project)
        if store.get(PRIVATE, "numbers", number) is None:
            store.put(PRIVATE, "numbers", number, {"project": project})


def with_project_id(store: Store, name: str) -> str:
    """The name with the project's id where it has the number of a known project."""
    number = project_of(name)
    if not number.isdigit():
        return name
    known = store.get(PRIVATE, "numbers", number)
    return name if known is None else name.replace(number, known["project"], 1)

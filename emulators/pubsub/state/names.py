"""Resource names: projects/{project}/{collection}/{id}, as the service accepts them."""

import re
import secrets

from emulators.pubsub.state.errors import invalid

_ID = re.compile(r"(?!goog)[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}")
_PROJECT = re.compile(r"projects/[a-z0-9][a-z0-9.:\-]*")


def check_name(name: str, collection: str) -> None:
    """INVALID_ARGUMENT unless the name is projects/{project}/{collection}/{id} with an id that the service allows."""
    project, _, rest = name.partition(f"/{collection}/")
    if not _PROJECT.fullmatch(project) or not _ID.fullmatch(rest):
        raise invalid(
            f"Invalid resource name given (name={name}). Refer to"
            " https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names for more information."
        )


def random_name(owner: str, collection: str) -> str:
    """A name that the service gives where the request has none, in the project of the resource that it belongs to."""
    return f"projects/{project_of(owner)}/{collection}/{collection[:-1]}-{secrets.token_hex(8)}"


def check_project(name: str) -> None:
    """INVALID_ARGUMENT unless the name is projects/{project}."""
    if not _PROJECT.fullmatch(name):
        raise invalid(f"Invalid project name given (name={name}): it must have the form projects/PROJECT_ID.")


def project_of(name: str) -> str:
    """The project id of a resource name."""
    return name.split("/", 2)[1]

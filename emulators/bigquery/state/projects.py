"""Projects: they have no resource of their own here, but a number, as in the service."""

import hashlib


def project_number(project: str) -> int:
    """A project's number: always the same for an id."""
    return int.from_bytes(hashlib.sha256(project.encode()).digest()[:5], "big")

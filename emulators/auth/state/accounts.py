"""Who may ask for a token: service accounts, each with the key that its assertions are signed with.

One file an account, `accounts/<e-mail address>.pem`, so that another process can add one while the service runs.
"""

import hashlib
import re
from pathlib import Path

from emulators.auth.state.keys import Key, load_or_make

_EMAIL = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}@[a-z0-9][a-z0-9.-]{0,126}")


class Accounts:
    """The accounts of a state directory."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "accounts"

    def make(self, email: str) -> Key:
        """The account's key; the account is made where it is not there. ValueError for an impossible address."""
        return load_or_make(self._path(email))

    def find(self, email: str) -> Key | None:
        """The key of an account, or None where there is no such account."""
        if not _EMAIL.fullmatch(email) or not self._path(email).exists():
            return None
        return load_or_make(self._path(email))

    def check(self, email: str) -> None:
        """ValueError for an address that no account can have."""
        self._path(email)

    def _path(self, email: str) -> Path:
        if not _EMAIL.fullmatch(email):
            raise ValueError(f"{email!r} is no service account's address (name@project.iam.gserviceaccount.com)")
        return self._folder / f"{email}.pem"


def unique_id(email: str) -> str:
    """The account's number of 21 digits, which the cloud calls uniqueId, client_id and sub."""
    digits = int.from_bytes(hashlib.sha256(email.encode()).digest()[:8], "big")
    return str(100_000_000_000_000_000_000 + digits % 10**20)

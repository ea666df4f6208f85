"""HMAC keys of service accounts, by which nobody is looked at here: no caller is.

Source: cloud.google.com/storage/docs/authentication/hmackeys.
"""

import base64
import secrets
import sqlite3
import string
from dataclasses import dataclass, replace

from emulators.storage.state import errors
from emulators.storage.state.database import Database
from emulators.storage.state.errors import StorageError
from emulators.storage.state.etags import etag

ACTIVE, INACTIVE, DELETED = "ACTIVE", "INACTIVE", "DELETED"
_LETTERS = string.ascii_uppercase + string.digits
MOST = 10
"""Keys of an account that are not deleted."""


@dataclass(frozen=True)
class HmacKey:
    """A key without its secret, which is shown once; moments in microseconds since 1970."""

    access_id: str
    project: str
    account: str
    state: str
    created: int
    updated: int

    @property
    def etag(self) -> str:
        return etag(self.updated)


class HmacKeys:
    """All keys of all projects."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, project: str, account: str) -> tuple[HmacKey, str]:
        """A new active key and its secret; StorageError 400 for no account's address, 429 for too many keys."""
        if not account.endswith(".gserviceaccount.com") or "@" not in account:
            raise errors.invalid(f"Invalid service account: {account!r}.", "serviceAccountEmail")
        with self._database.transaction() as connection:
            if len(self.of(project, account)) >= MOST:
                raise StorageError(429, "rateLimitExceeded", f"{account} has {MOST} HMAC keys already; delete one.")
            moment = self._database.next_moment()
            name = "GOOG1E" + "".join(secrets.choice(_LETTERS) for _ in range(55))
            key = HmacKey(name, project, account, ACTIVE, moment, moment)
            _store(connection, key)
        return key, base64.b64encode(secrets.token_bytes(30)).decode()

    def find(self, access_id: str) -> HmacKey | None:
        """The key of any project that is not deleted."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT * FROM hmac_keys WHERE access_id = ?", (access_id,)).fetchone()
        found = HmacKey(**dict(row)) if row else None
        return found if found and found.state != DELETED else None

    def get(self, project: str, access_id: str) -> HmacKey:
        """The key, which may be deleted; or StorageError 404."""
        statement = "SELECT * FROM hmac_keys WHERE access_id = ? AND project = ?"
        with self._database.reading() as connection:
            row = connection.execute(statement, (access_id, project)).fetchone()
        if row is None:
            raise StorageError(404, "notFound", f"Access ID not found in project {project}: {access_id}")
        return HmacKey(**dict(row))

    def of(self, project: str, account: str = "", deleted: bool = False) -> list[HmacKey]:
        """The keys of a project by their ids, of one account or ("") of all."""
        statement = "SELECT * FROM hmac_keys WHERE project = ? ORDER BY access_id"
        with self._database.reading() as connection:
            found = [HmacKey(**dict(row)) for row in connection.execute(statement, (project,))]
        return [key for key in found if account in ("", key.account) and (deleted or key.state != DELETED)]

    def change(self, project: str, access_id: str, state: str, expected_etag: str) -> HmacKey:
        """Switch a key on or off; StorageError 400, 404, 412 for another etag than the current one ("": no matter)."""
        if state not in (ACTIVE, INACTIVE):
            raise errors.invalid(f"Invalid state: {state!r}; ACTIVE or INACTIVE expected.", "state")
        with self._database.transaction():
            key = self.get(project, access_id)
            if expected_etag not in ("", key.etag):
                raise errors.condition_not_met()
            if key.state == DELETED:
                raise errors.invalid("A deleted HMAC key cannot be changed.", "state")
            return self._become(key, state)

    def delete(self, project: str, access_id: str) -> None:
        """Delete a key that is switched off; StorageError 400 for one that is on."""
        with self._database.transaction():
            key = self.get(project, access_id)
            if key.state != INACTIVE:
                raise errors.invalid("Cannot delete keys in any state other than INACTIVE.", "state")
            self._become(key, DELETED)

    def _become(self, key: HmacKey, state: str) -> HmacKey:
        with self._database.transaction() as connection:
            changed = replace(key, state=state, updated=self._database.next_moment())
            _store(connection, changed)
        return changed


def _store(connection: sqlite3.Connection, key: HmacKey) -> None:
    row = (key.access_id, key.project, key.account, key.state, key.created, key.updated)
    connection.execute("INSERT OR REPLACE INTO hmac_keys VALUES (?, ?, ?, ?, ?, ?)", row)

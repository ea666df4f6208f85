"""The whole state of the emulator under one directory."""

import fcntl
from contextlib import AbstractContextManager
from pathlib import Path

from emulators.storage.state.buckets import Buckets
from emulators.storage.state.database import Database
from emulators.storage.state.files import Files
from emulators.storage.state.folders import Folders
from emulators.storage.state.hmac_keys import HmacKeys
from emulators.storage.state.listing import Page, Query, list_objects
from emulators.storage.state.managed_folders import ManagedFolders
from emulators.storage.state.notifications import Notifications
from emulators.storage.state.objects import Objects
from emulators.storage.state.operations import Operations
from emulators.storage.state.part_uploads import PartUploads
from emulators.storage.state.restores import Restores
from emulators.storage.state.soft_deletion import SoftDeletion
from emulators.storage.state.uploads import Uploads


class Store:
    """Opens a state directory, which one process at a time may hold."""

    def __init__(self, root: Path) -> None:
        """Open `root`, made where it is missing.

        Raises:
            BlockingIOError: another process holds the directory.
        """
        root.mkdir(parents=True, exist_ok=True)
        self._lock = (root / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._database = Database(root / "metadata.sqlite")
        self.files = Files(root)
        self.soft_deletion = SoftDeletion(self._database, self.files)
        self.buckets = Buckets(self._database, self.soft_deletion)
        self.operations = Operations(self._database, self.buckets)
        self.managed_folders = ManagedFolders(self._database, self.buckets)
        self.hmac_keys = HmacKeys(self._database)
        self.notifications = Notifications(self._database, self.buckets)
        self.objects = Objects(self._database, self.files, self.buckets, self.soft_deletion, self.notifications)
        self.restores = Restores(self._database, self.files, self.buckets, self.soft_deletion, self.objects)
        self.folders = Folders(self._database, self.buckets, self.objects)
        self.uploads = Uploads(self._database, self.files, self.objects)
        self.part_uploads = PartUploads(self._database, self.files, self.objects)
        self.soft_deletion.expire()
        with self._database.reading() as connection:
            rows = "SELECT generation FROM objects UNION ALL SELECT generation FROM soft_deleted_objects"
            generations = {row[0] for row in connection.execute(rows)}
        self.files.sweep(generations, self.uploads.forget_old() | self.part_uploads.forget_old())

    def list_objects(self, query: Query, after: tuple[str, int] | None = None) -> Page:
        """A page of a bucket's objects; StorageError 404 where there is no such bucket."""
        owner = self.buckets.get(query.bucket)
        return list_objects(self._database, owner, query, after)

    def transaction(self) -> AbstractContextManager[object]:
        """A block in which all or nothing is done."""
        return self._database.transaction()

    def close(self) -> None:
        self.uploads.close()
        self._database.close()
        self._lock.close()

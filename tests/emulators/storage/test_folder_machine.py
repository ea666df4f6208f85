"""Folders beside a model: after any history each object lies in a folder, and a rename has moved all or nothing."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from emulators.storage.state.errors import StorageError
from emulators.storage.state.folders import FolderQuery
from emulators.storage.state.listing import Query
from emulators.storage.state.parents import folder_of, folders_above
from emulators.storage.state.preconditions import NONE
from emulators.storage.state.store import Store

OBJECTS = st.sampled_from(["x", "a/", "a/x", "a/b/x", "a0", "é/x", "é/b/", "b/x"])
FOLDERS = st.sampled_from(["a/", "a/b/", "é/", "é/b/", "b/", "b/c/", "a/b/d/"])


class FolderMachine(RuleBasedStateMachine):
    """One bucket with a hierarchical namespace."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.folder.name))
        access = {"uniformBucketLevelAccess": {"enabled": True}}
        body = {"name": "tree", "iamConfiguration": access, "hierarchicalNamespace": {"enabled": True}}
        self.store.buckets.create("p", body)
        self.objects: dict[str, int] = {}
        self.folders: set[str] = set()

    @rule(name=OBJECTS)
    def insert(self, name: str) -> None:
        version = self.store.objects.insert("tree", name, self.store.files.receive().finish(), {})
        self.objects[name] = version.generation
        if folder_of(name):
            self.folders |= {*folders_above(folder_of(name)), folder_of(name)}

    @rule(name=OBJECTS)
    def delete(self, name: str) -> None:
        if name in self.objects:
            self.store.objects.delete("tree", name, None, NONE)
            del self.objects[name]

    @rule(name=FOLDERS, recursive=st.booleans())
    def create(self, name: str, recursive: bool) -> None:
        above = folders_above(name)
        try:
            self.store.folders.create("tree", name, recursive)
        except StorageError as error:
            assert error.code == (409 if name in self.folders else 412)
            assert name in self.folders or (not recursive and above[-1] not in self.folders)
            return
        self.folders |= {*above, name}

    @rule(name=FOLDERS)
    def delete_folder(self, name: str) -> None:
        inside = [one for one in self.objects if one.startswith(name)]
        inside += [one for one in self.folders if one.startswith(name) and one != name]
        try:
            self.store.folders.delete("tree", name, NONE)
        except StorageError as error:
            assert error.code == (409 if inside else 404) and (inside or name not in self.folders)
            return
        assert name in self.folders and not inside
        self.folders.remove(name)

    @rule(name=FOLDERS)
    def delete_recursive(self, name: str) -> None:
        try:
            self.store.folders.delete_recursive("tree", name, NONE)
        except StorageError as error:
            assert error.code == 404 and name not in self.folders
            return
        self.folders = {one for one in self.folders if not one.startswith(name)}
        self.objects = {one: at for one, at in self.objects.items() if not one.startswith(name)}

    @rule(source=FOLDERS, name=FOLDERS)
    def rename(self, source: str, name: str) -> None:
        above = folders_above(name)
        holds = source in self.folders and not name.startswith(source) and name not in self.folders
        try:
            self.store.folders.rename("tree", source, name, NONE)
        except StorageError:
            assert not holds or (above and above[-1] not in self.folders)
            return
        assert holds
        self.folders = {self.moved(one, source, name) for one in self.folders}
        self.objects = {self.moved(one, source, name): at for one, at in self.objects.items()}

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store(Path(self.folder.name))

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        found = {one.name: one.generation for one in self.store.list_objects(Query("tree")).objects}
        assert found == self.objects
        folders = [one.name for one in self.store.folders.list("tree", FolderQuery(), "", 100)]
        assert folders == sorted(self.folders)
        assert all(folder_of(name) in self.folders for name in self.objects if folder_of(name))

    @invariant()
    def lists_folders_among_the_prefixes(self) -> None:
        page = self.store.list_objects(Query("tree", delimiter="/", folders=True, limit=2))
        prefixes = list(page.prefixes)
        while page.next:
            page = self.store.list_objects(Query("tree", delimiter="/", folders=True, limit=2), page.next)
            prefixes += page.prefixes
        assert prefixes == sorted(one for one in self.folders if one.count("/") == 1)

    def moved(self, name: str, source: str, target: str) -> str:
        return target + name.removeprefix(source) if name.startswith(source) else name

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()


TestFolders = FolderMachine.TestCase
TestFolders.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)

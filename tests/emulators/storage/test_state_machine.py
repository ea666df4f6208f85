"""The state layer beside a model that is too simple to be wrong: after any history both hold and answer the same."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from emulators.storage.state.errors import StorageError
from emulators.storage.state.listing import Query
from emulators.storage.state.preconditions import NONE, Preconditions
from emulators.storage.state.restores import Wanted
from emulators.storage.state.store import Store

NAMES = st.sampled_from(["a", "a/", "a/b", "a/b/c", "a0", "b", "é", "\U0001f600"])
DATA = st.binary(max_size=8)
CHOICES = st.sampled_from(["none", "absent", "current", "stale", "not current", "exists"])


@dataclass
class Version:
    """What the model knows of a version."""

    name: str
    data: bytes
    generation: int
    live: bool = True
    retained: bool = False
    metadata: dict[str, str] = field(default_factory=dict)


class StoreMachine(RuleBasedStateMachine):
    """One bucket, many histories."""

    @initialize(versioned=st.booleans(), soft=st.booleans())
    def open(self, versioned: bool, soft: bool) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.folder.name))
        self.versioned, self.soft = versioned, soft
        policy = {"retentionDurationSeconds": "604800" if soft else "0"}
        body = {"name": "bucket", "versioning": {"enabled": versioned}, "softDeletePolicy": policy}
        self.store.buckets.create("p", body, object_retention=True)
        self.versions: list[Version] = []
        self.soft_deleted: list[Version] = []

    @rule(name=NAMES, data=DATA, choice=CHOICES)
    def insert(self, name: str, data: bytes, choice: str) -> None:
        live = self.live(name)
        conditions, holds = self.conditions(live, choice)
        incoming = self.store.files.receive()
        incoming.write(data)
        content = incoming.finish()
        try:
            version = self.store.objects.insert("bucket", name, content, {}, conditions)
        except StorageError as error:
            assert error.code == (403 if holds and self.is_kept(live) else 412)
            Path(content.path).unlink(missing_ok=True)
            return
        assert holds and not self.is_kept(live)
        assert all(version.generation > one.generation for one in self.versions)
        self.retire(live)
        self.versions.append(Version(name, data, version.generation))

    @rule(name=NAMES, choice=CHOICES)
    def delete_live(self, name: str, choice: str) -> None:
        live = self.live(name)
        conditions, holds = self.conditions(live, choice)
        try:
            self.store.objects.delete("bucket", name, None, conditions)
        except StorageError as error:
            assert error.code == ((403 if holds and self.is_kept(live) else 412) if live else 404)
            return
        assert live and holds and not self.is_kept(live)
        self.retire(live)

    @rule(index=st.integers(0, 20))
    def delete_generation(self, index: int) -> None:
        if index < len(self.versions):
            version = self.versions[index]
            try:
                self.store.objects.delete("bucket", version.name, version.generation, NONE)
            except StorageError as error:
                assert version.retained and error.reason == "retentionPolicyNotMet"
                return
            assert not version.retained
            self.remove(version)

    @rule(index=st.integers(0, 20), on=st.booleans(), override=st.booleans())
    def retain(self, index: int, on: bool, override: bool) -> None:
        """A configuration may come, and go with an override."""
        if index >= len(self.versions):
            return
        version = self.versions[index]
        retention = {"mode": "Unlocked", "retainUntilTime": "2099-01-01T00:00:00Z"} if on else None
        target = "bucket", version.name, version.generation
        try:
            self.store.objects.patch(*target, {"retention": retention}, NONE, keep=True, override=override)
        except StorageError as error:
            assert error.code == 403 and version.retained and not on and not override
            return
        assert on or override or not version.retained
        version.retained = on

    @rule(index=st.integers(0, 20), choice=CHOICES)
    def restore(self, index: int, choice: str) -> None:
        if index >= len(self.soft_deleted):
            return
        old = self.soft_deleted[index]
        live = self.live(old.name)
        conditions, holds = self.conditions(live, choice)
        try:
            made = self.store.restores.restore("bucket", old.name, old.generation, conditions, copy_acl=False)
        except StorageError as error:
            assert error.code == (403 if holds and self.is_kept(live) else 412)
            return
        assert holds and not self.is_kept(live)
        self.retire(live)
        self.versions.append(Version(old.name, old.data, made.generation, metadata=dict(old.metadata)))

    @rule()
    def restore_all_that_is_not_there(self) -> None:
        if not self.soft:
            return
        outcome = self.store.restores.restore_many("bucket", Wanted())
        latest = {version.name: version for version in self.deleted()}
        absent = [version for version in latest.values() if self.live(version.name) is None]
        assert outcome.succeeded == len(absent)
        for old in absent:
            made = self.store.objects.get("bucket", old.name)
            self.versions.append(Version(old.name, old.data, made.generation, metadata=dict(old.metadata)))

    @rule(source=NAMES, destination=NAMES)
    def copy(self, source: str, destination: str) -> None:
        live = self.live(source)
        if live is None:
            return
        found = self.store.objects.get("bucket", source)
        content = self.store.objects.duplicate(found)
        try:
            copied = self.store.objects.insert("bucket", destination, content, {"metadata": {}})
        except StorageError as error:
            assert error.code == 403 and self.is_kept(self.live(destination))
            Path(content.path).unlink()
            return
        self.retire(self.live(destination))
        self.versions.append(Version(destination, live.data, copied.generation))

    @rule(source=NAMES, destination=NAMES)
    def move(self, source: str, destination: str) -> None:
        live, replaced = self.live(source), self.live(destination)
        if live is None or source == destination:
            return
        try:
            moved = self.store.objects.move("bucket", source, destination, NONE, NONE)
        except StorageError as error:
            assert error.code == 403 and (self.is_kept(live) or self.is_kept(replaced))
            return
        self.retire(replaced)
        made = Version(destination, live.data, moved.generation, metadata=dict(live.metadata))
        made.retained = live.retained
        self.versions.append(made)
        self.retire(live)

    @rule(name=NAMES, value=st.sampled_from(["x", "y"]))
    def patch(self, name: str, value: str) -> None:
        live = self.live(name)
        if live:
            self.store.objects.patch("bucket", name, None, {"metadata": {"key": value}}, NONE, keep=True)
            live.metadata = {"key": value}

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store(Path(self.folder.name))

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        for version in self.versions:
            found, file = self.store.objects.open("bucket", version.name, version.generation, NONE)
            with file:
                assert file.read() == version.data
            assert (found.deleted is None, found.size) == (version.live, len(version.data))
            assert found.settings.get("metadata", {}) == version.metadata
        assert self.listed(Query("bucket", versions=True)) == self.expected(versions=True)

    @invariant()
    def lists_what_is_soft_deleted(self) -> None:
        page = self.store.list_objects(Query("bucket", soft_deleted=True))
        found = [(version.name, version.generation) for version in page.objects]
        assert found == [(version.name, version.generation) for version in self.deleted()]

    @invariant()
    def keeps_no_file_that_nothing_names(self) -> None:
        files = {int(path.name): path for path in Path(self.folder.name).glob("content/*")}
        assert files.keys() == {version.generation for version in self.versions + self.soft_deleted}
        assert all(files[version.generation].read_bytes() == version.data for version in self.soft_deleted)
        assert not list(Path(self.folder.name).glob("incoming/*"))

    @rule(
        prefix=st.sampled_from(["", "a", "a/", "a/b", "é", "z"]),
        delimiter=st.sampled_from(["", "/", "b"]),
        start=st.sampled_from(["", "a/", "a/b", "b"]),
        end=st.sampled_from(["", "a/b", "b", "\U0001f600"]),
        limit=st.integers(1, 5),
    )
    def list_in_pages(self, prefix: str, delimiter: str, start: str, end: str, limit: int) -> None:
        query = Query("bucket", prefix, delimiter, start, end, limit=limit)
        names = sorted(v.name for v in self.versions if v.live and v.name.startswith(prefix))
        names = [name for name in names if name >= start and (not end or name < end)]
        objects, prefixes = [], []
        for name in names:
            head, found, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
            if not found:
                objects.append(name)
            elif prefix + head + delimiter not in prefixes:
                prefixes.append(prefix + head + delimiter)
        seen_objects, seen_prefixes, after = list[str](), list[str](), None
        while True:
            page = self.store.list_objects(query, after)
            assert len(page) <= limit
            seen_objects += [version.name for version in page.objects]
            seen_prefixes += page.prefixes
            after = page.next
            if after is None:
                break
        assert (seen_objects, seen_prefixes) == (objects, prefixes)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()

    def live(self, name: str) -> Version | None:
        return next((version for version in self.versions if version.live and version.name == name), None)

    def is_kept(self, version: Version | None) -> bool:
        """Whether a live version may not be taken away: a versioned bucket lets it become noncurrent."""
        return version is not None and version.retained and not self.versioned

    def retire(self, version: Version | None) -> None:
        if version and self.versioned:
            version.live = False
        elif version:
            self.remove(version)

    def remove(self, version: Version) -> None:
        self.versions.remove(version)
        if self.soft:
            self.soft_deleted.append(version)

    def deleted(self) -> list[Version]:
        return sorted(self.soft_deleted, key=lambda version: (version.name, version.generation))

    def conditions(self, live: Version | None, choice: str) -> tuple[Preconditions, bool]:
        """Preconditions of a kind, and whether they hold for what is live."""
        generation = live.generation if live else 0
        return {
            "none": (NONE, True),
            "absent": (Preconditions(generation_match=0), live is None),
            "current": (Preconditions(generation_match=generation), True),
            "stale": (Preconditions(generation_match=1), False),
            "not current": (Preconditions(generation_not_match=generation), False),
            "exists": (Preconditions(generation_not_match=0), live is not None),
        }[choice]

    def listed(self, query: Query) -> list[tuple[str, int, bool]]:
        page = self.store.list_objects(query)
        return [(version.name, version.generation, version.deleted is None) for version in page.objects]

    def expected(self, versions: bool) -> list[tuple[str, int, bool]]:
        kept = [version for version in self.versions if versions or version.live]
        return sorted((version.name, version.generation, version.live) for version in kept)


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)

"""Objects, through Google's client."""

import base64
import gzip
import io
import os
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from google.api_core import exceptions
from google.cloud import storage

MIB = 1 << 20


def test_bytes_come_back_with_their_digests(bucket: storage.Bucket) -> None:
    data = os.urandom(3 * MIB)
    blob = bucket.blob("a/b c/ü+%2F?.bin")
    blob.metadata = {"colour": "blue"}
    blob.upload_from_string(data, content_type="application/x-test")
    found = bucket.get_blob("a/b c/ü+%2F?.bin")
    assert found.download_as_bytes() == data
    assert (found.size, found.content_type, found.metadata) == (len(data), "application/x-test", {"colour": "blue"})
    assert found.generation > 1_600_000_000_000_000
    assert found.metageneration == 1


@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 256 * 1024 + 1, 9 * MIB + 7])
def test_resumable_uploads_of_any_size(bucket: storage.Bucket, size: int) -> None:
    data = os.urandom(size)
    blob = bucket.blob("resumable", chunk_size=256 * 1024 * 4)
    blob.upload_from_file(io.BytesIO(data))  # of unknown size to the client: resumable
    assert bucket.blob("resumable").download_as_bytes() == data
    with bucket.blob("streamed").open("wb", chunk_size=256 * 1024) as writer:
        writer.write(data)
    assert bucket.blob("streamed").download_as_bytes() == data


def test_digests_are_those_of_the_algorithms_own_check_values(bucket: storage.Bucket) -> None:
    blob = bucket.blob("check")
    blob.upload_from_string("123456789")
    assert base64.b64decode(blob.crc32c).hex() == "e3069283"
    assert base64.b64decode(blob.md5_hash).hex() == "25f9e794323b453885f5181f1b624d0b"


def test_ranges(bucket: storage.Bucket) -> None:
    blob = bucket.blob("digits")
    blob.upload_from_string("0123456789")
    assert blob.download_as_bytes(start=2, end=4) == b"234"
    assert blob.download_as_bytes(start=7) == b"789"
    assert blob.download_as_bytes(start=-3) == b"789"
    assert blob.download_as_bytes(start=8, end=99) == b"89"
    with pytest.raises(exceptions.RequestRangeNotSatisfiable):
        blob.download_as_bytes(start=10)
    with blob.open("rb", chunk_size=4) as reader:
        reader.seek(5)
        assert reader.read() == b"56789"


def test_wrong_digests_are_refused(bucket: storage.Bucket) -> None:
    for field in ("md5_hash", "crc32c"):
        blob = bucket.blob("damaged")
        setattr(blob, field, "AAAAAA==")
        with pytest.raises(exceptions.BadRequest, match="doesn't match"):
            blob.upload_from_string("data", checksum=None)
    assert bucket.get_blob("damaged") is None


def test_preconditions_of_every_method(bucket: storage.Bucket) -> None:
    blob = bucket.blob("guarded")
    blob.upload_from_string("one", if_generation_match=0)
    first = blob.generation
    failing: list[Any] = [
        lambda: blob.upload_from_string("two", if_generation_match=0),
        lambda: blob.upload_from_string("two", if_generation_match=1),
        lambda: blob.upload_from_string("two", if_generation_not_match=first),
        lambda: blob.upload_from_string("two", if_metageneration_match=2),
        lambda: bucket.blob("other").upload_from_string("two", if_generation_not_match=0),
        lambda: blob.reload(if_generation_match=1),
        lambda: blob.download_as_bytes(if_metageneration_match=9),
        lambda: blob.patch(if_metageneration_match=9),
        lambda: blob.delete(if_generation_match=1),
        lambda: bucket.copy_blob(blob, bucket, "copy", if_source_generation_match=1),
        lambda: bucket.copy_blob(blob, bucket, "guarded", if_generation_match=0),
        lambda: bucket.blob("guarded").compose([blob], if_generation_match=0),
    ]
    for number, call in enumerate(failing):
        with pytest.raises(exceptions.PreconditionFailed):
            call()
            pytest.fail(f"call {number} was not refused")
    with pytest.raises(exceptions.NotModified):
        bucket.blob("guarded").reload(if_generation_not_match=first)
    assert bucket.get_blob("guarded").generation == first
    blob.upload_from_string("two", if_generation_match=first, if_metageneration_match=1)
    assert blob.generation > first


def test_of_many_racers_exactly_one_creates(client: storage.Client, bucket: storage.Bucket) -> None:
    racers = 16
    barrier = threading.Barrier(racers)

    def race(number: int) -> str | None:
        barrier.wait()
        try:
            bucket.blob("prize").upload_from_string(f"racer {number}", if_generation_match=0)
        except exceptions.PreconditionFailed:
            return None
        return f"racer {number}"

    for _ in range(3):
        with ThreadPoolExecutor(racers) as pool:
            winners = [winner for winner in pool.map(race, range(racers)) if winner]
        assert len(winners) == 1
        assert bucket.blob("prize").download_as_text() == winners[0]
        bucket.blob("prize").delete()


def test_a_counter_that_many_raise_by_generation_loses_no_step(bucket: storage.Bucket) -> None:
    bucket.blob("counter").upload_from_string("0")

    def raise_it(times: int) -> None:
        while times:
            found = bucket.get_blob("counter")
            value = int(bucket.blob("counter", generation=found.generation).download_as_bytes())
            try:
                bucket.blob("counter").upload_from_string(str(value + 1), if_generation_match=found.generation)
                times -= 1
            except exceptions.PreconditionFailed:
                continue

    def persistent(times: int) -> None:
        # Between look and read the generation may have been replaced: look again.
        done = 0
        while done < times:
            try:
                raise_it(1)
                done += 1
            except exceptions.NotFound:
                continue

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(persistent, [8] * 4))
    assert bucket.blob("counter").download_as_text() == "32"


def test_listing(client: storage.Client, bucket: storage.Bucket) -> None:
    names = ["a.txt", "b/1", "b/2", "b/c/3", "d/4", "é", "\U0001f600"]
    for name in reversed(names):
        bucket.blob(name).upload_from_string(name)

    def listed(**options: Any) -> tuple[list[str], list[str]]:
        found = client.list_blobs(bucket, page_size=2, **options)
        return [blob.name for blob in found], sorted(found.prefixes)

    assert listed() == (names, [])
    assert listed(delimiter="/") == (["a.txt", "é", "\U0001f600"], ["b/", "d/"])
    assert listed(prefix="b/", delimiter="/") == (["b/1", "b/2"], ["b/c/"])
    assert listed(start_offset="b/2", end_offset="é") == (["b/2", "b/c/3", "d/4"], [])
    assert listed(max_results=3) == (["a.txt", "b/1", "b/2"], [])
    assert listed(prefix="none") == ([], [])
    (only,) = client.list_blobs(bucket, prefix="a", fields="items(name,size),nextPageToken")
    assert set(only._properties) == {"name", "size"}


def test_versions_are_kept_where_the_bucket_says_so(client: storage.Client, bucket: storage.Bucket) -> None:
    bucket.versioning_enabled = True
    bucket.patch()
    blob = bucket.blob("v")
    generations = []
    for text in ("one", "two", "three"):
        blob.upload_from_string(text)
        generations.append(blob.generation)
    bucket.blob("v").delete()
    assert bucket.get_blob("v") is None
    versions = list(client.list_blobs(bucket, versions=True))
    assert [version.generation for version in versions] == generations
    assert all(version.time_deleted for version in versions)
    assert bucket.blob("v", generation=generations[1]).download_as_bytes() == b"two"
    bucket.copy_blob(versions[0], bucket, "v", source_generation=generations[0])
    assert bucket.blob("v").download_as_bytes() == b"one"
    bucket.delete_blob("v", generation=generations[0])
    assert bucket.get_blob("v", generation=generations[0]) is None
    assert bucket.blob("v").download_as_bytes() == b"one"


def test_copy_rewrite_compose_patch(bucket: storage.Bucket) -> None:
    source = bucket.blob("source")
    source.metadata = {"k": "v"}
    source.upload_from_string("abc", content_type="text/x")
    copied = bucket.copy_blob(source, bucket, "copied")
    assert (copied.download_as_bytes(), copied.content_type, copied.metadata) == (b"abc", "text/x", {"k": "v"})
    target = bucket.blob("rewritten")
    target.storage_class = "COLDLINE"
    token, done, total = target.rewrite(source)
    assert (token, done, total, target.storage_class) == (None, 3, 3, "COLDLINE")
    joined = bucket.blob("joined")
    joined.content_type = "text/plain"
    joined.compose([source, copied])
    assert joined.download_as_bytes() == b"abcabc"
    assert (joined.component_count, joined.md5_hash) == (2, None)
    joined.metadata = {"x": "1", "y": "2"}
    joined.patch()
    joined.metadata = {"x": None}
    joined.patch()
    found = bucket.get_blob("joined")
    assert (found.metadata, found.metageneration) == ({"y": "2"}, 3)
    renamed = bucket.rename_blob(found, "renamed")
    assert renamed.download_as_bytes() == b"abcabc"
    assert bucket.get_blob("joined") is None


def test_a_move_is_one_step(bucket: storage.Bucket) -> None:
    blob = bucket.blob("old")
    blob.upload_from_string("x", content_type="a/b")
    bucket.blob("taken").upload_from_string("y")
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.move_blob(blob, "taken", if_generation_match=0)
    with pytest.raises(exceptions.BadRequest):
        bucket.move_blob(blob, "old")
    moved = bucket.move_blob(blob, "new", if_generation_match=0, if_source_generation_match=blob.generation)
    assert (moved.download_as_bytes(), moved.content_type) == (b"x", "a/b")
    assert sorted(one.name for one in bucket.list_blobs()) == ["new", "taken"]


def test_a_hold_protects(bucket: storage.Bucket) -> None:
    blob = bucket.blob("held")
    blob.upload_from_string("x")
    blob.temporary_hold = True
    blob.patch()
    with pytest.raises(exceptions.Forbidden, match="hold"):
        blob.delete()
    blob.temporary_hold = False
    blob.patch()
    blob.delete()


def test_batches(client: storage.Client, bucket: storage.Bucket) -> None:
    for number in range(5):
        bucket.blob(f"{number}").upload_from_string("x")
    with client.batch():
        for number in range(3):
            bucket.delete_blob(f"{number}")
    assert [blob.name for blob in client.list_blobs(bucket)] == ["3", "4"]
    with client.batch(raise_exception=False) as batch:
        bucket.delete_blob("3")
        bucket.delete_blob("never")
    assert [response.status_code for response in batch._responses] == [204, 404]
    with pytest.raises(exceptions.NotFound), client.batch():
        bucket.delete_blob("never")


def test_packed_objects_that_are_composed_are_unpacked_as_one(bucket: storage.Bucket, storage_address: str) -> None:
    for name in ("a", "b"):
        bucket.blob(name).upload_from_string(gzip.compress(name.encode() * 1000))
    whole = bucket.blob("whole")
    whole.content_encoding = "gzip"
    whole.compose([bucket.blob("a"), bucket.blob("b")])
    headers = {"Accept-Encoding": "identity"}
    read = requests.get(f"{storage_address}/{bucket.name}/whole", headers=headers, timeout=5)
    assert read.content == b"a" * 1000 + b"b" * 1000


def test_custom_metadata_has_its_bounds(bucket: storage.Bucket) -> None:
    blob = bucket.blob("a")
    blob.metadata = {"k": "v" * 8191}
    blob.upload_from_string("x")
    blob.metadata = {"k": "v" * 8192}
    with pytest.raises(exceptions.BadRequest, match="8192"):
        blob.upload_from_string("x")


def test_gzip_is_unpacked_for_who_does_not_take_it(bucket: storage.Bucket, storage_address: str) -> None:
    packed = gzip.compress(b"text" * 1000)
    blob = bucket.blob("packed")
    blob.content_encoding = "gzip"
    blob.upload_from_string(packed)
    assert bucket.blob("packed").download_as_bytes(raw_download=True) == packed
    with urllib.request.urlopen(f"{storage_address}/{bucket.name}/packed", timeout=5) as response:
        assert response.read() == b"text" * 1000


def test_absent_things(client: storage.Client, bucket: storage.Bucket) -> None:
    with pytest.raises(exceptions.NotFound, match="No such object"):
        bucket.blob("absent").download_as_bytes()
    with pytest.raises(exceptions.NotFound, match="bucket does not exist"):
        client.bucket("absent-bucket").blob("x").upload_from_string("x")
    with pytest.raises(exceptions.NotFound):
        list(client.list_blobs("absent-bucket"))


class TestKeys:
    KEY = "projects/p/locations/us/keyRings/r/cryptoKeys/k"

    def test_an_object_names_the_key_that_its_writer_or_its_bucket_names(self, bucket: storage.Bucket) -> None:
        plain, own = bucket.blob("plain"), bucket.blob("own", kms_key_name=self.KEY)
        plain.upload_from_string("x")
        own.upload_from_string("x")
        bucket.default_kms_key_name = self.KEY[:-1] + "d"
        bucket.patch()
        bucket.blob("default").upload_from_string("x")
        bucket.copy_blob(own, bucket, "copy")
        found = {blob.name: blob.kms_key_name for blob in bucket.list_blobs()}
        default = f"{self.KEY[:-1]}d/cryptoKeyVersions/1"
        assert found == {
            "plain": None,
            "own": f"{self.KEY}/cryptoKeyVersions/1",
            "default": default,
            "copy": default,
        }

    def test_a_change_of_the_metadata_leaves_the_key(self, bucket: storage.Bucket) -> None:
        blob = bucket.blob("own", kms_key_name=self.KEY)
        blob.upload_from_string("x")
        blob.content_type = "a/b"
        blob.update()
        assert (blob.content_type, blob.kms_key_name) == ("a/b", f"{self.KEY}/cryptoKeyVersions/1")

    def test_a_name_that_is_none_is_refused(self, bucket: storage.Bucket) -> None:
        with pytest.raises(exceptions.BadRequest, match="Invalid Cloud KMS key name"):
            bucket.blob("x", kms_key_name="k").upload_from_string("x")

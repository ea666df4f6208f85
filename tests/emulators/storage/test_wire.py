"""The protocol itself, byte by byte: resumable sessions, multipart bodies, errors, idle connections."""

import json
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from google.cloud import storage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CHUNK = 256 * 1024


@pytest.fixture
def upload_url(storage_address: str, bucket: storage.Bucket) -> str:
    return f"{storage_address}/upload/storage/v1/b/{bucket.name}/o"


def begin(upload_url: str, name: str = "r", **parameters: str) -> str:
    query = {"uploadType": "resumable", "name": name} | parameters
    return requests.post(upload_url, params=query, json={"contentType": "x/y"}, timeout=5).headers["Location"]


def put(session: str, data: bytes, content_range: str) -> requests.Response:
    return requests.put(session, data=data, headers={"Content-Range": content_range}, timeout=5)


class TestResumable:
    def test_a_session_step_by_step(self, upload_url: str, bucket: storage.Bucket) -> None:
        session = begin(upload_url)
        empty = put(session, b"", "bytes */*")
        assert (empty.status_code, empty.headers.get("Range")) == (308, None)
        first = put(session, b"a" * CHUNK, f"bytes 0-{CHUNK - 1}/*")
        assert (first.status_code, first.headers["Range"]) == (308, f"bytes=0-{CHUNK - 1}")
        assert bucket.get_blob("r") is None
        last = put(session, b"bc", f"bytes {CHUNK}-{CHUNK + 1}/{CHUNK + 2}")
        assert (last.status_code, last.json()["size"], last.json()["contentType"]) == (200, str(CHUNK + 2), "x/y")
        assert bucket.blob("r").download_as_bytes() == b"a" * CHUNK + b"bc"
        again = put(session, b"", f"bytes */{CHUNK + 2}")
        assert (again.status_code, again.json()["generation"]) == (200, last.json()["generation"])

    def test_bytes_sent_twice_count_once(self, upload_url: str, bucket: storage.Bucket) -> None:
        session = begin(upload_url)
        put(session, b"a" * CHUNK, f"bytes 0-{CHUNK - 1}/*")
        whole = b"a" * CHUNK + b"b" * CHUNK
        assert put(session, whole, f"bytes 0-{2 * CHUNK - 1}/{2 * CHUNK}").status_code == 200
        assert bucket.blob("r").download_as_bytes() == whole

    def test_a_chunk_may_come_by_post(self, upload_url: str, bucket: storage.Bucket) -> None:
        response = requests.post(begin(upload_url), data=b"abc", headers={"Content-Range": "bytes 0-2/3"}, timeout=5)
        assert (response.status_code, bucket.blob("r").download_as_bytes()) == (200, b"abc")

    def test_a_client_that_would_follow_a_308_gets_200_in_its_place(self, upload_url: str) -> None:
        """The Go client announces so with each chunk."""
        headers = {"Content-Range": f"bytes 0-{CHUNK - 1}/*", "X-GUploader-No-308": "yes"}
        response = requests.put(begin(upload_url), data=b"a" * CHUNK, headers=headers, timeout=5)
        assert (response.status_code, response.headers["X-HTTP-Status-Code-Override"]) == (200, "308")
        assert response.headers["Range"] == f"bytes=0-{CHUNK - 1}"

    @pytest.mark.parametrize("content_range", ["bytes 0-*/*", "bytes 0-*/6"])
    def test_the_end_may_be_open(self, upload_url: str, bucket: storage.Bucket, content_range: str) -> None:
        """The Node client streams so, in one request or, after a break, from where it broke."""
        assert put(begin(upload_url), b"abcdef", content_range).json()["size"] == "6"
        session = begin(upload_url)
        put(session, b"a" * CHUNK, f"bytes 0-{CHUNK - 1}/*")
        assert put(session, b"bc", f"bytes {CHUNK}-*/*").json()["size"] == str(CHUNK + 2)
        assert put(begin(upload_url), b"abc", "bytes 0-*/4").status_code == 400

    def test_a_gap_is_refused_and_the_session_lives_on(self, upload_url: str) -> None:
        session = begin(upload_url)
        assert put(session, b"x" * CHUNK, f"bytes {CHUNK}-{2 * CHUNK - 1}/*").status_code == 503
        assert put(session, b"", "bytes */*").status_code == 308

    @pytest.mark.parametrize(
        "content_range", ["bytes 0-1/*", "bytes 5-2/9", "bytes 0-9/5", "octets 0-1/2", "bytes -/*"]
    )
    def test_bad_ranges_are_refused(self, upload_url: str, content_range: str) -> None:
        assert put(begin(upload_url), b"ab", content_range).status_code == 400

    def test_the_precondition_holds_at_the_start_and_at_the_end(self, upload_url: str, bucket: storage.Bucket) -> None:
        session = begin(upload_url, ifGenerationMatch="0")
        bucket.blob("r").upload_from_string("faster")
        assert put(session, b"slow", "bytes 0-3/4").status_code == 412
        assert bucket.blob("r").download_as_bytes() == b"faster"
        query = {"uploadType": "resumable", "name": "r", "ifGenerationMatch": "0"}
        assert requests.post(upload_url, params=query, timeout=5).status_code == 412

    def test_a_session_can_be_cancelled(self, upload_url: str) -> None:
        session = begin(upload_url)
        assert requests.delete(session, timeout=5).status_code == 499
        assert put(session, b"", "bytes */*").status_code == 404

    def test_a_connection_that_breaks_leaves_what_has_arrived(self, upload_url: str, bucket: storage.Bucket) -> None:
        session = begin(upload_url)
        target = urlsplit(session)
        head = (
            f"PUT {target.path}?{target.query} HTTP/1.1\r\nHost: {target.netloc}\r\n"
            f"Content-Length: {4 * CHUNK}\r\nContent-Range: bytes 0-{4 * CHUNK - 1}/{4 * CHUNK}\r\n\r\n"
        )
        with socket.create_connection((str(target.hostname), int(target.port or 0))) as connection:
            connection.sendall(head.encode() + b"z" * CHUNK)
        assert bucket.get_blob("r") is None
        state = put(session, b"", "bytes */*")
        received = int(state.headers["Range"].rpartition("-")[2]) + 1 if "Range" in state.headers else 0
        assert state.status_code == 308 and received <= CHUNK
        rest = b"z" * (4 * CHUNK - received)
        assert put(session, rest, f"bytes {received}-{4 * CHUNK - 1}/{4 * CHUNK}").status_code == 200
        assert bucket.blob("r").download_as_bytes() == b"z" * 4 * CHUNK


class TestMultipart:
    def send(self, upload_url: str, body: bytes, boundary: str = "xyz") -> requests.Response:
        headers = {"Content-Type": f'multipart/related; boundary="{boundary}"'}
        return requests.post(f"{upload_url}?uploadType=multipart", data=body, headers=headers, timeout=5)

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        data=st.one_of(
            st.binary(max_size=300),
            st.sampled_from([b"\r\n--xyz", b"\r\n", b"--xyz--", b"\r\n--xyz-- not the end", b"\n"]),
        ),
        line_end=st.sampled_from([b"\r\n", b"\n"]),
        tail=st.sampled_from([b"", b"\r\n"]),
    )
    def test_any_bytes_arrive_whole(
        self, upload_url: str, bucket: storage.Bucket, data: bytes, line_end: bytes, tail: bytes
    ) -> None:
        lines = [
            b"--xyz",
            b"content-type: application/json; charset=UTF-8",
            b"",
            b'{"name": "m"}',
            b"--xyz",
            b"Content-Type: a/b",
            b"",
            data,
            b"--xyz--",
        ]
        response = self.send(upload_url, line_end.join(lines) + tail)
        assert response.status_code == 200, response.text
        assert response.json()["contentType"] == "a/b"
        assert bucket.blob("m").download_as_bytes() == data

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"nonsense",
            b'--xyz\r\n\r\n{"name": "m"}\r\n--xyz\r\n\r\ndata',
            b'--xyz\r\n\r\n{"name": "m"\r\n--xyz\r\n\r\ndata\r\n--xyz--',
            b"--xyz\r\n\r\n[]\r\n--xyz\r\n\r\ndata\r\n--xyz--",
            b"--xyz\r\n\r\n{}\r\n--xyz\r\n\r\ndata\r\n--xyz--",
        ],
    )
    def test_malformed_bodies_are_refused_and_leave_nothing(
        self, upload_url: str, bucket: storage.Bucket, body: bytes
    ) -> None:
        response = self.send(upload_url, body)
        assert (response.status_code, response.json()["error"]["code"]) == (400, 400)
        assert list(bucket.list_blobs()) == []


def test_half_an_upload_is_never_an_object(upload_url: str, bucket: storage.Bucket) -> None:
    target = urlsplit(upload_url)
    head = f"POST {target.path}?uploadType=media&name=half HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection((str(target.hostname), int(target.port or 0))) as connection:
        connection.sendall(head.encode() + b"x" * 500)
    assert bucket.get_blob("half") is None


def test_many_idle_connections_block_nobody(storage_address: str, bucket: storage.Bucket) -> None:
    target = urlsplit(storage_address)
    idle = [socket.create_connection((str(target.hostname), int(target.port or 0))) for _ in range(200)]
    half = [socket.create_connection((str(target.hostname), int(target.port or 0))) for _ in range(20)]
    try:
        for connection in half:
            connection.sendall(
                b"POST /upload/storage/v1/b/x/o?uploadType=media&name=n HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"
            )
        bucket.blob("alive").upload_from_string("yes")
        assert bucket.blob("alive").download_as_bytes() == b"yes"
    finally:
        for connection in idle + half:
            connection.close()


def test_a_slow_reader_blocks_nobody(storage_address: str, bucket: storage.Bucket) -> None:
    bucket.blob("big").upload_from_string(bytes(32 << 20))
    with requests.get(f"{storage_address}/{bucket.name}/big", stream=True, timeout=10) as response:
        assert next(response.iter_content(1000)) == bytes(1000)
        finished = threading.Event()

        def work() -> None:
            bucket.blob("small").upload_from_string("x")
            finished.set()

        threading.Thread(target=work, daemon=True).start()
        assert finished.wait(10)


@pytest.mark.parametrize(
    ("method", "path", "code", "reason"),
    [
        ("GET", "/storage/v1/b/absent-bucket", 404, "notFound"),
        ("GET", "/storage/v1/b", 400, "required"),
        ("GET", "/storage/v1/b?project=p&maxResults=x", 400, "invalidParameter"),
        ("GET", "/storage/v1/b?project=p&pageToken=x", 400, "invalidParameter"),
        ("GET", "/storage/v1/b/{bucket}/o?fields=items(", 400, "invalidParameter"),
        ("GET", "/storage/v1/b/{bucket}/o?softDeleted=true&versions=true", 400, "invalidParameter"),
        ("GET", "/storage/v1/b/{bucket}/o/x?softDeleted=true", 400, "required"),
        ("GET", "/storage/v1/b/{bucket}?softDeleted=true", 400, "required"),
        ("POST", "/storage/v1/b/{bucket}/o/x/restore", 400, "required"),
        ("POST", "/storage/v1/b/{bucket}/o/x/restore?generation=1", 404, "notFound"),
        ("POST", "/storage/v1/b/{bucket}/restore?generation=1", 404, "notFound"),
        ("GET", "/storage/v1/b/{bucket}/operations/1", 404, "notFound"),
        ("GET", "/storage/v1/b/{bucket}/o/x?generation=-1", 400, "invalidParameter"),
        ("POST", "/storage/v1/b/{bucket}/notificationConfigs", 400, "invalid"),
        ("GET", "/storage/v1/b/{bucket}/notificationConfigs/1", 404, "notFound"),
        ("GET", "/storage/v1/b/{bucket}/acl/allUsers", 404, "notFound"),
        ("POST", "/storage/v1/b/{bucket}/o/x/compose", 400, "invalid"),
        ("POST", "/upload/storage/v1/b/{bucket}/o?uploadType=media", 400, "required"),
        ("POST", "/upload/storage/v1/b/{bucket}/o?uploadType=quick&name=x", 400, "invalidParameter"),
        ("POST", "/upload/storage/v1/b/{bucket}/o?uploadType=media&name=a%0Ab", 400, "invalid"),
        (
            "POST",
            "/upload/storage/v1/b/{bucket}/o?uploadType=media&name=x&predefinedAcl=mine",
            400,
            "invalidParameter",
        ),
        ("GET", "/storage/v1/unknown", 404, "notFound"),
        ("DELETE", "/storage/v1/b/{bucket}/iam", 405, "methodNotAllowed"),
        ("POST", "/storage/v1/b/{bucket}/lockRetentionPolicy?ifMetagenerationMatch=1", 400, "badRequest"),
        ("POST", "/storage/v1/b/{bucket}/relocate", 400, "notImplemented"),
        ("POST", "/storage/v1/b/{bucket}/anywhereCaches", 400, "notImplemented"),
        ("POST", "/storage/v1/b/{bucket}/o", 400, "wrongUrlForUpload"),
        ("GET", "/storage/v1/b/%FF%FE", 400, "invalid"),
        ("POST", "/batch/storage/v1", 400, "badRequest"),
    ],
)
def test_errors_have_the_services_form(
    storage_address: str, bucket: storage.Bucket, method: str, path: str, code: int, reason: str
) -> None:
    response = requests.request(method, storage_address + path.replace("{bucket}", bucket.name), timeout=5)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["errors"][0]["reason"]) == (code, code, reason)
    assert error["message"] == error["errors"][0]["message"]


def test_an_empty_parameter_asks_for_nothing(storage_address: str, bucket: storage.Bucket) -> None:
    """The Go client sends matchGlob= with every listing, and returnPartialSuccess with every list of buckets."""
    query = {"matchGlob": "", "filter": ""}
    assert requests.get(f"{storage_address}/storage/v1/b/{bucket.name}/o", params=query, timeout=5).status_code == 200
    query = {"project": "p", "returnPartialSuccess": "true"}
    assert requests.get(f"{storage_address}/storage/v1/b", params=query, timeout=5).status_code == 200


def test_the_api_may_be_left_out_of_the_path(storage_address: str, bucket: storage.Bucket) -> None:
    """The Node client takes STORAGE_EMULATOR_HOST as it is for the whole address of the API."""
    bucket.blob("d/x").upload_from_string("x")
    found = requests.get(f"{storage_address}/b/{bucket.name}/o/d%2Fx", timeout=5)
    assert (found.json()["name"], found.json()["kind"]) == ("d/x", "storage#object")
    assert requests.get(f"{storage_address}/b", params={"project": "p"}, timeout=5).json()["kind"] == "storage#buckets"
    assert requests.get(f"{storage_address}/b/absent-bucket", timeout=5).json()["error"]["code"] == 404
    assert requests.get(f"{storage_address}/projects/p/serviceAccount", timeout=5).status_code == 200


def test_a_parameter_of_no_method_is_ignored(storage_address: str, bucket: storage.Bucket) -> None:
    """The Node client deletes the files of a bucket with the parameters of its own listing."""
    bucket.blob("x").upload_from_string("x")
    query = {"force": "true", "versions": "true"}
    url = f"{storage_address}/storage/v1/b/{bucket.name}/o/x"
    assert requests.delete(url, params=query, timeout=5).status_code == 204


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'"x"'])
def test_json_that_is_none_is_refused(storage_address: str, body: bytes) -> None:
    response = requests.post(f"{storage_address}/storage/v1/b?project=p", data=body, timeout=5)
    assert (response.status_code, response.json()["error"]["errors"][0]["reason"]) == (400, "parseError")


def test_null_is_an_empty_object(storage_address: str, bucket: storage.Bucket) -> None:
    """rclone's body of a copy."""
    bucket.blob("x").upload_from_string("x")
    url = f"{storage_address}/storage/v1/b/{bucket.name}/o/x/rewriteTo/b/{bucket.name}/o/y"
    answer = requests.post(url, data=b"null\n", headers={"Content-Type": "application/json"}, timeout=5)
    assert (answer.status_code, bucket.blob("y").download_as_bytes()) == (200, b"x"), answer.text


def test_links_lead_back_to_the_emulator(storage_address: str, bucket: storage.Bucket) -> None:
    bucket.blob("a/b").upload_from_string("x")
    item: Any = json.loads(requests.get(f"{storage_address}/storage/v1/b/{bucket.name}/o/a%2Fb", timeout=5).text)
    assert requests.get(item["mediaLink"], timeout=5).content == b"x"
    assert requests.get(item["selfLink"], timeout=5).json() == item
    assert requests.head(f"{storage_address}/{bucket.name}/a/b", timeout=5).headers["Content-Length"] == "1"


@pytest.mark.parametrize(
    "body",
    [
        {"sourceObjects": []},
        {"sourceObjects": [{"name": "x"}] * 33},
        {"sourceObjects": [5]},
        {"sourceObjects": [{"name": "x", "generation": "9" * 30}]},
        {"sourceObjects": [{"name": "x", "objectPreconditions": 5}]},
        {"sourceObjects": [{"name": "x"}], "destination": 5},
    ],
)
def test_bad_compositions_are_refused(storage_address: str, bucket: storage.Bucket, body: Any) -> None:
    bucket.blob("x").upload_from_string("x")
    url = f"{storage_address}/storage/v1/b/{bucket.name}/o/y/compose"
    assert requests.post(url, json=body, timeout=5).status_code == 400
    assert bucket.get_blob("y") is None

"""Requests that no client sends: each gets an answer of the service's form, never a 500 or silence."""

import json
from typing import Any

import requests
from google.cloud import storage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulators.storage.state.settings import BUCKET_FIELDS, OBJECT_FIELDS

FIELD_PARTS = [
    *("enabled", "uniformBucketLevelAccess", "retentionPeriod", "name", "role", "members", "x", "mode", "custom"),
    *("retainUntilTime", "value", "keySha256", "rule", "action", "condition", "type", "retentionDurationSeconds"),
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["0", "true", "US"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(FIELD_PARTS),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [
        *BUCKET_FIELDS,
        *OBJECT_FIELDS,
        "name",
        "bindings",
        "etag",
        "sourceObjects",
        "destination",
        "entity",
        "role",
        "topic",
        "unknown",
    ]
)
BODIES = st.one_of(
    st.dictionaries(FIELDS, VALUES, max_size=4).map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=20),
    st.just(b"[" * 5000),
    st.sampled_from(
        [
            b"<Delete><Object><Key>a</Key></Object></Delete>",
            b"<AccessControlList><Entries><Entry><Scope/></Entry></Entries></AccessControlList>",
            b"<CorsConfig><Cors/></CorsConfig>",
            b"<LifecycleConfiguration><Rule><Action/></Rule></LifecycleConfiguration>",
            b"<Tagging><TagSet><Tag><Key>A</Key></Tag></TagSet></Tagging>",
            b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\na\r\n--x\r\n'
            b'Content-Disposition: form-data; name="file"\r\n\r\nb\r\n--x--\r\n',
        ]
    ),
)
PARAMETERS = st.dictionaries(
    st.sampled_from(
        [
            "ifGenerationMatch",
            "generation",
            "maxResults",
            "pageToken",
            "fields",
            "versions",
            "alt",
            "uploadType",
            "name",
            "prefix",
            "delimiter",
            "startOffset",
            "project",
            "upload_id",
            "sourceGeneration",
            "matchGlob",
            "predefinedAcl",
            "projection",
            "kmsKeyName",
            "uploads",
            "uploadId",
            "partNumber",
            "X-Goog-Signature",
            "Expires",
            "serviceAccountEmail",
            "unknown",
            *("softDeleted", "filter", "restoreToken", "contextKey", "copySourceAcl", "includeFoldersAsPrefixes"),
            *("recursive", "enableObjectRetention", "overrideUnlockedRetention", "acl", "cors", "lifecycle"),
            *("tagging", "list-type", "continuation-token", "marker", "max-keys", "delete", "max-parts"),
        ]
    ),
    st.sampled_from(
        [
            "",
            "0",
            "1",
            "true",
            "-1",
            "9" * 30,
            "media",
            "multipart",
            "resumable",
            "a/b",
            "\x00",
            "items(",
            "full",
            "publicRead",
            "[a",
            "**",
        ]
    )
    | st.text(max_size=5),
    max_size=4,
)
PARTS = st.lists(
    st.sampled_from(
        [
            "storage",
            "v1",
            "b",
            "o",
            "upload",
            "download",
            "batch",
            "iam",
            "compose",
            "rewriteTo",
            "copyTo",
            "{bucket}",
            "object",
            "%2F",
            "%FF",
            "..",
            "",
            "lockRetentionPolicy",
            "notificationConfigs",
        ]
    ),
    max_size=9,
)
PATHS = st.one_of(
    PARTS.map(lambda parts: "/" + "/".join(parts)),
    st.sampled_from(
        [
            "/storage/v1/b",
            "/storage/v1/b/{bucket}",
            "/storage/v1/b/{bucket}/o",
            "/storage/v1/b/{bucket}/o/object",
            "/upload/storage/v1/b/{bucket}/o",
            "/storage/v1/b/{bucket}/iam",
            "/storage/v1/b/{bucket}/o/object/compose",
            "/batch/storage/v1",
            "/storage/v1/b/{bucket}/o/object/rewriteTo/b/{bucket}/o/copy",
            "/storage/v1/b/{bucket}/acl",
            "/storage/v1/b/{bucket}/defaultObjectAcl/allUsers",
            "/storage/v1/b/{bucket}/o/object/acl/allUsers",
            "/storage/v1/b/{bucket}/notificationConfigs",
            "/storage/v1/projects/p/hmacKeys",
            "/b/{bucket}/o",
            "/{bucket}/object",
            *("/{bucket}", "/{bucket}/", "/", "/storage/v1/b/{bucket}/folders", "/storage/v1/b/{bucket}/folders/a%2F"),
            *("/storage/v1/b/{bucket}/o/object/restore", "/storage/v1/b/{bucket}/restore"),
            *("/storage/v1/b/{bucket}/o/bulkRestore", "/storage/v1/b/{bucket}/operations"),
            "/storage/v1/b/{bucket}/o/object/viewFullContext",
        ]
    ),
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *("Range", "Content-Range", "Content-Type", "X-Goog-Hash", "Content-MD5", "Accept-Encoding"),
            *("Content-Encoding", "X-HTTP-Method-Override", "x-goog-if-generation-match", "x-goog-resumable"),
            *("x-goog-custom-time", "x-goog-storage-class", "x-goog-meta-k", "X-GUploader-No-308"),
            *("x-goog-encryption-key", "x-goog-encryption-algorithm", "x-goog-copy-source", "x-goog-acl"),
            *("If-Match", "If-None-Match", "If-Modified-Since", "x-goog-content-length-range", "x-goog-project-id"),
        ]
    ),
    st.sampled_from(
        [
            "bytes=0-",
            "bytes=-1",
            "bytes=9-3",
            "bytes */*",
            "bytes 0-1/2",
            "bytes 0-*/*",
            "md5=x",
            "a/b",
            "",
            "gzip",
            "PATCH",
            "start",
            "yes",
        ]
    )
    | st.sampled_from(['multipart/mixed; boundary="x"', "multipart/form-data; boundary=x", "public-read", "*"]),
    max_size=2,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]),
    path=PATHS,
    parameters=PARAMETERS,
    body=BODIES,
    headers=HEADERS,
)
def test_every_request_is_answered(
    bucket: storage.Bucket, method: str, path: str, parameters: dict[str, str], body: bytes, headers: dict[str, str]
) -> None:
    address = bucket.client._connection.API_BASE_URL
    url = address + path.replace("{bucket}", bucket.name)
    with requests.Session() as session:
        response = session.request(method, url, params=parameters, data=body, headers=headers, timeout=10)
    assert response.status_code < 500 or response.status_code == 503, response.text
    is_json = response.headers.get("content-type", "").startswith("application/json")
    if response.status_code >= 400 and is_json and method != "HEAD":
        error: Any = response.json()["error"]
        assert error["code"] == response.status_code and error["errors"][0]["reason"]
    if method != "GET":
        # Whatever was taken must not break what is read afterwards.
        listed = requests.get(f"{address}/storage/v1/b", params={"project": "sluice-local"}, timeout=10)
        assert listed.status_code == 200, listed.text

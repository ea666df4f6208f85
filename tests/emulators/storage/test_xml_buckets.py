"""The XML API's buckets: listings, settings, access control lists and deletions."""

import uuid
from typing import Any
from xml.etree import ElementTree

import pytest
import requests
from google.cloud import storage

from tests.emulators.storage.test_xml import code, send


@pytest.fixture
def url(storage_address: str, bucket: storage.Bucket) -> str:
    return f"{storage_address}/{bucket.name}"


def read(response: requests.Response) -> ElementTree.Element:
    assert response.status_code == 200, response.text
    root = ElementTree.fromstring(response.content)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def listed(url: str, **query: Any) -> tuple[ElementTree.Element, list[str], list[str]]:
    parameters = {name.replace("_", "-"): value for name, value in query.items()}
    root = read(requests.get(url, params=parameters, timeout=5))
    keys = [str(one.text) for one in root.iterfind("Contents/Key")]
    return root, keys, [str(one.text) for one in root.iterfind("CommonPrefixes/Prefix")]


@pytest.mark.parametrize("version", ["1", "2"])
def test_objects_are_listed_in_pages(url: str, bucket: storage.Bucket, version: str) -> None:
    for name in ("a", "d/1", "d/2", "e & f", "g/1", "h"):
        bucket.blob(name).upload_from_string("x")
    root, keys, prefixes = listed(url, list_type=version, delimiter="/")
    assert (keys, prefixes, root.findtext("IsTruncated")) == (["a", "e & f", "h"], ["d/", "g/"], "false")
    entry = root.find("Contents")
    blob = bucket.get_blob("a")
    assert entry is not None and blob is not None
    assert (entry.findtext("Size"), entry.findtext("Generation")) == ("1", str(blob.generation))
    assert entry.findtext("ETag") == send("HEAD", f"{url}/a").headers["ETag"]
    seen: list[str] = []
    query: dict[str, str] = {}
    for _ in range(5):
        root, keys, prefixes = listed(url, list_type=version, delimiter="/", max_keys=1, **query)
        seen += keys + prefixes
        if root.findtext("IsTruncated") == "false":
            break
        if version == "2":
            assert root.findtext("KeyCount") == "1"
            query = {"continuation_token": str(root.findtext("NextContinuationToken"))}
        else:
            query = {"marker": str(root.findtext("NextMarker"))}
    assert seen == ["a", "d/", "e & f", "g/", "h"]
    assert listed(url, list_type=version, prefix="d/")[1] == ["d/1", "d/2"]
    assert listed(url, list_type=version, max_keys=0)[1:] == ([], [])


def test_a_listing_begins_behind_a_name(url: str, bucket: storage.Bucket) -> None:
    for name in ("a", "b", "c/d"):
        bucket.blob(name).upload_from_string("x")
    assert listed(url, list_type="2", start_after="a")[1] == ["b", "c/d"]
    assert listed(url, list_type="2", start_after="a", prefix="c/")[1] == ["c/d"]
    assert listed(url, marker="b")[1] == ["c/d"]
    assert listed(url, marker="b", prefix="c")[1] == ["c/d"]
    bucket.blob("e é").upload_from_string("x")
    assert listed(url, prefix="e", encoding_type="url")[1] == ["e%20%C3%A9"]
    assert code(send("GET", f"{url}?list-type=3")) == (400, "InvalidArgument")
    assert code(send("GET", f"{url}?max-keys=x")) == (400, "InvalidArgument")


def test_versions_are_listed(url: str, bucket: storage.Bucket) -> None:
    bucket.versioning_enabled = True
    bucket.patch()
    for data in ("1", "22"):
        bucket.blob("a").upload_from_string(data)
    root = read(send("GET", f"{url}?versions"))
    assert [one.text for one in root.iterfind("Version/Size")] == ["1", "2"]
    assert [one.text for one in root.iterfind("Version/IsLatest")] == ["false", "true"]
    first = read(send("GET", f"{url}?versions&max-keys=1"))
    marker = first.findtext("NextGenerationMarker")
    rest = read(send("GET", f"{url}?versions&marker=a&generation-marker={marker}"))
    assert [one.text for one in rest.iterfind("Version/Size")] == ["2"]


def test_buckets_are_made_listed_and_deleted(storage_address: str, client: storage.Client) -> None:
    name, project = f"xml-{uuid.uuid4().hex}", f"p-{uuid.uuid4().hex}"
    document = b"<CreateBucketConfiguration><LocationConstraint>EU</LocationConstraint></CreateBucketConfiguration>"
    url = f"{storage_address}/{name}"
    assert send("PUT", url, document, x_goog_project_id=project, x_goog_acl="public-read").status_code == 200
    made = client.get_bucket(name)
    assert (made.location, "allUsers" in {entry["entity"] for entry in made.acl}) == ("EU", True)
    assert code(send("PUT", url, x_goog_project_id=project)) == (409, "BucketAlreadyOwnedByYou")
    root = read(send("GET", storage_address, x_goog_project_id=project))
    assert [one.text for one in root.iterfind("Buckets/Bucket/Name")] == [name]
    assert send("HEAD", url).headers["X-Goog-Bucket-Location"] == "EU"
    made.blob("a").upload_from_string("x")
    assert code(send("DELETE", url)) == (409, "BucketNotEmpty")
    made.blob("a").delete()
    assert send("DELETE", url).status_code == 204
    assert send("HEAD", url).status_code == 404


def test_the_project_is_that_of_the_key_which_signs(storage_address: str) -> None:
    project = f"p-{uuid.uuid4().hex}"
    account = {"serviceAccountEmail": f"a@{project}.iam.gserviceaccount.com"}
    keys = f"{storage_address}/storage/v1/projects/{project}/hmacKeys"
    access_id = requests.post(keys, params=account, timeout=5).json()["metadata"]["accessId"]
    name = f"xml-{uuid.uuid4().hex}"
    four = f"AWS4-HMAC-SHA256 Credential={access_id}/20260101/auto/s3/aws4_request, SignedHeaders=host, Signature=x"
    assert send("PUT", f"{storage_address}/{name}", Authorization=four).status_code == 200
    root = read(send("GET", storage_address, Authorization=f"AWS {access_id}:signature"))
    assert [one.text for one in root.iterfind("Buckets/Bucket/Name")] == [name]
    assert code(send("GET", storage_address)) == (400, "InvalidArgument")


def test_many_objects_are_deleted_at_once(url: str, bucket: storage.Bucket) -> None:
    for name in ("a", "b", "held"):
        bucket.blob(name).upload_from_string("x")
    held = bucket.get_blob("held")
    assert held is not None
    held.temporary_hold = True
    held.patch()
    keys = "".join(f"<Object><Key>{name}</Key></Object>" for name in ("a", "held", "absent"))
    root = read(send("POST", f"{url}?delete", f"<Delete>{keys}</Delete>".encode()))
    assert [one.text for one in root.iterfind("Deleted/Key")] == ["a", "absent"]
    assert [one.text for one in root.iterfind("Error/Code")] == ["ObjectUnderActiveHold"]
    quiet = b"<Delete><Quiet>true</Quiet><Object><Key>b</Key></Object></Delete>"
    assert list(read(send("POST", f"{url}?delete", quiet))) == []
    assert [blob.name for blob in bucket.list_blobs()] == ["held"]
    assert code(send("POST", f"{url}?delete", b"<Delete/>")) == (400, "MalformedXML")


CORS = (
    "<CorsConfig><Cors><Origins><Origin>*</Origin></Origins><Methods><Method>GET</Method></Methods>"
    "<MaxAgeSec>60</MaxAgeSec></Cors></CorsConfig>"
)
LIFECYCLE = (
    "<LifecycleConfiguration><Rule><Action><SetStorageClass>NEARLINE</SetStorageClass></Action><Condition>"
    "<Age>30</Age><IsLive>true</IsLive><MatchesPrefix>a</MatchesPrefix><MatchesPrefix>b</MatchesPrefix>"
    "</Condition></Rule></LifecycleConfiguration>"
)
RULE = {
    "action": {"type": "SetStorageClass", "storageClass": "NEARLINE"},
    "condition": {"age": 30, "isLive": True, "matchesPrefix": ["a", "b"]},
}
VERSIONING = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
BILLING = "<BillingConfiguration><RequesterPays>Enabled</RequesterPays></BillingConfiguration>"
WEBSITE = "<WebsiteConfiguration><MainPageSuffix>i.html</MainPageSuffix></WebsiteConfiguration>"
TAGGING = "<Tagging><TagSet><Tag><Key>team</Key><Value>data</Value></Tag></TagSet></Tagging>"


@pytest.mark.parametrize(
    ("name", "document", "field", "value"),
    [
        ("versioning", VERSIONING, "versioning", {"enabled": True}),
        ("billing", BILLING, "billing", {"requesterPays": True}),
        ("cors", CORS, "cors", [{"origin": ["*"], "method": ["GET"], "maxAgeSeconds": 60}]),
        ("lifecycle", LIFECYCLE, "lifecycle", {"rule": [RULE]}),
        ("logging", "<Logging><LogBucket>logs</LogBucket></Logging>", "logging", {"logBucket": "logs"}),
        ("website", WEBSITE, "website", {"mainPageSuffix": "i.html"}),
        ("storageClass", "<StorageClass>NEARLINE</StorageClass>", "storageClass", "NEARLINE"),
        ("tagging", TAGGING, "labels", {"team": "data"}),
    ],
)
def test_settings_are_documents(
    storage_address: str, url: str, bucket: storage.Bucket, name: str, document: str, field: str, value: Any
) -> None:
    read(send("GET", f"{url}?{name}"))
    assert send("PUT", f"{url}?{name}", document.encode()).status_code == 200
    resource = requests.get(f"{storage_address}/storage/v1/b/{bucket.name}", timeout=5).json()
    assert resource[field] == value
    assert send("GET", f"{url}?{name}").text.partition("?>")[2] == document
    assert code(send("PUT", f"{url}?{name}", b"<Other/>")) == (400, "MalformedXML")


def test_a_document_replaces_what_was_there(url: str, bucket: storage.Bucket) -> None:
    bucket.labels = {"old": "1", "kept": "2"}
    bucket.patch()
    tags = b"<Tagging><TagSet><Tag><Key>kept</Key><Value>3</Value></Tag></TagSet></Tagging>"
    send("PUT", f"{url}?tagging", tags)
    bucket.reload()
    assert bucket.labels == {"kept": "3"}
    assert read(send("GET", f"{url}?location")).text == "US"
    assert code(send("PUT", f"{url}?location", b"<LocationConstraint>EU</LocationConstraint>"))[0] == 400


def test_access_control_lists_are_documents(url: str, bucket: storage.Bucket) -> None:
    bucket.blob("x").upload_from_string("x")
    for place in (url, f"{url}/x"):
        before = send("GET", f"{place}?acl").content
        assert send("PUT", f"{place}?acl", before).status_code == 200
        assert send("GET", f"{place}?acl").content == before
    entry = (
        b'<AccessControlList><Entries><Entry><Scope type="UserByEmail"><EmailAddress>a@b.c</EmailAddress></Scope>'
        b"<Permission>READ</Permission></Entry></Entries></AccessControlList>"
    )
    assert send("PUT", f"{url}/x?acl", entry).status_code == 200
    assert [dict(one) for one in bucket.blob("x").acl] == [{"entity": "user-a@b.c", "role": "READER"}]
    assert send("PUT", f"{url}/x?acl", x_goog_acl="public-read").status_code == 200
    assert "allUsers" in {one["entity"] for one in bucket.blob("x").acl}
    broken = b"<AccessControlList><Entries><Entry/></Entries></AccessControlList>"
    assert code(send("PUT", f"{url}/x?acl", broken)) == (400, "MalformedXML")


def test_uploads_in_parts_are_listed(url: str) -> None:
    upload = read(send("POST", f"{url}/big?uploads")).findtext("UploadId")
    for number in (1, 2):
        send("PUT", f"{url}/big?partNumber={number}&uploadId={upload}", b"x")
    root = read(send("GET", f"{url}/big?uploadId={upload}&max-parts=1"))
    assert (root.findtext("Part/PartNumber"), root.findtext("IsTruncated")) == ("1", "true")
    root = read(send("GET", f"{url}/big?uploadId={upload}&part-number-marker=1"))
    assert (root.findtext("Part/Size"), root.findtext("IsTruncated")) == ("1", "false")
    root = read(send("GET", f"{url}?uploads"))
    assert (root.findtext("Upload/Key"), root.findtext("Upload/UploadId")) == ("big", upload)
    assert code(send("GET", f"{url}/big?uploadId=none")) == (404, "NoSuchUpload")

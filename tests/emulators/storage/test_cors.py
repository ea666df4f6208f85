"""What web pages of other origins may do."""

import requests
from google.cloud import storage

ORIGIN = "https://app.example.com"


def ask(url: str, method: str, headers: str = "", origin: str = ORIGIN) -> dict[str, str]:
    sent = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    answer = requests.options(url, headers=sent, timeout=5)
    assert answer.status_code == 200
    return {name.lower(): value for name, value in answer.headers.items() if name.startswith("access-control-")}


def test_a_bucket_says_who_may_do_what(storage_address: str, bucket: storage.Bucket) -> None:
    url = f"{storage_address}/{bucket.name}/a"
    assert ask(url, "PUT") == {}
    bucket.cors = [
        {"origin": [ORIGIN], "method": ["PUT", "GET"], "responseHeader": ["Content-Type", "x-goog-meta-a"]},
        {"origin": ["*"], "method": ["GET"], "maxAgeSeconds": 5},
    ]
    bucket.patch()
    allowed = ask(url, "PUT", "content-type")
    assert allowed == {
        "access-control-allow-origin": ORIGIN,
        "access-control-allow-methods": "PUT, GET",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "3600",
    }
    assert ask(url, "PUT", "x-other") == {}
    assert ask(url, "PUT", origin="https://other.example.com") == {}
    other = ask(url, "GET", origin="https://other.example.com")
    assert (other["access-control-allow-origin"], other["access-control-max-age"]) == ("*", "5")
    written = requests.put(url, data=b"x", headers={"Origin": ORIGIN}, timeout=5)
    assert written.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert written.headers["Access-Control-Expose-Headers"] == "Content-Type, x-goog-meta-a"
    read = requests.get(url, headers={"Origin": ORIGIN}, timeout=5)
    assert (read.content, read.headers["Access-Control-Allow-Origin"]) == (b"x", ORIGIN)
    assert "Access-Control-Allow-Origin" not in requests.get(url, timeout=5).headers


def test_the_json_api_lets_every_origin_in(storage_address: str, bucket: storage.Bucket) -> None:
    url = f"{storage_address}/storage/v1/b/{bucket.name}/o"
    assert ask(url, "GET", "authorization")["access-control-allow-headers"] == "authorization"
    read = requests.get(url, headers={"Origin": ORIGIN}, timeout=5)
    assert read.headers["Access-Control-Allow-Origin"] == ORIGIN

"""Google's own client for Python, from Datastream's discovery document, talks to the emulator."""

from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from googleapiclient.discovery import build  # type: ignore[import-untyped]
from googleapiclient.errors import HttpError  # type: ignore[import-untyped]

from tests.emulators.datastream.support import PARENT, Place, Stream


@pytest.fixture
def client(place: Place) -> Any:
    options = {"api_endpoint": f"http://{place.datastream.address}"}
    credentials = AnonymousCredentials()
    return build("datastream", "v1", credentials=credentials, client_options=options, static_discovery=True)


def test_a_stream_from_beginning_to_end(place: Place, client: Any) -> None:
    it = Stream(place)
    connection = it.prepare("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
    host, port = place.postgres.address.split(":")
    locations = client.projects().locations()
    source = {"hostname": host, "port": int(port), "username": "postgres", "database": it.id, "password": "secret"}
    for name, profile in (
        ("source", {"postgresqlProfile": source}),
        ("target", {"gcsProfile": {"bucket": "landing", "rootPath": "/"}}),
    ):
        body = {"displayName": name, **profile}
        request = locations.connectionProfiles().create(parent=PARENT, connectionProfileId=f"{it.id}-{name}", body=body)
        operation = request.execute()
        assert locations.operations().get(name=operation["name"]).execute()["done"] is True
    streams = locations.streams()
    streams.create(parent=PARENT, streamId=it.id, body=it.body(), validateOnly=True).execute()
    with pytest.raises(HttpError, match="was not found"):
        streams.get(name=it.name).execute()
    streams.create(parent=PARENT, streamId=it.id, body=it.body()).execute()
    assert streams.get(name=it.name).execute()["state"] == "NOT_STARTED"
    streams.run(name=it.name, body={}).execute()
    it.wait(connection)
    (found,) = streams.objects().list(parent=it.name).execute()["streamObjects"]
    assert found["sourceObject"]["postgresqlIdentifier"] == {"schema": "public", "table": "t"}
    streams.objects().startBackfillJob(object=found["name"], body={}).execute()
    it.wait(connection)
    profile = locations.connectionProfiles().get(name=f"{PARENT}/connectionProfiles/{it.id}-source").execute()
    assert profile["postgresqlProfile"] == {key: value for key, value in source.items() if key != "password"}
    streams.delete(name=it.name).execute()
    pages = locations.connectionProfiles().list(parent=PARENT, pageSize=1)
    names = []
    while pages is not None:
        answer = pages.execute()
        names += [each["name"] for each in answer["connectionProfiles"]]
        pages = locations.connectionProfiles().list_next(pages, answer)
    assert f"{PARENT}/connectionProfiles/{it.id}-target" in names
    locations.connectionProfiles().delete(name=f"{PARENT}/connectionProfiles/{it.id}-target").execute()


def test_what_is_not_there_is_refused(client: Any) -> None:
    locations = client.projects().locations()
    with pytest.raises(HttpError, match="is not supported by this emulator") as refused:
        locations.fetchStaticIps(name=PARENT).execute()
    assert refused.value.resp.status == 501

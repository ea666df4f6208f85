"""What is peculiar to a service: each test is one."""

from collections.abc import Callable
from typing import Any

import requests

from tests.emulators.control.answers import fields, refusal

Api = Callable[..., Any]


def test_a_job_is_updated_by_its_successor_and_ends_when_it_is_drained(api: Api, project: str) -> None:
    locations = api("dataflow", "v1b3").projects().locations()
    at = {"projectId": project, "location": "europe-west1"}
    launch = {
        "jobName": "events",
        "containerSpecGcsPath": "gs://b/t.json",
        "environment": {"machineType": "n2-standard-2"},
    }
    request = locations.flexTemplates().launch(**at, body={"launchParameter": launch})
    first = request.execute()["job"]
    assert first["currentState"] == "JOB_STATE_RUNNING"
    assert first["environment"]["sdkPipelineOptions"]["options"]["workerMachineType"] == "n2-standard-2"
    assert refusal(request)["status"] == "ALREADY_EXISTS"
    second = (
        locations.flexTemplates().launch(**at, body={"launchParameter": {**launch, "update": True}}).execute()["job"]
    )
    shown = locations.jobs().get(**at, jobId=first["id"]).execute()
    assert (shown["currentState"], shown["replacedByJobId"]) == ("JOB_STATE_UPDATED", second["id"])
    drain = locations.jobs().update(**at, jobId=second["id"], body={"requestedState": "JOB_STATE_DRAINED"})
    assert drain.execute()["currentState"] == "JOB_STATE_DRAINED"
    assert refusal(drain)["status"] == "FAILED_PRECONDITION"
    assert {job["id"] for job in locations.jobs().list(**at).execute()["jobs"]} == {first["id"], second["id"]}
    assert locations.jobs().list(**at, filter="ACTIVE").execute()["jobs"] == []


def test_versions_of_a_secret_are_numbered_and_can_be_destroyed(api: Api, project: str) -> None:
    secrets = api("secretmanager", "v1").projects().secrets()
    name = secrets.create(
        parent=f"projects/{project}", secretId="s", body={"replication": {"automatic": {}}}
    ).execute()["name"]
    for data in ("b25l", "dHdv"):
        secrets.addVersion(parent=name, body={"payload": {"data": data}}).execute()
    versions = secrets.versions()
    assert versions.access(name=f"{name}/versions/latest").execute()["payload"]["data"] == "dHdv"
    assert versions.access(name=f"{name}/versions/1").execute()["payload"]["data"] == "b25l"
    assert versions.destroy(name=f"{name}/versions/2", body={}).execute()["state"] == "DESTROYED"
    assert refusal(versions.access(name=f"{name}/versions/latest"))["status"] == "FAILED_PRECONDITION"
    assert refusal(versions.enable(name=f"{name}/versions/2", body={}))["status"] == "FAILED_PRECONDITION"


def test_a_change_of_records_is_all_or_nothing(api: Api, project: str) -> None:
    dns = api("dns", "v1")
    zone = {"name": "z", "dnsName": "example.com.", "description": "d"}
    made = dns.managedZones().create(project=project, body=zone).execute()
    assert len(made["nameServers"]) == 4
    at = {"project": project, "managedZone": "z"}
    record = {"name": "a.example.com.", "type": "A", "ttl": 60, "rrdatas": ["192.0.2.1"]}
    foreign = {**record, "name": "a.example.org."}
    assert refusal(dns.changes().create(**at, body={"additions": [record, foreign]}))["code"] == 400
    listed = dns.resourceRecordSets().list(**at).execute()["rrsets"]
    assert {one["type"] for one in listed} == {"NS", "SOA"}
    assert dns.changes().create(**at, body={"additions": [record]}).execute()["status"] == "done"
    assert refusal(dns.managedZones().delete(**at))["errors"][0]["reason"] == "containerNotEmpty"
    dns.changes().create(**at, body={"deletions": [record]}).execute()
    dns.managedZones().delete(**at).execute()


def test_a_database_needs_the_networks_connection(api: Api, project: str) -> None:
    compute, sql = api("compute", "v1"), api("sqladmin", "v1beta4")
    network = f"projects/{project}/global/networks/n"
    compute.networks().insert(project=project, body={"name": "n", "autoCreateSubnetworks": False}).execute()
    settings = {"tier": "db-f1-micro", "ipConfiguration": {"privateNetwork": network, "ipv4Enabled": False}}
    body = {"name": "i", "databaseVersion": "POSTGRES_16", "region": "europe-west1", "settings": settings}
    request = sql.instances().insert(project=project, body=body)
    assert "private services connection" in refusal(request)["message"]
    connections = api("servicenetworking", "v1").services().connections()
    services = "services/servicenetworking.googleapis.com"
    connection = {"network": network, "reservedPeeringRanges": ["google"]}
    assert fields(refusal(connections.create(parent=services, body=connection))) == [
        "connection.reserved_peering_ranges[0]"
    ]
    reserved = {
        "name": "google",
        "purpose": "VPC_PEERING",
        "addressType": "INTERNAL",
        "prefixLength": 16,
        "network": network,
    }
    compute.globalAddresses().insert(project=project, body=reserved).execute()
    connections.create(parent=services, body=connection).execute()
    assert request.execute()["status"] == "DONE"
    at = {"project": project, "instance": "i"}
    made = sql.instances().get(**at).execute()
    assert made["connectionName"] == f"{project}:europe-west1:i" and made["ipAddresses"][0]["type"] == "PRIVATE"
    sql.databases().insert(**at, body={"name": "dagster"}).execute()
    sql.users().insert(**at, body={"name": "dagster", "password": "swordfish"}).execute()
    users = sql.users().list(**at).execute()["items"]
    assert [one["name"] for one in users] == ["dagster"] and "swordfish" not in str(users)
    change = {"settings": {"deletionProtectionEnabled": True, "settingsVersion": made["settings"]["settingsVersion"]}}
    sql.instances().patch(**at, body=change).execute()
    assert sql.instances().get(**at).execute()["settings"]["tier"] == "db-f1-micro"
    assert refusal(sql.instances().patch(**at, body=change))["code"] == 412
    assert refusal(sql.instances().delete(**at))["code"] == 400
    sql.users().delete(**at, name="dagster").execute()
    # Cloud SQL lets go of the connection days after its last instance: until then its owner can only cut it.
    sql.instances().patch(**at, body={"settings": {"deletionProtectionEnabled": False}}).execute()
    sql.instances().delete(**at).execute()
    peering = "servicenetworking-googleapis-com"
    ending = connections.deleteConnection(name=f"{services}/connections/{peering}", body={"consumerNetwork": network})
    assert "Producer services" in refusal(ending)["message"]
    compute.globalAddresses().delete(project=project, address="google").execute()
    gone = compute.networks().delete(project=project, network="n")
    assert "peering" in refusal(gone)["message"]
    compute.networks().removePeering(project=project, network="n", body={"name": peering}).execute()
    assert connections.list(parent=services, network=network).execute() == {}
    gone.execute()


def test_a_stream_moves_between_its_states(api: Api, project: str) -> None:
    locations = api("datastream", "v1").projects().locations()
    parent = f"projects/{project}/locations/europe-west1"
    profiles = {
        "source": {"postgresqlProfile": {"hostname": "h", "username": "u", "database": "d", "password": "p"}},
        "landing": {"gcsProfile": {"bucket": "b"}},
    }
    for name, profile in profiles.items():
        body = {"displayName": name, **profile}
        locations.connectionProfiles().create(parent=parent, connectionProfileId=name, body=body).execute()
    source = {"sourceConnectionProfile": f"{parent}/connectionProfiles/source"}
    source |= {"postgresqlSourceConfig": {"replicationSlot": "s", "publication": "p"}}  # type: ignore[dict-item]
    target = {"destinationConnectionProfile": f"{parent}/connectionProfiles/landing", "gcsDestinationConfig": {}}
    stream = {"displayName": "s", "sourceConfig": source, "destinationConfig": target, "backfillAll": {}}
    made = locations.streams().create(parent=parent, streamId="s", body=stream).execute()["response"]
    assert made["state"] == "NOT_STARTED"
    move = {"name": f"{parent}/streams/s", "updateMask": "state"}
    assert refusal(locations.streams().patch(**move, body={"state": "PAUSED"}))["status"] == "FAILED_PRECONDITION"
    locations.streams().patch(**move, body={"state": "RUNNING"}).execute()
    locations.streams().patch(**move, body={"state": "PAUSED"}).execute()
    used = locations.connectionProfiles().delete(name=f"{parent}/connectionProfiles/source")
    assert refusal(used)["status"] == "FAILED_PRECONDITION"
    locations.streams().delete(name=f"{parent}/streams/s").execute()
    used.execute()


def test_a_channel_in_use_stays_and_shows_no_secrets(api: Api, project: str) -> None:
    monitoring = api("monitoring", "v3").projects()
    channel = {"type": "slack", "labels": {"channel_name": "#data", "auth_token": "xoxb"}}
    made = monitoring.notificationChannels().create(name=f"projects/{project}", body=channel).execute()
    assert "xoxb" not in str(made)
    assert fields(refusal(monitoring.notificationChannels().create(name=f"projects/{project}", body={"type": "fax"})))
    condition = {"displayName": "c", "conditionAbsent": {"filter": 'metric.type="x"', "duration": "600s"}}
    policy = {"displayName": "p", "combiner": "OR", "conditions": [condition], "notificationChannels": [made["name"]]}
    for wrong in (
        {"duration": "90s"},
        {"aggregations": [{"alignmentPeriod": "30s"}]},
        {"filter": "severity>=ERROR"},
        {"filter": 'metric.type="logging.googleapis.com/user/a/b"'},
    ):
        absent = {"filter": 'metric.type="x"', "duration": "600s"} | wrong
        body = {**policy, "conditions": [{"displayName": "c", "conditionAbsent": absent}]}
        refusal(monitoring.alertPolicies().create(name=f"projects/{project}", body=body))
    counted = {"name": "a/b", "filter": "severity>=ERROR"}
    api("logging", "v2").projects().metrics().create(parent=f"projects/{project}", body=counted).execute()
    monitoring.alertPolicies().create(
        name=f"projects/{project}", body=body
    ).execute()  # the last one: it has a metric now
    alert = monitoring.alertPolicies().create(name=f"projects/{project}", body=policy).execute()
    assert alert["conditions"][0]["name"].startswith(alert["name"] + "/conditions/")
    assert refusal(monitoring.notificationChannels().delete(name=made["name"]))["status"] == "FAILED_PRECONDITION"
    monitoring.notificationChannels().delete(name=made["name"], force=True).execute()
    assert monitoring.alertPolicies().get(name=alert["name"]).execute()["notificationChannels"] == []


def test_a_resource_without_a_get_is_made_and_listed(api: Api, project: str) -> None:
    reservations = api("bigqueryreservation", "v1").projects().locations().reservations()
    parent = f"projects/{project}/locations/EU"
    reservations.create(parent=parent, reservationId="slots", body={"slotCapacity": "50"}).execute()
    assignments = reservations.assignments()
    body = {"assignee": f"projects/{project}", "jobType": "QUERY"}
    made = assignments.create(parent=f"{parent}/reservations/slots", body=body).execute()
    assert made["name"].startswith(f"{parent}/reservations/slots/assignments/") and made["state"] == "ACTIVE"
    assert assignments.list(parent=f"{parent}/reservations/slots").execute() == {"assignments": [made]}
    assert "still has assignments" in refusal(reservations.delete(name=f"{parent}/reservations/slots"))["message"]
    assignments.delete(name=made["name"]).execute()
    reservations.delete(name=f"{parent}/reservations/slots").execute()


def test_a_quota_has_one_override(control_address: str, project: str) -> None:
    """With the slash at the end that Terraform's provider sends."""
    metric = "bigquery.googleapis.com/consumerQuotaMetrics/bigquery.googleapis.com%2Fquota%2Fquery%2Fusage"
    url = f"{control_address}/serviceusage.googleapis.com/v1/projects/{project}/services/{metric}"
    overrides = f"{url}/limits/%2Fd%2Fproject/consumerOverrides/"
    answers = [requests.post(overrides, json={"overrideValue": "5"}, timeout=10).status_code for _ in range(2)]
    assert answers == [200, 409]
    services = f"{url.partition('/services/')[0]}/services"
    listed = requests.get(services, params={"filter": "state:ENABLED"}, timeout=10).json()["services"]
    assert all(one["config"]["name"].count("/") == 0 for one in listed)
    assert [one["overrideValue"] for one in requests.get(overrides, timeout=10).json()["overrides"]] == ["5"]

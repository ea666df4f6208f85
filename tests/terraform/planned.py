"""Terraform's planned resources in the words of the services' APIs, as emulators.provision has them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

Body = dict[str, Any]


def planned(plan: Body) -> dict[tuple[str, str], Body]:
    """(kind, full name) -> body, of the kinds that emulators.provision makes."""
    found = {}
    for resource in _resources(plan["planned_values"]["root_module"]):
        if resource["type"] in _KINDS:
            kind, describe = _KINDS[resource["type"]]
            name, body = describe(resource["values"])
            found[kind, name] = body
    return found


def _resources(module: Body) -> Iterator[Body]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _resources(child)


def _bucket(v: Body) -> tuple[str, Body]:
    access = {
        "uniformBucketLevelAccess": {"enabled": v["uniform_bucket_level_access"]},
        "publicAccessPrevention": v["public_access_prevention"],
    }
    body = {
        "name": v["name"],
        "location": v["location"],
        "storageClass": v["storage_class"],
        "iamConfiguration": access,
    }
    return v["name"], body


def _dataset(v: Body) -> tuple[str, Body]:
    reference = {"projectId": v["project"], "datasetId": v["dataset_id"]}
    name = f"projects/{v['project']}/datasets/{v['dataset_id']}"
    return name, {"datasetReference": reference, "location": v["location"]}


def _table(v: Body) -> tuple[str, Body]:
    reference = {"projectId": v["project"], "datasetId": v["dataset_id"], "tableId": v["table_id"]}
    body: Body = {"tableReference": reference, "schema": {"fields": json.loads(v["schema"])}}
    if v["description"]:
        body["description"] = v["description"]
    if v["clustering"]:
        body["clustering"] = {"fields": v["clustering"]}
    for partitioning in v["time_partitioning"]:
        body["timePartitioning"] = {"type": partitioning["type"], "field": partitioning["field"]}
        if partitioning.get("expiration_ms"):  # left to the service: unknown before it answers
            body["timePartitioning"]["expirationMs"] = str(partitioning["expiration_ms"])
    for external in v["external_data_configuration"]:
        hive = external["hive_partitioning_options"][0]
        body["externalDataConfiguration"] = {
            "sourceFormat": external["source_format"],
            "sourceUris": external["source_uris"],
            "hivePartitioningOptions": {
                "mode": hive["mode"],
                "sourceUriPrefix": hive["source_uri_prefix"],
                "requirePartitionFilter": hive["require_partition_filter"],
            },
        }
    return f"projects/{v['project']}/datasets/{v['dataset_id']}/tables/{v['table_id']}", body


def _schema(v: Body) -> tuple[str, Body]:
    return f"projects/{v['project']}/schemas/{v['name']}", {
        "type": v["type"],
        "definition": json.loads(v["definition"]),
    }


def _topic(v: Body) -> tuple[str, Body]:
    body: Body = {"messageRetentionDuration": v["message_retention_duration"]}
    for settings in v["schema_settings"]:
        body["schemaSettings"] = {key: settings[key] for key in ("schema", "encoding")}
    return f"projects/{v['project']}/topics/{v['name']}", body


def _subscription(v: Body) -> tuple[str, Body]:
    body: Body = {
        "topic": v["topic"],
        "ackDeadlineSeconds": v["ack_deadline_seconds"],
        "messageRetentionDuration": v["message_retention_duration"],
        "expirationPolicy": {},
    }
    if v["expiration_policy"][0]["ttl"]:  # an empty one: never
        body["expirationPolicy"] = v["expiration_policy"][0]
    for policy in v["dead_letter_policy"]:
        body["deadLetterPolicy"] = {
            "deadLetterTopic": policy["dead_letter_topic"],
            "maxDeliveryAttempts": policy["max_delivery_attempts"],
        }
    return f"projects/{v['project']}/subscriptions/{v['name']}", body


def _connection_profile(v: Body) -> tuple[str, Body]:
    body: Body = {"displayName": v["display_name"]}
    for profile in v["postgresql_profile"]:
        body["postgresqlProfile"] = {key: profile[key] for key in ("hostname", "port", "username", "database")}
        if not v["private_connectivity"]:
            body["staticServiceIpConnectivity"] = {}
    for profile in v["gcs_profile"]:
        body["gcsProfile"] = {"bucket": profile["bucket"], "rootPath": profile["root_path"]}
    return f"projects/{v['project']}/locations/{v['location']}/connectionProfiles/{v['connection_profile_id']}", body


def _stream(v: Body) -> tuple[str, Body]:
    source, destination = v["source_config"][0], v["destination_config"][0]
    postgres, files = source["postgresql_source_config"][0], destination["gcs_destination_config"][0]
    schemas = [
        {"schema": s["schema"], "postgresqlTables": [{"table": t["table"]} for t in s["postgresql_tables"]]}
        for s in postgres["include_objects"][0]["postgresql_schemas"]
    ]
    body = {
        "displayName": v["display_name"],
        "sourceConfig": {
            "sourceConnectionProfile": source["source_connection_profile"],
            "postgresqlSourceConfig": {
                "publication": postgres["publication"],
                "replicationSlot": postgres["replication_slot"],
                "includeObjects": {"postgresqlSchemas": schemas},
                "maxConcurrentBackfillTasks": postgres["max_concurrent_backfill_tasks"],
            },
        },
        "destinationConfig": {
            "destinationConnectionProfile": destination["destination_connection_profile"],
            "gcsDestinationConfig": {
                "path": files["path"],
                "fileRotationMb": files["file_rotation_mb"],
                "fileRotationInterval": files["file_rotation_interval"],
                **({"avroFileFormat": {}} if files["avro_file_format"] else {}),
            },
        },
        **({"backfillAll": {}} if v["backfill_all"] else {}),
        "state": v["desired_state"],
    }
    return f"projects/{v['project']}/locations/{v['location']}/streams/{v['stream_id']}", body


_KINDS: dict[str, tuple[str, Callable[[Body], tuple[str, Body]]]] = {
    "google_storage_bucket": ("bucket", _bucket),
    "google_bigquery_dataset": ("dataset", _dataset),
    "google_bigquery_table": ("table", _table),
    "google_pubsub_schema": ("schema", _schema),
    "google_pubsub_topic": ("topic", _topic),
    "google_pubsub_subscription": ("subscription", _subscription),
    "google_datastream_connection_profile": ("connection_profile", _connection_profile),
    "google_datastream_stream": ("stream", _stream),
}

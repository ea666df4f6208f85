"""Bigtable's administration through Google's own client over gRPC."""

from collections.abc import Iterator

import grpc
import pytest
from google.api_core import exceptions
from google.cloud import bigtable_admin_v2 as admin
from google.cloud.bigtable_admin_v2.services.bigtable_instance_admin.transports import (
    BigtableInstanceAdminGrpcTransport,
)
from google.cloud.bigtable_admin_v2.services.bigtable_table_admin.transports import BigtableTableAdminGrpcTransport
from google.protobuf.duration_pb2 import Duration

from tests.emulators.control.conftest import enable
from tests.emulators.process import free_port, start

PARENT = "projects/project-1"


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[grpc.Channel]:
    rest, port = free_port(), free_port()
    process = start("control", tmp_path_factory.mktemp("bigtable"), rest, "--grpc-port", str(port))
    enable(f"http://127.0.0.1:{rest}", "project-1")
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        grpc.channel_ready_future(channel).result(timeout=30)
        yield channel
    process.terminate()
    process.communicate(timeout=10)


@pytest.mark.long
def test_instances_and_tables_have_their_life(channel: grpc.Channel) -> None:
    instances = admin.BigtableInstanceAdminClient(transport=BigtableInstanceAdminGrpcTransport(channel=channel))
    zone = f"{PARENT}/locations/europe-west1-b"
    request = {
        "parent": PARENT,
        "instance_id": "live",
        "instance": {"display_name": "Live values"},
        "clusters": {"one": {"location": zone, "serve_nodes": 1}},
    }
    instance = instances.create_instance(request=request).result(timeout=20)
    assert (instance.name, instance.state) == (f"{PARENT}/instances/live", admin.Instance.State.READY)
    with pytest.raises(exceptions.AlreadyExists):
        instances.create_instance(request=request)
    assert [one.location for one in instances.list_clusters(parent=instance.name).clusters] == [zone]
    change = {"instance": {"name": instance.name, "display_name": "Other"}, "update_mask": {"paths": ["display_name"]}}
    assert instances.partial_update_instance(request=change).result(timeout=20).display_name == "Other"
    profile = {"name": "", "multi_cluster_routing_use_any": {}}
    instances.create_app_profile(parent=instance.name, app_profile_id="reader", app_profile=profile)

    tables = admin.BigtableTableAdminClient(transport=BigtableTableAdminGrpcTransport(channel=channel))
    table = tables.create_table(parent=instance.name, table_id="usage", table={"column_families": {"a": {}}})
    keep = {"id": "b", "create": {"gc_rule": {"max_age": Duration(seconds=3600)}}}
    changed = tables.modify_column_families(name=table.name, modifications=[keep, {"id": "a", "drop": True}])
    assert list(changed.column_families) == ["b"]
    assert tables.get_table(name=table.name).column_families["b"].gc_rule.max_age.seconds == 3600
    with pytest.raises(exceptions.NotFound):
        tables.modify_column_families(name=table.name, modifications=[{"id": "a", "drop": True}])
    instances.delete_instance(name=instance.name)
    with pytest.raises(exceptions.NotFound):
        tables.get_table(name=table.name)

"""The protocol buffers of Bigtable's administration, found by name when they are first needed."""

import importlib

from google.longrunning import operations_pb2
from google.protobuf import descriptor_pool, empty_pb2, message_factory
from google.protobuf.message import Message

from emulators.control.state.errors import unimplemented

_PACKAGE = "google.bigtable.admin.v2"
_WHOLE = {"UpdateInstance": "Instance", "UpdateCluster": "Cluster"}
_POLICY = ("GetIamPolicy", "SetIamPolicy", "TestIamPermissions")


def request_class(method: str) -> type[Message]:
    """The request of a method. Raises ControlError where there is none of this name."""
    if method in _POLICY:
        return _found(f"google.iam.v1.{method}Request")
    if method in _WHOLE:
        return _found(f"{_PACKAGE}.{_WHOLE[method]}")
    return _found(f"{_PACKAGE}.{method}Request")


def answer_class(schema: str) -> type[Message]:
    """The message that a schema of the discovery document stands for."""
    if schema == "Operation":
        operation: type[Message] = operations_pb2.Operation
        return operation
    if schema == "Empty":
        empty: type[Message] = empty_pb2.Empty
        return empty
    package = "google.iam.v1" if schema in ("Policy", "TestIamPermissionsResponse") else _PACKAGE
    return _found(f"{package}.{schema}")


def _found(name: str) -> type[Message]:
    # It brings Bigtable's whole client, hence so late; the types are registered on the way.
    importlib.import_module("google.cloud.bigtable_admin_v2.types")
    try:
        descriptor = descriptor_pool.Default().FindMessageTypeByName(name)
    except KeyError:
        raise unimplemented(f"The message {name}") from None
    found: type[Message] = message_factory.GetMessageClass(descriptor)
    return found

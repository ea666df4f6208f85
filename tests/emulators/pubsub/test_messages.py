"""Our own descriptors are the official client's, field by field."""

from typing import Any

import pytest
from google.iam.v1 import iam_policy_pb2, policy_pb2
from google.pubsub_v1 import types

from emulators.pubsub.messages import iam, v1

# Refused wherever they are set, so their content is not described.
OPAQUE = {
    "IngestionDataSourceSettings",
    "AIInference",
    "MessageTransform",  # for AIInference in it
    "BigtableConfig",
}


def described(descriptor: Any) -> dict[str, Any]:
    """Fields of a message by name, with those of the messages inside it."""
    return {
        field.name.rstrip("_"): (
            field.number,
            field.type,
            field.is_repeated,
            field.json_name.rstrip("_"),
            field.message_type.full_name if field.message_type else None,
            [(value.name, value.number) for value in field.enum_type.values] if field.enum_type else None,
            field.containing_oneof.name if field.containing_oneof else None,
        )
        for field in descriptor.fields
    } | {f"{nested.name}.": described(nested) for nested in descriptor.nested_types}


@pytest.mark.parametrize("name", sorted(set(vars(v1)) - OPAQUE))
def test_pubsub_messages_are_the_official_ones(name: str) -> None:
    assert described(getattr(v1, name).DESCRIPTOR) == described(getattr(types, name).pb().DESCRIPTOR)


@pytest.mark.parametrize(
    "official",
    [
        policy_pb2.Policy,
        policy_pb2.Binding,
        iam_policy_pb2.SetIamPolicyRequest,
        iam_policy_pb2.GetIamPolicyRequest,
        iam_policy_pb2.TestIamPermissionsRequest,
        iam_policy_pb2.TestIamPermissionsResponse,
    ],
)
def test_iam_messages_have_the_official_numbers(official: Any) -> None:
    ours = {field.name: field.number for field in getattr(iam, official.DESCRIPTOR.name).DESCRIPTOR.fields}
    theirs = {field.name: field.number for field in official.DESCRIPTOR.fields}
    assert ours.items() <= theirs.items()

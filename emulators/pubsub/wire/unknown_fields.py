"""Fields that a client sends and the emulator has never heard of: a newer API's. They are refused, not passed over."""

from typing import Any

from google.protobuf.unknown_fields import UnknownFieldSet

from emulators.pubsub.state.errors import unsupported


def check_known(message: Any) -> None:
    """Raises PubsubError: UNIMPLEMENTED, a message or one inside of it has a field that is not described.

    A message that is described without any field is refused as a whole wherever it is set.
    """
    unknown = UnknownFieldSet(message)
    if len(unknown):
        raise unsupported(f"Field {unknown[0].field_number} of {message.DESCRIPTOR.full_name}")
    for described, value in message.ListFields():
        kind = described.message_type
        if kind is None or not kind.fields or kind.full_name.startswith("google.protobuf."):
            continue
        if not described.is_repeated:
            check_known(value)
        elif not kind.GetOptions().map_entry:
            for one in value:
                check_known(one)

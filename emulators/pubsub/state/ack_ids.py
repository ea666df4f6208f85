"""Ack ids: which subscription's, which message, which delivery of it."""

from emulators.pubsub.state.errors import invalid


class AckIds:
    """The ack ids of one subscription, by its number."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._prefix = f"{number}-"

    def make(self, offset: int, generation: int) -> str:
        return f"{self._prefix}{offset}-{generation}"

    def parse(self, ack_id: str) -> tuple[int, int]:
        """(offset, generation) of an ack id.

        Raises:
            PubsubError: INVALID_ARGUMENT, it is malformed or another subscription's.
        """
        try:
            number, offset, generation = ack_id.split("-")
            if int(number) == self._number:
                return int(offset), int(generation)
        except ValueError:
            pass
        raise invalid(f"You have passed an invalid ack ID to the service (ack_id={ack_id}).")

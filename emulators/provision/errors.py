"""What provisioning says when it cannot go on."""


class ProvisionError(Exception):
    """What was wrong, and what to do about it."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what}\n  {hint}")


class AlreadyThereError(ProvisionError):
    """Someone else made the resource between the look-up and the creation."""

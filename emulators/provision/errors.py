"""What provisioning says when it cannot go on."""

LEFT_OUT = 3
"""The command's status when all is made but what some sources need, which it names."""


class ProvisionError(Exception):
    """What was wrong, and what to do about it."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what}\n  {hint}")


class AlreadyThereError(ProvisionError):
    """Someone else made the resource between the look-up and the creation."""

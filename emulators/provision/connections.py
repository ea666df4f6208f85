"""Where the sources' databases are, in the words of Terraform's `replication.connections`."""

from typing import Any

from contracts.model import Contract
from contracts.problems import ContractError
from contracts.reader import load
from emulators.provision.errors import ProvisionError
from emulators.provision.resources import resources


def connections() -> dict[str, dict[str, Any]]:
    """By source with cdc tables. Their streams wait: the publications that they read come with the sources' tables.

    Raises:
        ProvisionError: a contract is wrong; a source's database URL is missing or wrong, or has a password.
    """
    found = {}
    for resource in resources(_contracts(), "after"):
        profile = resource.body.get("postgresqlProfile")
        if resource.kind == "connection_profile" and profile:
            if "password" in profile:
                hint = "Terraform takes passwords from Secret Manager alone, which the local Datastream does not read."
                raise ProvisionError(f"the database URL of {resource.id.removesuffix('-source')} has a password", hint)
            found[resource.id.removesuffix("-source")] = {**profile, "secret": False, "state": "NOT_STARTED"}
    return found


def _contracts() -> tuple[Contract, ...]:
    try:
        return load()
    except ContractError as error:
        raise ProvisionError(str(error), "`python -m contracts check` shows it again.") from error

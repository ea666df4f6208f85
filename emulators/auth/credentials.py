"""Credentials files that point to this service, as GOOGLE_APPLICATION_CREDENTIALS names them."""

import json
from pathlib import Path

from emulators.auth.state.accounts import Accounts, unique_id
from emulators.auth.state.keys import write_private

ACCOUNT = "sluice"
"""The service account that the platform runs as on a laptop."""


def write_service_account_key(path: Path, state: Path, address: str, project: str, name: str = ACCOUNT) -> str:
    """Write a service-account key file and return the account's e-mail address.

    The account is made at the first call; later calls write the same key again, with the address of the day.

    Args:
        path: where the file goes; it is replaced as a whole and readable by its owner alone.
        state: the auth service's state directory.
        address: the service's address, such as http://127.0.0.1:9010.
        project: the project's id.
        name: the account's name before the @.
    """
    email = f"{name}@{project}.iam.gserviceaccount.com"
    key = Accounts(state).make(email)
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": key.key_id,
        "private_key": key.pem,
        "client_email": email,
        "client_id": unique_id(email),
        "auth_uri": f"{address}/o/oauth2/auth",
        "token_uri": f"{address}/token",
        "auth_provider_x509_cert_url": f"{address}/oauth2/v1/certs",
        "universe_domain": "googleapis.com",
    }
    write_private(path, json.dumps(document, indent=2) + "\n")
    return email

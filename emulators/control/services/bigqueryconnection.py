"""BigQuery connections: each acts under an identity of its own."""

from typing import Any

from emulators.control.plane import names
from emulators.control.plane.call import Call
from emulators.control.plane.fill import number
from emulators.control.plane.service import Service
from emulators.control.state.errors import invalid

Json = dict[str, Any]

SERVICE = Service("bigqueryconnection", package="google.cloud.bigquery.connection.v1")
KINDS = ("cloudSql", "aws", "azure", "cloudSpanner", "cloudResource", "spark", "salesforceDataCloud", "configuration")


@SERVICE.check("connections")
def check_connection(call: Call, new: Json, old: Json | None) -> None:
    """A connection is of one kind."""
    if len([kind for kind in KINDS if kind in new]) != 1:
        raise invalid("connection.properties", f"A connection needs exactly one of {', '.join(KINDS)}.")


@SERVICE.fill("connections")
def fill_connection(call: Call, connection: Json) -> None:
    """The identity to which a user grants access to what is connected."""
    project = names.project_number(call.project)
    identity = f"bqcx-{project}-{number()[:4]}@gcp-sa-bigquery-condel.iam.gserviceaccount.com"
    for kind in ("cloudResource", "cloudSql", "spark"):
        if kind in connection:
            connection[kind].setdefault("serviceAccountId", identity)
    connection["hasCredential"] = "credential" in connection.get("cloudSql", {})

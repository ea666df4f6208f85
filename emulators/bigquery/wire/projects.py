"""projects.list and projects.getServiceAccount."""

from starlette.requests import Request
from starlette.responses import Response

from emulators.bigquery.state.projects import project_number
from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.wire.replies import collection, page_of, reply


def listing(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET projects: those that have datasets."""
    found = sorted({key.partition(":")[0] for key in warehouse.catalog.keys("dataset")})
    page = page_of(request, found, _project)
    return reply(collection("projectList", "projects", page, len(found)))


def _project(name: str) -> dict[str, object]:
    return {"kind": "bigquery#project", "id": name, "numericId": str(project_number(name)), "friendlyName": name,
            "projectReference": {"projectId": name}}  # fmt: skip


def service_account(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET projects/{project}/serviceAccount."""
    project = request.path_params["project"]
    email = f"bq-{project}@bigquery-encryption.iam.gserviceaccount.com"
    return reply({"kind": "bigquery#getServiceAccountResponse", "email": email})

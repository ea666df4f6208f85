"""The services that there are: one module each, loaded when it is first asked for."""

import importlib
from functools import cache

from emulators.control.plane.service import Service
from emulators.control.state.errors import ControlError

LABELS = frozenset(
    (
        *(
            "accesscontextmanager",
            "artifactregistry",
            "bigqueryconnection",
            "bigquerydatapolicy",
            "bigquerydatatransfer",
        ),
        *("bigqueryreservation", "bigtableadmin", "billingbudgets", "cloudbilling", "cloudkms", "cloudresourcemanager"),
        *("cloudscheduler", "compute", "datacatalog", "dataflow", "datastream", "dns", "iam", "iap", "logging"),
        *("monitoring", "orgpolicy", "run", "secretmanager", "servicenetworking", "serviceusage", "sqladmin"),
    )
)
"""The first words of their hosts. What has an emulator of its own (BigQuery, Storage, Pub/Sub) is not here."""


@cache
def find_service(label: str) -> Service:
    """The service. Raises ControlError UNIMPLEMENTED where there is none."""
    if label not in LABELS:
        raise ControlError("UNIMPLEMENTED", f"The service {label}.googleapis.com is not supported by this emulator.")
    service: Service = importlib.import_module(f"emulators.control.services.{label}").SERVICE
    return service

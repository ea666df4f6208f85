"""The environment in which Terraform's google and google-beta providers work on the emulators, with any HCL.

The providers read one variable for each service (`GOOGLE_<SERVICE>_CUSTOM_ENDPOINT`, each ends in a slash) and, for
Bigtable's gRPC, BIGTABLE_EMULATOR_HOST.
"""

HOSTS = {
    "ACCESS_CONTEXT_MANAGER": "accesscontextmanager.googleapis.com/v1/",
    "ARTIFACT_REGISTRY": "artifactregistry.googleapis.com/v1/",
    "BIGQUERY_CONNECTION": "bigqueryconnection.googleapis.com/v1/",
    "BIGQUERY_DATAPOLICY": "bigquerydatapolicy.googleapis.com/v1/",
    "BIGQUERY_DATAPOLICYV2": "bigquerydatapolicy.googleapis.com/v2/",
    "BIGQUERY_DATA_TRANSFER": "bigquerydatatransfer.googleapis.com/v1/",
    "BIGQUERY_RESERVATION": "bigqueryreservation.googleapis.com/v1/",
    "BIGTABLE": "bigtableadmin.googleapis.com/v2/",
    "BILLING_BUDGETS": "billingbudgets.googleapis.com/v1/",
    "CLOUD_BILLING": "cloudbilling.googleapis.com/v1/",
    "CLOUD_RUN_V2": "run.googleapis.com/v2/",
    "CLOUD_SCHEDULER": "cloudscheduler.googleapis.com/v1/",
    "COMPUTE": "compute.googleapis.com/compute/v1/",
    "DATAFLOW": "dataflow.googleapis.com/v1b3/",
    "DATASTREAM": "datastream.googleapis.com/v1/",
    "DATA_CATALOG": "datacatalog.googleapis.com/v1/",
    "DNS": "dns.googleapis.com/dns/v1/",
    "IAM_BETA": "iam.googleapis.com/v1/",
    "IAP": "iap.googleapis.com/v1/",
    "KMS": "cloudkms.googleapis.com/v1/",
    "LOGGING": "logging.googleapis.com/v2/",
    "MONITORING": "monitoring.googleapis.com/",
    "ORG_POLICY": "orgpolicy.googleapis.com/v2/",
    "RESOURCE_MANAGER": "cloudresourcemanager.googleapis.com/v1/",
    "RESOURCE_MANAGER_V3": "cloudresourcemanager.googleapis.com/v3/",
    "SECRET_MANAGER": "secretmanager.googleapis.com/v1/",
    "SERVICE_NETWORKING": "servicenetworking.googleapis.com/v1/",
    "SERVICE_USAGE": "serviceusage.googleapis.com/v1/",
    "SQL": "sqladmin.googleapis.com/sql/v1beta4/",
    "TAGS": "cloudresourcemanager.googleapis.com/v3/",
}
"""The services that the control plane answers, by their words in the variables' names."""


def variables(ports: dict[str, dict[str, int]], host: str = "127.0.0.1") -> dict[str, str]:
    """The variables for services with these ports, such as {"control": {"port": 9080}, "storage": {"port": 9020}, ...}.

    What has no emulator among them is left out, so that the provider would say which service it misses.
    """
    paths = {
        "BIG_QUERY": ("bigquery", "port", "bigquery/v2/"),
        "PUBSUB": ("pubsub", "rest-port", "v1/"),
        "STORAGE": ("storage", "port", "storage/v1/"),
        **{word: ("control", "port", path) for word, path in HOSTS.items()},
    }
    found = {
        f"GOOGLE_{word}_CUSTOM_ENDPOINT": f"http://{host}:{ports[service][port]}/{path}"
        for word, (service, port, path) in paths.items()
        if port in ports.get(service, {})
    }
    # An emulator of Bigtable has its administration too; without one the control plane has that alone.
    bigtable = ports.get("bigtable", {}).get("port") or ports.get("control", {}).get("grpc-port")
    if bigtable:
        found["BIGTABLE_EMULATOR_HOST"] = f"{host}:{bigtable}"
    return found

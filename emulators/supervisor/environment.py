"""The environment variables through which Google's own libraries, and the platform, find the services."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from emulators.supervisor.ports import HOST
from emulators.supervisor.run_files import Ports

PROJECT = "sluice-local"
ROOT = Path(__file__).resolve().parents[2]
CONTRACT_SUFFIX = ".odcs.yaml"
_OURS = "application_name=sluice-local"  # tells the local server's addresses from those of a user's own


def state_directory() -> Path:
    """SLUICE_STATE, or .sluice beside the code."""
    return Path(os.environ.get("SLUICE_STATE") or ROOT / ".sluice").absolute()


def sources() -> list[str]:
    """The sources that have a contract, by the names of the files; what is in them is not looked at here."""
    folder = Path(os.environ.get("SLUICE_CONTRACTS") or ROOT / "contracts")
    return sorted(path.name.removesuffix(CONTRACT_SUFFIX) for path in folder.glob(f"*{CONTRACT_SUFFIX}"))


def variables(state: Path, ports: dict[str, Ports]) -> dict[str, str]:
    """All variables of a platform whose state lies in `state` and whose services have these ports."""
    address = {name: f"{HOST}:{numbers['port']}" for name, numbers in ports.items() if "port" in numbers}
    return {
        "SLUICE_STATE": str(state),
        "SLUICE_CONTRACTS": str(Path(os.environ.get("SLUICE_CONTRACTS") or ROOT / "contracts").absolute()),
        "SLUICE_DATASET_PREFIX": os.environ.get("SLUICE_DATASET_PREFIX", ""),
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "GOOGLE_APPLICATION_CREDENTIALS": str(credentials_file(state)),
        "AUTH_EMULATOR_HOST": address["auth"],
        "STORAGE_EMULATOR_HOST": f"http://{address['storage']}",
        "PUBSUB_EMULATOR_HOST": address["pubsub"],
        "BIGQUERY_EMULATOR_HOST": f"http://{address['bigquery']}",
        "BIGQUERY_STORAGE_EMULATOR_HOST": f"{HOST}:{ports['bigquery']['grpc-port']}",
        # Google's Python client reads no address of the Storage API: gRPC asks a proxy for it, and trusts its answer.
        "grpc_proxy": f"http://{HOST}:{ports['bigquery']['proxy-port']}",
        "no_grpc_proxy": f"localhost,{HOST}",
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(state / "bigquery" / "roots.pem"),
        "DATASTREAM_EMULATOR_HOST": f"http://{address['datastream']}",
        # Without it each operation of gcsfs waits a minute for a gRPC server that is not there.
        "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",
        "DAGSTER_HOME": str(state / "dagster"),
        # What dbt compiles belongs to the platform that runs it: several may run from one checkout.
        "DBT_TARGET_PATH": str(state / "dbt"),
        "DBT_LOG_PATH": str(state / "logs"),
        "SLUICE_CODE_SERVER_PORT": str(ports["dagster-code"]["port"]),
        **_database_urls(address["postgres"]),
    }


def credentials_file(state: Path) -> Path:
    return state / "credentials.json"


def _database_urls(address: str) -> dict[str, str]:
    """<SOURCE>_DATABASE_URL of each source: what the user has set or, without that, a database of the local server."""
    urls = {}
    for source in sources():
        name = f"{source.upper()}_DATABASE_URL"
        inherited = os.environ.get(name, "")
        # An address that an earlier `env` printed may be out of date; the user's own is left as it is.
        is_ours = urlsplit(inherited).query == _OURS
        urls[name] = inherited if inherited and not is_ours else f"postgresql://postgres@{address}/{source}?{_OURS}"
    return urls

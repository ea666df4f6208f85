"""Start the control plane: python -m emulators.control --port 9080 --grpc-port 8087 --state .sluice/control"""

from pathlib import Path

from starlette.types import ASGIApp

from emulators.control.state.store import Store
from emulators.control.wire.app import application
from emulators.faults.rules import Faults
from emulators.serve import serve


def open_app(state: Path) -> ASGIApp:
    return application(Store(state))


def open_grpc(state: Path, address: str, faults: Faults) -> object:
    # Here, because gRPC takes longer to load than all else.
    from emulators.control.wire.grpc_server import serve_bigtable

    return serve_bigtable(Store(state), address, faults)


if __name__ == "__main__":
    serve("control", 9080, open_app, open_grpc)

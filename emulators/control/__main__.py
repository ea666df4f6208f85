"""Start the control plane: python -m emulators.control --port 9080 --state .sluice/control"""

from pathlib import Path

from starlette.types import ASGIApp

from emulators.control.state.store import Store
from emulators.control.wire.app import application
from emulators.serve import serve


def open_app(state: Path) -> ASGIApp:
    return application(Store(state))


if __name__ == "__main__":
    serve("control", 9080, open_app)

"""Start Cloud Storage: python -m emulators.storage --port 9020 --state .sluice/storage"""

from pathlib import Path

from starlette.types import ASGIApp

from emulators.serve import serve
from emulators.storage.state.store import Store
from emulators.storage.wire.app import application


def open_app(state: Path) -> ASGIApp:
    return application(Store(state))


if __name__ == "__main__":
    serve("storage", 9020, open_app)

"""Start the OAuth endpoint: python -m emulators.auth --port 9010 --state .sluice/auth"""

from pathlib import Path

from starlette.types import ASGIApp

from emulators.auth.state.tokens import Issuer
from emulators.auth.wire.app import application
from emulators.serve import serve


def open_app(state: Path) -> ASGIApp:
    return application(Issuer(state))


if __name__ == "__main__":
    serve("auth", 9010, open_app)

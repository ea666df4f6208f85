"""Identity-Aware Proxy: who may pass, for whatever it stands before; settings that are there from the start."""

import secrets
from typing import Any

from emulators.control.plane import names
from emulators.control.plane.call import Call
from emulators.control.plane.service import Service

Json = dict[str, Any]

SERVICE = Service("iap", package="google.cloud.iap.v1")


@SERVICE.method("getIapSettings")
def get_settings(call: Call) -> Json:
    return call.find(_settings(call)) or {"name": call.name.removesuffix(":iapSettings")}


@SERVICE.method("updateIapSettings")
def update_settings(call: Call) -> Json:
    """Take the fields of the body; the mask names whole parts of the settings."""
    settings = get_settings(call) | call.body | {"name": call.name.removesuffix(":iapSettings")}
    call.keep(_settings(call), settings)
    return settings


@SERVICE.fill("brands")
def fill_brand(call: Call, brand: Json) -> None:
    brand["orgInternalOnly"] = True


@SERVICE.fill("identityAwareProxyClients")
def fill_client(call: Call, client: Json) -> None:
    """The secret of a client is made once."""
    client.setdefault("secret", secrets.token_urlsafe(24))


def _settings(call: Call) -> str:
    return f"{names.with_project_id(call.store, call.name.removesuffix(':iapSettings'))}/iapSettings"

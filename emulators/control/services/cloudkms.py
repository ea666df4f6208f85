"""Cloud KMS: keys come with a first version, and neither rings nor keys ever go (cloud.google.com/kms/docs)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from emulators.control.plane import fill, names
from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import failed_precondition, invalid

Json = dict[str, Any]

SERVICE = Service("cloudkms", package="google.cloud.kms.v1")
ALGORITHMS = {"ENCRYPT_DECRYPT": "GOOGLE_SYMMETRIC_ENCRYPTION", "MAC": "HMAC_SHA256"}
DAY = 86400


@SERVICE.check("cryptoKeys")
def check_key(call: Call, new: Json, old: Json | None) -> None:
    """A key has a purpose; only a symmetric one rotates, each day at most, and says when it does next."""
    if not new.get("purpose"):
        raise invalid("crypto_key.purpose", "Missing required field: crypto_key.purpose")
    if period := new.get("rotationPeriod"):
        if float(period.rstrip("s")) < DAY:
            raise invalid("crypto_key.rotation_period", "The rotation period must be at least 24 hours.")
        if new["purpose"] != "ENCRYPT_DECRYPT" or not new.get("nextRotationTime"):
            raise invalid("crypto_key.rotation_period", "A rotation needs ENCRYPT_DECRYPT and nextRotationTime.")
    if not new.get("versionTemplate", {}).get("algorithm") and new["purpose"] not in ALGORITHMS:
        raise invalid("crypto_key.version_template.algorithm", f"{new['purpose']} needs an algorithm.")


@SERVICE.fill("cryptoKeys")
def fill_key(call: Call, key: Json) -> None:
    """The template of versions, and the first of them."""
    template = {"protectionLevel": "SOFTWARE", "algorithm": ALGORITHMS.get(key["purpose"])} | key.get(
        "versionTemplate", {}
    )
    key["versionTemplate"] = template
    key.setdefault("destroyScheduledDuration", f"{30 * DAY}s")
    is_new = call.method.verb == "create"
    if is_new and not call.query.get("skipInitialVersionCreation") and not key.get("importOnly"):
        version = _add_version(call, key)
        if key["purpose"] == "ENCRYPT_DECRYPT":
            key["primary"] = version


@SERVICE.method("cryptoKeyVersions.create")
def create_version(call: Call) -> Json:
    """Another version; the primary one stays."""
    return _add_version(call, call.get(call.name.removesuffix("/cryptoKeyVersions")))


@SERVICE.method("cryptoKeys.updatePrimaryVersion")
def update_primary(call: Call) -> Json:
    """Encrypt with another version from now on."""
    key = call.get(call.name)
    version = call.get(f"{call.name}/cryptoKeyVersions/{call.body.get('cryptoKeyVersionId')}")
    if version["state"] != "ENABLED":
        raise failed_precondition(f"{version['name']} is not enabled, so it cannot be primary.")
    key["primary"] = version
    call.keep(call.name, key)
    return key


@SERVICE.check("cryptoKeyVersions")
def check_version(call: Call, new: Json, old: Json | None) -> None:
    """A patch enables or disables; to destroy and restore have methods of their own."""
    if new["state"] not in ("ENABLED", "DISABLED") or (old or new)["state"] not in ("ENABLED", "DISABLED"):
        raise failed_precondition(f"{new['name']} cannot go from {(old or new)['state']} to {new['state']}.")


@SERVICE.method("cryptoKeyVersions.destroy")
def destroy_version(call: Call) -> Json:
    """Schedule the destruction."""
    version = call.get(call.name)
    if version["state"] not in ("ENABLED", "DISABLED"):
        raise failed_precondition(f"{call.name} is in state {version['state']}.")
    key = call.get(names.parent_of(call.name))
    seconds = float(key["destroyScheduledDuration"].rstrip("s"))
    when = datetime.now(UTC) + timedelta(seconds=seconds)
    return _keep_version(call, version | {"state": "DESTROY_SCHEDULED", "destroyTime": when.isoformat()})


@SERVICE.method("cryptoKeyVersions.restore")
def restore_version(call: Call) -> Json:
    """Take the destruction back; the version is disabled then."""
    version = call.get(call.name)
    if version["state"] != "DESTROY_SCHEDULED":
        raise failed_precondition(f"{call.name} is in state {version['state']}, not DESTROY_SCHEDULED.")
    version.pop("destroyTime")
    return _keep_version(call, version | {"state": "DISABLED"})


def _keep_version(call: Call, version: Json) -> Json:
    """Keep a version, also where its key shows it as the primary one."""
    call.keep(call.name, version)
    key = call.get(names.parent_of(call.name))
    if key.get("primary", {}).get("name") == call.name:
        call.keep(names.parent_of(call.name), key | {"primary": version})
    return version


def _add_version(call: Call, key: Json) -> Json:
    collection = f"{key['name']}/cryptoKeyVersions"
    name = f"{collection}/{len(call.members(collection)) + 1}"
    version: Json = {"state": "ENABLED", **key["versionTemplate"]}
    times = {field: fill.now() for field in ("createTime", "generateTime")}
    version |= {"name": name, **times}
    call.keep(name, version)
    return version

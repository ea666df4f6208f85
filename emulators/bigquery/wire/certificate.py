"""A certificate for the Storage API's own name, which clients trust that read GRPC_DEFAULT_SSL_ROOTS_FILE_PATH."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "bigquerystorage.googleapis.com"
_LIFE = timedelta(days=3650)


def certificate(state: Path) -> tuple[bytes, bytes]:
    """The private key and the certificate, in PEM: made at the first call, the same ever after.

    Beside them lies roots.pem: this certificate, and all that a client trusts without it.
    """
    key, own = state / "storage_api.key", state / "storage_api.pem"
    if not own.exists():
        _make(key, own)
    usual = files("grpc").joinpath("_cython/_credentials/roots.pem").read_bytes()
    (state / "roots.pem").write_bytes(own.read_bytes() + usual)
    return key.read_bytes(), own.read_bytes()


def _make(key: Path, own: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key.touch(0o600)
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, *form))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sluice, on this machine alone")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, hashes.SHA256())
    )
    whole = own.with_suffix(".new")  # a kill leaves none or all of it
    whole.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    whole.replace(own)

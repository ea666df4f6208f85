"""RSA keys in files: made at the first use, the same ever after."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

BITS = 2048


@dataclass(frozen=True)
class Key:
    """A private key and the name by which tokens refer to it: 40 hex digits made from the public key."""

    private: rsa.RSAPrivateKey
    key_id: str

    @property
    def pem(self) -> str:
        """The private key as a service-account key file holds it."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()


def load_or_make(path: Path) -> Key:
    """The key in a file, made if there is none. Processes that race for it end with the same key."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = _key(rsa.generate_private_key(public_exponent=65537, key_size=BITS))
        _write_once(path, made.pem)
    private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise ValueError(f"{path} holds no RSA key; remove it, and a new one is made")
    return _key(private)


def write_private(path: Path, text: str) -> None:
    """Replace a file as a whole, readable by its owner alone."""
    temporary = _write_beside(path, text)
    temporary.replace(path)


def _write_once(path: Path, text: str) -> None:
    temporary = _write_beside(path, text)
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass  # another process was faster, and its key is as good
    finally:
        temporary.unlink()


def _write_beside(path: Path, text: str) -> Path:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return Path(name)


def _key(private: rsa.RSAPrivateKey) -> Key:
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Key(private, hashlib.sha1(public, usedforsecurity=False).hexdigest())

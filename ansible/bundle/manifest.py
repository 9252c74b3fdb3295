"""The signed list of a bundle's files: docs/spec/release-bundle-v1.md, sections 3 and 4."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bundle.target import Target
from kernel.bundle.envelope import sign_with
from kernel.bundle.header import canonical
from kernel.keys import InternationalSuite

FORMAT: Final = "tongban-release/1"
PAYLOAD_TYPE: Final = "application/vnd.tongban.release.v1+json"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
PUBLIC_KEY: Final = "release.pub"
_CHUNK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Release:
    """What the manifest says of the whole; ``created`` is microseconds UTC."""

    name: str
    version: str
    created: int
    target: Target


def write_manifest(folder: Path, release: Release, private: bytes) -> bytes:
    """List every file of ``folder`` in the manifest, sign it, and answer the manifest."""
    suite = InternationalSuite()
    public = suite.signing_public(private)
    (folder / PUBLIC_KEY).write_bytes(public_pem(public))
    manifest = canonical(
        {
            "created": release.created,
            "files": [_entry(folder, path) for path in files_of(folder)],
            "format": FORMAT,
            "name": release.name,
            "suite": suite.name,
            "target": release.target.as_json(),
            "version": release.version,
        }
    )
    (folder / MANIFEST).write_bytes(manifest)
    (folder / SIGNATURE).write_bytes(sign_with(PAYLOAD_TYPE, manifest, suite, private))
    return manifest


def files_of(folder: Path) -> list[Path]:
    """Every file but the manifest and its signature, in the order in which they are listed."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    besides = [folder / MANIFEST, folder / SIGNATURE]
    return sorted(
        (path for path in found if path not in besides),
        key=lambda path: path.relative_to(folder).as_posix(),
    )


def public_pem(public: bytes) -> bytes:
    """An Ed25519 public key as openssl reads it."""
    return Ed25519PublicKey.from_public_bytes(public).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )


def fingerprint(public: bytes) -> str:
    """SHA-256 of the raw public key: what people compare with the delivery sheet."""
    return hashlib.sha256(public).hexdigest()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file of any size."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _entry(folder: Path, path: Path) -> dict[str, object]:
    return {
        "executable": bool(path.stat().st_mode & 0o100),
        "path": path.relative_to(folder).as_posix(),
        "sha256": sha256_of(path),
        "size": path.stat().st_size,
    }

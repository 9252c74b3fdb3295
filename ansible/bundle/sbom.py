"""The bundle's list of parts (SBOM) as CycloneDX 1.6: wheels, Debian packages, fonts, scripts."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from bundle.debian import Package
from bundle.kinds import DISTRIBUTION
from bundle.manifest import sha256_of
from bundle.target import Target
from bundle.wheels import Wheel

FRONT_END: Final = (".otf", ".ttf", ".js", ".css")
"""What browsers and certificates load: it lies within the project's wheels."""


def sbom_text(
    version: str,
    created: int,
    target: Target,
    wheels: Iterable[Wheel],
    packages: Sequence[tuple[Package, str]],
    front_end: Sequence[Path],
    root: Path,
) -> str:
    """The list; ``packages`` with the SHA-256 of their files, ``created`` in microseconds UTC.

    The same parts make the same text: its serial number is derived from them.
    """
    components = [
        *(_wheel(wheel) for wheel in {wheel.name: wheel for wheel in wheels}.values()),
        *(_package(package, sha256, target) for package, sha256 in packages),
        *(_file(path, root) for path in front_end),
    ]
    bom = Bom(components=components, version=1)
    bom.metadata.component = Component(
        name=DISTRIBUTION, version=version, type=ComponentType.APPLICATION, bom_ref=DISTRIBUTION
    )
    bom.metadata.timestamp = datetime.fromtimestamp(created / 1_000_000, UTC)
    parts = "\n".join(sorted(str(component.bom_ref) for component in components))
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, f"{DISTRIBUTION}:{version}\n{parts}")
    bom.register_dependency(bom.metadata.component, components)
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def _wheel(wheel: Wheel) -> Component:
    purl = PackageURL("pypi", None, wheel.name, wheel.version)
    return Component(
        name=wheel.name,
        version=wheel.version,
        type=ComponentType.LIBRARY,
        purl=purl,
        bom_ref=str(purl),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=wheel.sha256)],
    )


def _package(package: Package, sha256: str, target: Target) -> Component:
    purl = PackageURL(
        "deb",
        target.distribution,
        package.name,
        package.version,
        {"arch": package.architecture, "distro": f"{target.distribution}-{target.release}"},
    )
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        purl=purl,
        bom_ref=str(purl),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256)],
    )


def _file(path: Path, root: Path) -> Component:
    name = path.relative_to(root).as_posix()
    return Component(
        name=name,
        type=ComponentType.FILE,
        bom_ref=f"file:{name}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256_of(path))],
    )

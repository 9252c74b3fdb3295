"""Puts a bundle together: gathers, lists, signs, checks it as a target would, and packs it."""

import hashlib
import shutil
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bundle import debian, manifest
from bundle.kinds import DISTRIBUTION, KINDS
from bundle.running import run_tool
from bundle.sbom import FRONT_END, sbom_text
from bundle.target import Target
from bundle.tree import commit_time, files_below, read_setup
from bundle.wheelhouse import lay_out
from bundle.wheels import download
from kernel.keys import InternationalSuite

BUILDERS: Final = "ansible/bundle/"
"""Stays with those who build bundles."""
VERIFIER: Final = "ansible/verify.py"
TRAVELS_TOO: Final = ("docs/manual", "docs/man", "LICENSE")
_DELIVERY_SHEET: Final = """\
不动产登记“全豫通办”三网一体机 离线安装包交付单

版本           {version}（{target}）
安装包         {tar}
安装包 SHA-256 {tar_sha256}
校验程序 verify.py SHA-256
               {verifier_sha256}
发布公钥指纹   {fingerprint}
签名密钥       {signer}

本交付单须与安装包分开送达（当面、挂号或电话核对）。三个摘要须逐字核对一致，方可使用安装包。
"""


@dataclass(frozen=True, slots=True)
class Built:
    """What came out."""

    folder: Path
    tar: Path
    sheet: Path
    version: str
    fingerprint: str
    files: int


def build(
    root: Path, work: Path, target: Target, private: bytes, signer: str, say: Callable[[str], None]
) -> Built:
    """Build the bundle of the tree at ``root`` below ``work``; downloads are kept there.

    Raises :class:`kernel.errors.TongbanError`; what was built before stays until the new one is
    whole.
    """
    version = read_setup(root)["metadata"]["version"]
    created = commit_time(root) * 1_000_000
    name = f"{DISTRIBUTION}-{version}"
    part = work / f".{name}-{target.label}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    say("Python 软件包")
    locked = download(root, target, work / "wheels")
    used = [
        wheel
        for kind in KINDS
        for wheel in lay_out(
            root, kind, locked, target, work / "project", part / "wheels" / kind.name
        )
    ]
    say("Debian 软件包")
    packages = debian.gather(
        root / "ansible" / "packages", target, work / "debian", part / "debian"
    )
    say("角色、剧本与手册")
    _copy_project(root, part)
    say("物料清单与签名")
    hashed = [
        (package, manifest.sha256_of(part / "debian" / package.file_name)) for package in packages
    ]
    front_end = [
        root / name
        for kind in KINDS
        for name in files_below(root, *kind.packages)
        if name.endswith(FRONT_END)
    ]
    (part / "sbom.json").write_text(
        sbom_text(version, created, target, used, hashed, sorted(set(front_end)), root), "utf-8"
    )
    release = manifest.Release(DISTRIBUTION, version, created, target)
    _set_modes(part)
    listed = manifest.write_manifest(part, release, private)
    _set_modes(part)
    fingerprint = manifest.fingerprint(InternationalSuite().signing_public(private))
    say("按目标机的方式校验")
    run_tool([sys.executable, str(part / "verify.py"), "--fingerprint", fingerprint])
    folder = work / name
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    tar = work / f"{name}-{target.label}.tar"
    say("打包")
    _pack(folder, tar, hashlib.sha256(listed).hexdigest(), created // 1_000_000)
    sheet = tar.with_suffix(".sheet.txt")
    sheet.write_text(
        _DELIVERY_SHEET.format(
            version=version,
            target=target.label,
            tar=tar.name,
            tar_sha256=manifest.sha256_of(tar),
            verifier_sha256=manifest.sha256_of(folder / "verify.py"),
            fingerprint=fingerprint,
            signer=signer,
        ),
        "utf-8",
    )
    return Built(folder, tar, sheet, version, fingerprint, len(manifest.files_of(folder)))


def _copy_project(root: Path, folder: Path) -> None:
    """Roles and playbooks as ``ansible/``, manuals as ``docs/``, the verifier at the top."""
    for name in files_below(root, "ansible", *TRAVELS_TOO):
        if name.startswith(BUILDERS):
            continue
        target = folder / ("verify.py" if name == VERIFIER else name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, target)


def _set_modes(folder: Path) -> None:
    """Two kinds of files: those that run, and those that do not."""
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
        else:
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _pack(folder: Path, tar: Path, digest: str, seconds: int) -> None:
    """One file of the folder, the same bytes for the same content; nothing when it is there."""
    stamp = tar.with_suffix(".of")
    if tar.exists() and stamp.exists() and stamp.read_text("ascii") == digest:
        return

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        member.mtime = seconds
        return member

    stamp.unlink(missing_ok=True)
    part = tar.with_suffix(".part")
    with tarfile.open(part, "w", format=tarfile.PAX_FORMAT) as archive:
        archive.add(folder, folder.name, recursive=False, filter=plain)
        for path in sorted(folder.rglob("*")):
            archive.add(
                path, f"{folder.name}/{path.relative_to(folder)}", recursive=False, filter=plain
            )
    part.rename(tar)
    stamp.write_text(digest, "ascii")

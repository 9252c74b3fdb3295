#!/usr/bin/python3
"""Checks an unpacked offline bundle (离线安装包) before anything of it is used.

docs/spec/release-bundle-v1.md, section 5, has the steps whose numbers are cited below. It stands
alone, because it runs where nothing is installed yet: Python 3.11 and the openssl command of a
minimal Debian 12 are all it needs.

Exit codes: 0 the bundle is whole and ours; 2 wrong usage; 4 refused; 5 a tool or the disc fails.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

EXIT_REJECTED: Final = 4
EXIT_UNAVAILABLE: Final = 5
FORMAT: Final = "tongban-release/1"
PAYLOAD_TYPE: Final = "application/vnd.tongban.release.v1+json"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
PUBLIC_KEY: Final = "release.pub"
MAX_MANIFEST_BYTES: Final = 16 * 1024 * 1024
MAX_SIGNATURE_BYTES: Final = 1024
MAX_FILES: Final = 50_000
MAX_FILE_BYTES: Final = 8 * 1024**3
_CHUNK: Final = 1024 * 1024
_PATH: Final = re.compile(r"[A-Za-z0-9_.+~@-]+(/[A-Za-z0-9_.+~@-]+)*")
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_FIELDS: Final = {"created", "files", "format", "name", "suite", "target", "version"}
_ENTRY_FIELDS: Final = {"executable", "path", "sha256", "size"}
_TARGET_FIELDS: Final = {"architecture", "distribution", "python", "release"}
# RFC 8410: what stands before the 32 bytes of an Ed25519 public key in its DER form.
_ED25519_DER: Final = bytes.fromhex("302a300506032b6570032100")
_SPECIAL_BITS: Final = stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX | stat.S_IWGRP | stat.S_IWOTH
_MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}


class BundleError(Exception):
    """Why the bundle must not be used; ``code`` is stable."""

    def __init__(self, code: str, message: str, exit_code: int = EXIT_REJECTED) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Entry:
    """One listed file."""

    size: int
    sha256: str
    executable: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """What the manifest says."""

    name: str
    version: str
    target: dict[str, str]
    files: dict[str, Entry]


def verify(folder: Path, public: bytes, only: tuple[str, ...] = ()) -> Listed:
    """The manifest, when ``folder`` is exactly what the Ed25519 key ``public`` signed.

    With ``only`` the folder is a part: the files below these folders must be there, files at the
    top may be, and there are no others.
    """
    # Step 1: manifest and signature are plain files of bounded size.
    manifest = _read(folder / MANIFEST, MAX_MANIFEST_BYTES)
    document = _read(folder / SIGNATURE, MAX_SIGNATURE_BYTES)
    # Step 3: it signed the manifest's bytes; nothing of them was parsed until here.
    _check_signature(manifest, document, public)
    # Step 4: the manifest obeys its format.
    listed = _parse(manifest)
    # Step 5: the folder holds the listed files and nothing else, none of them a link or device.
    for name in _check_names(folder, listed, only):
        # Step 6: every file has the listed size, digest and mode.
        _check_file(folder, name, listed.files[name])
    return listed


def key_of_fingerprint(folder: Path, fingerprint: str) -> bytes:
    """Step 2: the bundle's own key, when it is the one whose fingerprint came on another way."""
    public = read_key(folder / PUBLIC_KEY)
    if hashlib.sha256(public).hexdigest() != "".join(fingerprint.split()).lower():
        raise BundleError(
            "release_key_wrong", "安装包不是由指定的发布密钥签名（公钥指纹与给出的不一致）"
        )
    return public


def read_key(path: Path) -> bytes:
    """The 32 bytes of the Ed25519 public key in a PEM file."""
    pem = _read(path, MAX_SIGNATURE_BYTES)
    body = "".join(pem.decode("ascii", "replace").split("\n")[1:-2])
    try:
        der = base64.b64decode(body, validate=True)
    except ValueError:
        der = b""
    whole = f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n".encode()
    if pem != whole or len(der) != len(_ED25519_DER) + 32 or not der.startswith(_ED25519_DER):
        raise BundleError("release_malformed", f"{path.name} 不是 Ed25519 公钥")
    return der[len(_ED25519_DER) :]


def check_machine(target: dict[str, str]) -> None:
    """Step 7: the bundle is made for this machine."""
    known = _os_release()
    here = (known.get("ID"), known.get("VERSION_ID"), os.uname().machine)
    machine = _MACHINES.get(target["architecture"], target["architecture"])
    if here != (target["distribution"], target["release"], machine):
        raise BundleError(
            "release_target",
            f"安装包用于 {target['distribution']} {target['release']}（{machine}），"
            f"本机是 {here[0]} {here[1]}（{here[2]}）",
        )


def _read(path: Path, limit: int) -> bytes:
    gone = BundleError("release_incomplete", f"找不到 {path.name}，或它不是普通文件")
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise gone from None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise gone
        content = file.read(limit + 1)
    if len(content) > limit:
        raise BundleError("release_malformed", f"{path.name} 过大")
    return content


def _check_signature(manifest: bytes, document: bytes, public: bytes) -> None:
    wrong = BundleError("release_signature", "清单的签名不正确，清单可能被改动或伪造")
    try:
        found = json.loads(document)
        signature = base64.b64decode(found["sig"], validate=True)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise wrong from None
    whole = {
        "keyid": hashlib.sha256(public).hexdigest()[:16],
        "sig": base64.b64encode(signature).decode(),
        "suite": "international",
    }
    if _canonical(whole) != document:
        raise wrong
    # DSSE's pre-authentication encoding: a signature for something else never passes here.
    kind = PAYLOAD_TYPE.encode()
    encoding = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(manifest), manifest)
    if not _openssl_verifies(public, encoding, signature):
        raise wrong


def _openssl_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    with tempfile.TemporaryDirectory(prefix="tongban-verify-") as name:
        folder = Path(name)
        (folder / "key").write_bytes(_ED25519_DER + public)
        (folder / "message").write_bytes(message)
        (folder / "signature").write_bytes(signature)
        command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER"]
        command += ["-inkey", "key", "-in", "message", "-sigfile", "signature"]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        except OSError:
            raise BundleError(
                "release_tool", "本机没有 openssl 命令，无法验签", EXIT_UNAVAILABLE
            ) from None
    # An openssl that cannot do it must not pass for one that says no, nor the other way round.
    if done.returncode == 0 and "Signature Verified Successfully" in done.stdout:
        return True
    if "Signature Verification Failure" in done.stdout + done.stderr:
        return False
    raise BundleError(
        "release_tool", f"openssl 无法验签：{done.stderr.strip()[:200]}", EXIT_UNAVAILABLE
    )


def _canonical(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _parse(manifest: bytes) -> Listed:
    malformed = BundleError("release_malformed", "清单不符合规范")
    try:
        found = json.loads(manifest)
        is_canonical = _canonical(found) == manifest
    except (ValueError, RecursionError):
        raise malformed from None
    if not is_canonical or not isinstance(found, dict) or set(found) != _FIELDS:
        raise malformed
    if found["format"] != FORMAT or found["suite"] != "international":
        raise BundleError("release_malformed", "清单的格式版本不是本程序所知道的")
    target, files = found["target"], found["files"]
    if not isinstance(target, dict) or set(target) != _TARGET_FIELDS:
        raise malformed
    texts = (found["name"], found["version"], *target.values())
    if type(found["created"]) is not int or not all(isinstance(text, str) for text in texts):
        raise malformed
    if not isinstance(files, list) or not 1 <= len(files) <= MAX_FILES:
        raise malformed
    if not all(_is_entry(entry) for entry in files):
        raise malformed
    names = [entry["path"] for entry in files]
    if names != sorted(set(names)) or {MANIFEST, SIGNATURE} & set(names):
        raise malformed
    entries = {
        entry["path"]: Entry(entry["size"], entry["sha256"], entry["executable"]) for entry in files
    }
    return Listed(found["name"], found["version"], target, entries)


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and set(entry) == _ENTRY_FIELDS
        and isinstance(entry["path"], str)
        and _PATH.fullmatch(entry["path"]) is not None
        and not {".", ".."} & set(entry["path"].split("/"))
        and isinstance(entry["sha256"], str)
        and _HEX.fullmatch(entry["sha256"]) is not None
        and type(entry["size"]) is int
        and 0 <= entry["size"] <= MAX_FILE_BYTES
        and type(entry["executable"]) is bool
    )


def _check_names(folder: Path, listed: Listed, only: tuple[str, ...]) -> list[str]:
    """The listed files that are there; refuses when one lacks, or when there is another."""
    prefixes = tuple(f"{part.strip('/')}/" for part in only)
    optional = {MANIFEST, SIGNATURE}
    required = set(listed.files)
    if prefixes:
        optional |= {name for name in required if "/" not in name}
        required = {name for name in required if name.startswith(prefixes)}
    for prefix in prefixes:
        if not any(name.startswith(prefix) for name in required):
            raise BundleError("release_file_missing", f"安装包中没有 {prefix}")
    found = set(_walk(folder, folder))
    for name in sorted(found - required - optional):
        raise BundleError("release_file_extra", f"多出清单中没有的文件 {name[:200]!r}")
    for name in sorted(required - found):
        raise BundleError("release_file_missing", f"缺少文件 {name}")
    return sorted(found - {MANIFEST, SIGNATURE})


def _walk(folder: Path, top: Path) -> Iterator[str]:
    """Names of the files below ``top``; anything that is neither file nor filled folder refuses."""
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    if not listed and folder != top:
        name = folder.relative_to(top).as_posix()
        raise BundleError("release_file_extra", f"多出清单中没有的目录 {name[:200]!r}")
    for entry in listed:
        path = Path(entry.path)
        name = path.relative_to(top).as_posix()
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            yield from _walk(path, top)
        elif not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            raise BundleError("release_file_kind", f"{name[:200]!r} 是链接或特殊文件，不是普通文件")
        else:
            yield name


def _check_file(folder: Path, name: str, entry: Entry) -> None:
    changed = BundleError("release_file_changed", f"文件 {name} 与清单不符，已被改动或损坏")
    digest, size = hashlib.sha256(), 0
    handle = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        mode = os.fstat(handle).st_mode
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            if size > MAX_FILE_BYTES:
                raise changed
    if (size, digest.hexdigest()) != (entry.size, entry.sha256):
        raise changed
    if mode & _SPECIAL_BITS or bool(mode & stat.S_IXUSR) != entry.executable:
        raise BundleError("release_file_mode", f"文件 {name} 的权限与清单不符，或他人可写")


def _os_release() -> dict[str, str]:
    lines = Path("/etc/os-release").read_text("utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name: value.strip("\"'") for name, _, value in pairs}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify.py",
        description="校验离线安装包：签名、文件是否齐全、是否被改动；不改动任何东西",
    )
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(__file__).absolute().parent,
        help="解开的安装包目录，默认为本程序所在目录",
    )
    signer = parser.add_mutually_exclusive_group(required=True)
    signer.add_argument("--fingerprint", help="发布公钥的指纹（64 位十六进制），见交付单")
    signer.add_argument("--key", type=Path, help="本机已有的发布公钥文件（PEM）")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="目录",
        help="只有这些子目录被复制到本机时，只核对它们和顶层文件；可重复",
    )
    parser.add_argument(
        "--this-machine", action="store_true", help="同时核对安装包适用于本机的发行版和处理器"
    )
    parser.add_argument("--json", action="store_true", help="以 JSON 输出结果")
    return parser


def _refuse(error: BundleError, *, as_json: bool) -> NoReturn:
    if as_json:
        answer = {"error": error.code, "message": error.message, "detail": {}}
        print(json.dumps(answer, ensure_ascii=False))  # noqa: T201 - a command line
    else:
        print(f"错误 [{error.code}] {error.message}", file=sys.stderr)  # noqa: T201 - as above
    sys.exit(error.exit_code)


def main() -> None:
    """Verify as the arguments say; the exit code is the answer."""
    arguments = _parser().parse_args()
    try:
        if arguments.key is None:
            public = key_of_fingerprint(arguments.folder, arguments.fingerprint)
        else:
            public = read_key(arguments.key)
        listed = verify(arguments.folder, public, tuple(arguments.only))
        if arguments.this_machine:
            check_machine(listed.target)
    except BundleError as error:
        _refuse(error, as_json=arguments.json)
    except OSError as error:
        failed = BundleError("release_unreadable", f"无法读取安装包：{error}", EXIT_UNAVAILABLE)
        _refuse(failed, as_json=arguments.json)
    count = len(listed.files)
    answer = {"version": listed.version, "target": listed.target, "files": count}
    text = f"安装包完好：{listed.name} {listed.version}，清单 {count} 个文件，签名和内容均正确"
    print(json.dumps(answer, ensure_ascii=False) if arguments.json else text)  # noqa: T201 - as above


if __name__ == "__main__":
    main()

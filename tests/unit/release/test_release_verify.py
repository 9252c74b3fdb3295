"""The verifier takes a bundle only as it was signed: docs/spec/release-bundle-v1.md, section 5."""

import json
import os
import platform
import re
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bundle.manifest import fingerprint
from hypothesis import given
from hypothesis import strategies as st

from kernel.bundle.envelope import sign_with
from kernel.bundle.header import canonical
from kernel.keys import InternationalSuite

ROOT = Path(__file__).parents[3]
SPEC = (ROOT / "docs/spec/release-bundle-v1.md").read_text("utf-8")
DEB = "debian/nginx_1.22.1_amd64.deb"


def code_of(done: subprocess.CompletedProcess[str]) -> str:
    answer = json.loads(done.stdout)
    assert re.search(r"[\u4e00-\u9fff]", answer["message"])
    assert f"`{answer['error']}`" in SPEC
    return str(answer["error"])


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.lstat().st_mtime_ns, path.lstat().st_mode) for path in folder.rglob("*")
    }


def test_a_whole_bundle_is_taken_and_nothing_is_touched(small: Any) -> None:
    before = snapshot(small.folder)
    done = small.check()
    assert (done.returncode, json.loads(done.stdout)["files"]) == (0, 9)
    assert snapshot(small.folder) == before


def test_it_runs_from_within_the_bundle_and_speaks_chinese(small: Any) -> None:
    done = subprocess.run(
        ["/usr/bin/python3", "-I", small.folder / "verify.py", "--fingerprint", small.fingerprint],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "安装包完好" in done.stdout


def test_a_fingerprint_may_be_typed_in_groups_and_capitals(small: Any) -> None:
    typed = " ".join(re.findall("....", small.fingerprint)).upper()
    assert small.verify("--fingerprint", typed).returncode == 0


def test_the_key_kept_from_an_earlier_release_serves_too(small: Any, tmp_path: Path) -> None:
    shutil.copyfile(small.folder / "release.pub", tmp_path / "release.pub")
    (small.folder / "release.pub").write_bytes((tmp_path / "release.pub").read_bytes())
    assert small.verify("--key", str(tmp_path / "release.pub")).returncode == 0


def append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def replace_by_link(path: Path) -> None:
    kept = path.parent.parent.parent / "elsewhere"
    shutil.move(path, kept)
    path.symlink_to(kept)


def replace_folder_by_link(path: Path) -> None:
    kept = path.parent.parent.parent / "elsewhere"
    shutil.move(path.parent, kept)
    path.parent.symlink_to(kept)


def replace_by_socket(path: Path) -> None:
    path.unlink()
    folder = os.open(path.parent, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as listener:
        # A socket's address has 108 bytes; the folder's own path may be longer.
        listener.bind(f"/proc/self/fd/{folder}/{path.name}")
    os.close(folder)


DEFECTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a byte more in a package": (lambda top: append(top / DEB), "release_file_changed"),
    "a file that was empty": (
        lambda top: append(top / "debian/empty_1_all.deb"),
        "release_file_changed",
    ),
    "a changed playbook": (
        lambda top: append(top / "ansible/playbooks/site.yml"),
        "release_file_changed",
    ),
    "a changed verifier": (lambda top: append(top / "verify.py"), "release_file_changed"),
    "a missing file": (lambda top: (top / DEB).unlink(), "release_file_missing"),
    "a missing folder": (lambda top: shutil.rmtree(top / "wheels"), "release_file_missing"),
    "a file more": (lambda top: (top / "debian/evil.deb").touch(), "release_file_extra"),
    "a hidden file more": (lambda top: (top / ".pth").touch(), "release_file_extra"),
    "an empty folder more": (lambda top: (top / "roles").mkdir(), "release_file_extra"),
    "a name of bytes": (lambda top: (top / "bad\udcff").touch(), "release_file_extra"),
    "a link for a file": (lambda top: replace_by_link(top / DEB), "release_file_kind"),
    "a link for a folder": (lambda top: replace_folder_by_link(top / DEB), "release_file_kind"),
    "a hard link": (
        lambda top: (top.parent / "other").hardlink_to(top / DEB),
        "release_file_kind",
    ),
    "a socket": (lambda top: replace_by_socket(top / DEB), "release_file_kind"),
    "a file others may write": (lambda top: (top / DEB).chmod(0o646), "release_file_mode"),
    "a file that runs as root": (
        lambda top: (top / "verify.py").chmod(0o4755),
        "release_file_mode",
    ),
    "a text that may be run": (lambda top: (top / "LICENSE").chmod(0o755), "release_file_mode"),
    "no manifest": (lambda top: (top / "manifest.json").unlink(), "release_incomplete"),
    "no signature": (lambda top: (top / "manifest.sig").unlink(), "release_incomplete"),
    "no key": (lambda top: (top / "release.pub").unlink(), "release_incomplete"),
    "a link for the manifest": (
        lambda top: replace_by_link(top / "manifest.json"),
        "release_incomplete",
    ),
    "a byte more in the manifest": (lambda top: append(top / "manifest.json"), "release_signature"),
    "a byte more in the signature": (lambda top: append(top / "manifest.sig"), "release_signature"),
    "nested nonsense for a signature": (
        lambda top: (top / "manifest.sig").write_bytes(b"[" * 1024),
        "release_signature",
    ),
    "a huge signature": (
        lambda top: (top / "manifest.sig").write_bytes(b"0" * 2000),
        "release_malformed",
    ),
    "a byte more in the key": (lambda top: append(top / "release.pub"), "release_malformed"),
}


@pytest.mark.parametrize(("spoil", "code"), DEFECTS.values(), ids=DEFECTS)
def test_a_bundle_with_one_defect_is_refused(
    small: Any, spoil: Callable[[Path], object], code: str
) -> None:
    spoil(small.folder)
    done = small.check()
    assert (code_of(done), done.returncode) == (code, 4)


def test_another_signer_is_refused(small: Any) -> None:
    small.sign(InternationalSuite().new_signing_key())
    done = small.check()
    assert (code_of(done), done.returncode) == ("release_key_wrong", 4)


def test_another_signer_who_keeps_our_key_in_the_bundle_is_refused(small: Any) -> None:
    ours = (small.folder / "release.pub").read_bytes()
    small.sign(InternationalSuite().new_signing_key())
    (small.folder / "release.pub").write_bytes(ours)
    assert code_of(small.check()) == "release_signature"


def test_a_signature_for_something_else_does_not_pass(small: Any, private: bytes) -> None:
    manifest = (small.folder / "manifest.json").read_bytes()
    beacon = "application/vnd.tongban.beacon.v1+json"
    signed = sign_with(beacon, manifest, InternationalSuite(), private)
    (small.folder / "manifest.sig").write_bytes(signed)
    assert code_of(small.check()) == "release_signature"


MALFORMED: dict[str, Callable[[dict[str, Any]], object]] = {
    "another format": lambda top: top.update(format="tongban-release/2"),
    "a field more": lambda top: top.update(more=1),
    "a field less": lambda top: top.pop("version"),
    "no files": lambda top: top.update(files=[]),
    "a file twice": lambda top: top["files"].insert(0, top["files"][0]),
    "files out of order": lambda top: top["files"].reverse(),
    "a path upwards": lambda top: top["files"][0].update(path="../LICENSE"),
    "an absolute path": lambda top: top["files"][0].update(path="/LICENSE"),
    "a path with a line end": lambda top: top["files"][0].update(path="LICENSE\n"),
    "a size that is text": lambda top: top["files"][0].update(size="8"),
    "a size below nothing": lambda top: top["files"][0].update(size=-1),
    "a truth for a size": lambda top: top["files"][0].update(size=True),
    "a short digest": lambda top: top["files"][0].update(sha256="00"),
    "the manifest itself": lambda top: top["files"].append(
        {**top["files"][0], "path": "manifest.json"}
    ),
    "a target without Python": lambda top: top["target"].pop("python"),
}


@pytest.mark.parametrize("spoil", MALFORMED.values(), ids=MALFORMED)
def test_a_signed_manifest_that_breaks_its_format_is_refused(
    small: Any, private: bytes, spoil: Callable[[dict[str, Any]], object]
) -> None:
    manifest = json.loads((small.folder / "manifest.json").read_bytes())
    spoil(manifest)
    rewrite(small.folder, canonical(manifest), private)
    done = small.check()
    assert (code_of(done), done.returncode) == ("release_malformed", 4)


def test_a_signed_manifest_that_is_not_canonical_is_refused(small: Any, private: bytes) -> None:
    manifest = json.loads((small.folder / "manifest.json").read_bytes())
    rewrite(small.folder, json.dumps(manifest, indent=1).encode(), private)
    assert code_of(small.check()) == "release_malformed"


def rewrite(folder: Path, manifest: bytes, private: bytes) -> None:
    (folder / "manifest.json").write_bytes(manifest)
    kind = "application/vnd.tongban.release.v1+json"
    signature = sign_with(kind, manifest, InternationalSuite(), private)
    (folder / "manifest.sig").write_bytes(signature)


def test_a_part_is_checked_as_a_part(small: Any) -> None:
    shutil.rmtree(small.folder / "wheels" / "extranet")
    shutil.rmtree(small.folder / "ansible")
    (small.folder / "LICENSE").unlink()
    assert code_of(small.check()) == "release_file_missing"
    only = ("--only", "debian", "--only", "wheels/internet")
    assert small.check(*only).returncode == 0
    append(small.folder / DEB)
    assert code_of(small.check(*only)) == "release_file_changed"


def test_a_part_holds_nothing_of_another_hosts_programs(small: Any) -> None:
    done = small.check("--only", "debian", "--only", "wheels/internet")
    assert code_of(done) == "release_file_extra"


def test_a_bundle_for_another_processor_is_refused(small: Any, private: bytes) -> None:
    manifest = json.loads((small.folder / "manifest.json").read_bytes())
    other = {"x86_64": "arm64", "aarch64": "amd64"}[platform.machine()]
    manifest["target"]["architecture"] = other
    rewrite(small.folder, canonical(manifest), private)
    assert small.check().returncode == 0
    assert code_of(small.check("--this-machine")) == "release_target"


def test_without_openssl_it_says_so_and_takes_nothing(small: Any, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *("/usr/bin/python3", "-I", small.folder / "verify.py", "--json"),
            *("--fingerprint", small.fingerprint),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(tmp_path)},
    )
    assert (code_of(done), done.returncode) == ("release_tool", 5)


@given(data=st.data())
def test_any_changed_byte_anywhere_is_refused(signed: Any, verifier: Any, data: Any) -> None:
    public = verifier.read_key(signed.folder / "release.pub")
    files = sorted(
        path for path in signed.folder.rglob("*") if path.is_file() and path.stat().st_size
    )
    path = data.draw(st.sampled_from(files))
    before = path.read_bytes()
    place = data.draw(st.integers(0, len(before) - 1))
    bit = data.draw(st.integers(0, 7))
    spoilt = bytearray(before)
    spoilt[place] ^= 1 << bit
    path.write_bytes(spoilt)
    try:
        with pytest.raises(verifier.BundleError):
            verifier.verify(signed.folder, public)
    finally:
        path.write_bytes(before)
    verifier.verify(signed.folder, public)


def test_the_fingerprint_is_the_digest_of_the_raw_key(private: bytes, signed: Any) -> None:
    assert signed.fingerprint == fingerprint(InternationalSuite().signing_public(private))
    assert len(signed.fingerprint) == 64

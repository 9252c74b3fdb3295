"""Making keys: ``python -m kernel.keys COMMAND``, run once by an administrator of each zone."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from kernel.keys import (
    Purpose,
    TrustedKey,
    TrustStore,
    entry_text,
    generate,
    generate_signer,
    generate_station,
)
from kernel.keys.documents import make_signer, renew_signer, revoke_signer
from kernel.keys.rotation import prepare_next, switch_to_next
from kernel.keys.tls import issue_client, issue_server, make_ca
from kernel.program.cli import emit, json_option, run
from kernel.vocabulary.zones import Zone

PROGRAM = "kernel.keys"
_ZONES = click.Choice([zone.value for zone in Zone])


@click.group(help="密钥与证书的生成；已有的文件从不覆盖")
def main() -> None:
    """The group."""


@main.command("zone", help="生成一个网的私钥，并输出其公钥条目（供各网的信任文件使用）")
@click.argument("zone", type=_ZONES)
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
def make_zone(zone: str, folder: Path, *, as_json: bool) -> None:
    """Private keys go into the folder, public entries beside them and to standard output."""
    keys = generate(Zone(zone), folder)
    public = [keys.public(purpose) for purpose in keys.purposes()]
    text = "\n".join(entry_text(key) for key in public)
    (folder / "public.toml").write_text(text, "utf-8")
    emit(as_json, [{"purpose": key.purpose.value, "keyid": key.keyid} for key in public], text)


@main.command("next", help="准备下一把封装密钥，并输出其公钥条目；已经准备好的不再生成")
@click.argument("zone", type=_ZONES)
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@json_option
def make_next(zone: str, folder: Path, *, as_json: bool) -> None:
    """The folder is the zone's key folder; the next handover names the new key too."""
    public = prepare_next(Zone(zone), folder)
    emit(as_json, {"purpose": public.purpose.value, "keyid": public.keyid}, entry_text(public))


@main.command("switch", help="启用准备好的封装密钥；信任文件里还没有它就不启用")
@click.argument("zone", type=_ZONES)
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.option("--trust", type=click.Path(path_type=Path), required=True, help="本机的信任文件")
@json_option
def switch(zone: str, folder: Path, trust: Path, *, as_json: bool) -> None:
    """The zone's programs must be started again afterwards."""
    public = switch_to_next(Zone(zone), folder, TrustStore.load(trust), datetime.now(UTC))
    told = {"purpose": public.purpose.value, "keyid": public.keyid}
    emit(as_json, told, f"已启用封装密钥 {public.keyid}，请重启本网程序")


@main.command("station", help="生成摆渡写盘站的私钥，并输出其公钥条目；只能签介质清单")
@click.argument("zone", type=_ZONES)
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def make_station(zone: str, file: Path, *, as_json: bool) -> None:
    """The private key goes into the file, the public entry beside it and to standard output."""
    _emit_signer(generate_station(Zone(zone), file), file, as_json=as_json)


@main.command("calendar", help="生成工作日历的签名私钥，并输出其公钥条目；只能签工作日历")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def make_calendar(file: Path, *, as_json: bool) -> None:
    """The private key goes into the file, the public entry beside it and to standard output."""
    _emit_signer(generate_signer(Zone.EXTRANET, Purpose.CALENDAR, file), file, as_json=as_json)


@main.command("tls", help="生成上联的证书颁发者、服务端证书（互联网）和客户端证书（外网）")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--host", "hosts", multiple=True, required=True, help="服务端的主机名或地址")
@json_option
def make_tls(folder: Path, hosts: tuple[str, ...], *, as_json: bool) -> None:
    """The uplink trusts this authority alone."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    authority = make_ca("tongban uplink", now)
    authority.write(folder / "ca.crt", folder / "ca.key")
    issue_server(authority, hosts, now).write(folder / "server.crt", folder / "server.key")
    client = issue_client(authority, "extranet", now)
    client.write(folder / "client.crt", folder / "client.key")
    found = {"client_sha256": certificate_sha256(client.certificate)}
    emit(as_json, found, f"外网客户端证书的 SHA-256：{found['client_sha256']}")


def _emit_signer(public: TrustedKey, file: Path, *, as_json: bool) -> None:
    text = entry_text(public)
    file.with_suffix(".public.toml").write_text(text, "utf-8")
    emit(as_json, {"purpose": public.purpose.value, "keyid": public.keyid}, text)


@main.group("documents", help="电子证照 PDF 的签名证书：生成、更换、吊销")
def documents() -> None:
    """The authority of signed documents, :mod:`kernel.keys.documents`."""


@documents.command("make", help="生成根证书和第一张签名证书")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="登记机构名称，PDF 阅读器显示为签名者")
@json_option
def make_documents(folder: Path, name: str, *, as_json: bool) -> None:
    """Into the folder of the extranet's keys; existing files are never overwritten."""
    serial = make_signer(folder, name, datetime.now(UTC)).serial
    emit(as_json, {"serial": serial}, f"签名证书序列号：{serial}")


@documents.command("renew", help="更换签名证书；旧证书签过的文件仍然有效")
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
def renew_documents(folder: Path, *, as_json: bool) -> None:
    """The worker and the web processes read it when they start again."""
    serial = renew_signer(folder, datetime.now(UTC)).serial
    emit(as_json, {"serial": serial}, f"新签名证书序列号：{serial}；请重新启动登记平台")


@documents.command("revoke", help="吊销一张签名证书；它签过的文件全部不再有效，须重新缮证")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("serial")
@json_option
def revoke_documents(folder: Path, serial: str, *, as_json: bool) -> None:
    """The list lies in ``document-ca.crl``, to be given to whoever checks."""
    revoke_signer(folder, serial.lower(), datetime.now(UTC))
    path = folder / "document-ca.crl"
    emit(as_json, {"revoked": serial, "list": str(path)}, f"已吊销；吊销列表：{path}")


def certificate_sha256(pem: bytes) -> str:
    """SHA-256 of a certificate's DER form, as the uplink's settings name it."""
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    return hashlib.sha256(der).hexdigest()


if __name__ == "__main__":
    run(main, PROGRAM)

"""Claims about what is refused before a host is touched: a changed bundle, a wrong inventory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from appliance.hosts.host import Host
from appliance.hosts.trio import Trio

pytestmark = [pytest.mark.long, pytest.mark.root]

CHANGED = (
    # A file of the bundle, the first of those that match; and what its change is called.
    ("wheels/intranet/*.whl", "release_file_changed"),
    ("debian/Packages", "release_file_changed"),
    ("ansible/roles/base/templates/sysctl.conf.j2", "release_file_changed"),
    ("manifest.json", "release_signature"),
)
WRONG = (
    # A value of a view as it is written, a wrong one in its place, and what that is called.
    ("extranet", '"gate__link_peer_mac": "02:', '"gate__link_peer_mac": "2:', "inventory_value"),
    ("internet", '"backup__recipient": "age1', '"backup__recipient": "age2', "inventory_value"),
    ("intranet", '"chrony__servers"', '"chrony__server"', "inventory_unknown"),
)


@contextmanager
def changed(path: Path, content: bytes) -> Iterator[None]:
    """The file with other content; as it was afterwards."""
    before = path.read_bytes()
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(before)


def state_of(host: Host) -> str:
    """A digest that any change of the host's system, programs or settings changes."""
    listed = "/etc /opt /usr /var/lib/dpkg /var/lib/tongban-bundle"
    return host.sudo(f"find {listed} -xdev -printf '%p %m %s %T@ %C@\\n' | sort | sha256sum")


@pytest.mark.parametrize(("pattern", "code"), CHANGED)
def test_one_changed_byte_is_refused_before_anything_is_touched(
    trio: Trio, pattern: str, code: str
) -> None:
    host = trio.hosts["intranet"]
    before = state_of(host)
    path = min(trio.bundle.folder.glob(pattern))
    content = path.read_bytes()
    with changed(path, content[:-1] + bytes([content[-1] ^ 1])):
        result, said = trio.controller("intranet").attempt("site", name="changed-bundle")
    assert result != 0
    assert code in said
    assert "changed=0 " in said
    assert state_of(host) == before


@pytest.mark.parametrize(("zone", "right", "wrong", "code"), WRONG)
def test_wrong_value_is_refused_with_its_line_before_anything_is_touched(
    trio: Trio, zone: str, right: str, wrong: str, code: str
) -> None:
    host = trio.hosts[zone]
    before = state_of(host)
    inventory = trio.views.inventory(zone)
    text = inventory.read_text("utf-8")
    line = text[: text.index(right)].count("\n") + 1
    with changed(inventory, text.replace(right, wrong, 1).encode()):
        result, said = trio.controller(zone).attempt("site", name="wrong-inventory")
    assert result != 0
    assert f"{inventory}:{line}: [{code}]" in said
    assert "changed=0 " in said
    assert state_of(host) == before

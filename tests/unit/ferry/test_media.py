"""What lies in a drive is recognised, and refused with the reason when it will not do."""

import pytest

from ferry.drives import Found, recognised, require_suitable
from ferry.repair.layout import SECTOR
from ferry.settings import Kind
from kernel.errors import RefusedError

DVD = 2_295_104 * SECTOR


def lies(kind: Kind, state: str, capacity: int, words: str) -> Found:
    """A medium in the drive."""
    blank, appendable = state == "blank", state == "appendable"
    return Found(kind, blank=blank, appendable=appendable, capacity=capacity, words=words)


def toc(profile: str, status: str, writable: int = 0) -> str:
    """What ``xorriso -outdev /dev/sr0 -toc`` says; the profiles are those of libburn."""
    blocks = f"Media blocks : 0 readable , {writable} writable , {writable} overall\n"
    return (
        "Drive type   : vendor 'HL-DT-ST' product 'DVDRAM GH24NSC0' revision 'LY00'\n"
        f"Media current: {profile}\nMedia status : {status}\n{blocks}"
        "Media summary: 0 sessions, 0 data blocks, 0 data, 4483m free\n"
    )


@pytest.mark.parametrize(
    ("profile", "kind"),
    [
        ("CD-R", "cd-r"),
        ("DVD-R sequential recording", "dvd-r"),
        ("DVD-R/DL sequential recording", "dvd-r"),
        ("DVD-R/DL layer jump recording", "dvd-r"),
        ("DVD+R", "dvd-r"),
        ("DVD+R/DL", "dvd-r"),
        ("BD-R sequential recording", "bd-r"),
        ("BD-R random recording", "bd-r"),
        ("CD-RW", None),
        ("CD-ROM", None),
        ("DVD-RW sequential recording", None),
        ("DVD-RW restricted overwrite", None),
        ("DVD+RW", None),
        ("DVD+RW/DL", None),
        ("DVD-RAM", None),
        ("DVD-ROM", None),
        ("BD-RE", None),
        ("BD-ROM", None),
    ],
)
def test_every_profile_is_told_apart(profile: str, kind: Kind | None) -> None:
    found = recognised(toc(profile, "is blank", 2_295_104))
    assert found is not None
    assert (found.kind, found.blank, found.capacity) == (kind, True, DVD)
    if kind is None:
        with pytest.raises(RefusedError) as refused:
            require_suitable(found, "dvd-r", SECTOR, real=True)
        assert refused.value.code == "medium_rewritable"
        assert profile in refused.value.message


@pytest.mark.parametrize(
    ("status", "blank", "appendable"),
    [
        ("is blank", True, False),
        ("is written , is appendable", False, True),
        ("is written , is closed", False, False),
        ("is written , is overwriteable", False, False),
    ],
)
def test_blank_appendable_and_closed_are_told_apart(
    status: str, blank: bool, appendable: bool
) -> None:
    found = recognised(toc("DVD-R sequential recording", status))
    assert found is not None
    assert (found.blank, found.appendable) == (blank, appendable)


@pytest.mark.parametrize("said", ["", "Media status : is not present\nMedia current: -\n", "abort"])
def test_an_empty_drive_holds_nothing(said: str) -> None:
    assert recognised(said) is None


@pytest.mark.parametrize(
    ("found", "wanted", "needed", "real", "code"),
    [
        (lies("cd-r", "blank", DVD, "CD-R"), "dvd-r", 1, True, "medium_kind"),
        (lies("usb", "blank", DVD, "U 盘"), "dvd-r", 1, True, "medium_kind"),
        (lies("dvd-r", "appendable", DVD, "可追加"), "dvd-r", 1, True, "medium_not_blank"),
        (lies("dvd-r", "used", DVD, "已封口"), "dvd-r", 1, True, "medium_not_blank"),
        (lies("usb", "used", DVD, "有内容"), "usb", 1, True, "medium_not_blank"),
        (lies("dvd-r", "blank", DVD, "空白"), "dvd-r", DVD + 1, True, "medium_too_small"),
        (lies("image", "used", 0, "有内容"), "dvd-r", 1, False, "medium_not_blank"),
    ],
)
def test_an_unsuitable_medium_is_refused_with_the_reason(
    found: Found, wanted: Kind, needed: int, real: bool, code: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        require_suitable(found, wanted, needed, real=real)
    assert refused.value.code == code
    assert refused.value.message


def test_a_suitable_medium_and_whatever_stands_for_one_are_taken() -> None:
    for found, real in (
        (lies("dvd-r", "blank", DVD, "空白"), True),
        (lies("usb", "blank", DVD, "回环设备"), False),
        (lies("image", "blank", 0, "新的映像文件"), False),
    ):
        assert require_suitable(found, "dvd-r", DVD, real=real) is found

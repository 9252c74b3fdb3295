"""Claims about settings files: one file is the whole truth, and what is wrong in it is named."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from kernel.errors import SettingsError
from kernel.program.settings import FolderSettings, WebSettings, load_resolved
from kernel.settings import Settings, load


class Sample(Settings):
    name: str
    url: str = "sqlite:///zone.db"
    spool: FolderSettings


GOOD = 'name = "外网"\n[spool]\nfolder = "spool"\n'


def _write(folder: Path, text: str) -> Path:
    path = folder / "zone.toml"
    path.write_text(text, "utf-8")
    return path


def test_good_file_is_read_and_frozen(tmp_path: Path) -> None:
    found = load(_write(tmp_path, GOOD), Sample)
    assert found.name == "外网"
    with pytest.raises(ValidationError):
        found.name = "内网"


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (f"colour = 1\n{GOOD}", "colour", "未知的配置项"),
        (f"{GOOD}depth = 1\n", "spool.depth", "未知的配置项"),
        ('name = "外网"\n[spool]\n', "spool.folder", "缺少配置项"),
        ('name = 7\n[spool]\nfolder = "spool"\n', "name", "值不正确"),
    ],
)
def test_wrong_key_is_named_with_its_file(tmp_path: Path, text: str, key: str, words: str) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load(path, Sample)
    assert caught.value.code == "settings_invalid"
    assert str(path) in caught.value.message
    assert f"{key}：{words}" in caught.value.message


def test_every_wrong_key_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(_write(tmp_path, "colour = 1\n"), Sample)
    for key in ("name：", "spool：", "colour："):
        assert key in caught.value.message


def test_value_is_never_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(_write(tmp_path, "name = 1\n[spool]\nfolder = 20210611\n"), Sample)
    assert "20210611" not in caught.value.message


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "settings_missing"),
        (b"name = ", "settings_unreadable"),
        (b'name = "\xff\xfe"', "settings_unreadable"),
    ],
)
def test_file_that_cannot_be_read_is_said(tmp_path: Path, content: bytes | None, code: str) -> None:
    path = tmp_path / "zone.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load(path, Sample)
    assert caught.value.code == code


def test_folder_in_place_of_a_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, Sample)
    assert caught.value.code == "settings_unreadable"


def test_environment_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "别处")
    monkeypatch.setenv("SPOOL__FOLDER", "/elsewhere")
    assert load(_write(tmp_path, GOOD), Sample).name == "外网"


def test_relative_paths_count_from_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path, GOOD)
    monkeypatch.chdir("/")
    found = load_resolved(path, Sample)
    assert found.spool.folder == tmp_path / "spool"
    assert found.url == f"sqlite:///{tmp_path / 'zone.db'}"


@pytest.mark.parametrize(("key", "value"), [("port", "65536"), ("idle_minutes", "0")])
def test_number_out_of_bounds_is_refused(tmp_path: Path, key: str, value: str) -> None:
    lines = {"host": '"127.0.0.1"', "port": "0", "secret_file": '"s"', "secure_cookies": "false"}
    lines[key] = value
    text = "".join(f"{name} = {given}\n" for name, given in lines.items())
    with pytest.raises(SettingsError) as caught:
        load(_write(tmp_path, text), WebSettings)
    assert key in caught.value.message

"""Claims about ``gate quarantine`` and ``gate verify`` as people use them."""

import json
from pathlib import Path

import bundle_forge as forge
import pytest
from click.testing import CliRunner, Result
from parcels import CASE_NO, PNG, Landing, Parcel, parcel, png

from gate.__main__ import gate
from kernel.decision_log import DecisionLog
from kernel.errors import TongbanError
from kernel.keys import entry_text
from kernel.program import cli
from kernel.spool import Spool


class Gate:
    """A receiving side with its settings file, and its command line."""

    def __init__(self, folder: Path) -> None:
        self.landing = Landing(folder)
        self.settings = folder / "gate.toml"
        (folder / "trust.toml").write_text("\n".join(map(entry_text, forge.trusted_keys()[:6])))
        self.settings.write_text(
            'side = "receive"\norigin = "extranet"\ndestination = "intranet"\n'
            '[spool]\nfolder = "spool"\n[drop]\nfolder = "drop"\n[trust]\nfile = "trust.toml"\n'
        )

    @property
    def spool(self) -> Spool:
        return self.landing.spool

    def run(self, *arguments: str) -> Result:
        given = [*arguments, "--settings", str(self.settings)]
        return CliRunner().invoke(gate, given)

    def tell(self, *arguments: str) -> dict[str, object]:
        done = self.run(*arguments, "--json")
        assert done.exception is None, done.exception
        said: dict[str, object] = json.loads(done.output)
        return said

    def refused(self, *arguments: str) -> str:
        error = self.run(*arguments).exception
        assert isinstance(error, TongbanError)
        return error.code

    def set_aside(self, found: Parcel | None = None) -> str:
        """One bundle in quarantine; answers how it is called there."""
        before = {item.file for item in self.spool.quarantined()}
        (found or parcel((b"no picture", PNG))).put(self.landing.drop)
        self.landing.receive()
        (file,) = {item.file for item in self.spool.quarantined()} - before
        return file


@pytest.fixture
def side(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


def test_two_people_release_and_the_file_is_inspected_anew(side: Gate) -> None:
    file = side.set_aside()
    assert side.tell("quarantine", "show", file)["decision"] is None
    side.tell("quarantine", "release", file, "--by", "王", "--reason", "核对过")
    assert side.refused("quarantine", "approve", file, "--by", " 王 ") == "same_person"
    assert side.spool.quarantined_file(side.spool.quarantined()[0]).exists()
    side.tell("quarantine", "approve", file, "--by", "赵")
    assert "已放行" in side.run("quarantine", "show", file).output
    side.landing.receive()
    # Judged by everything again, and set aside again: nobody releases past inspection.
    assert side.landing.arrived() == []
    assert side.landing.codes() == ["media_type_mismatch"] * 2


def test_rejected_file_stays_for_the_auditor(side: Gate) -> None:
    file = side.set_aside()
    side.tell("quarantine", "release", file, "--by", "a", "--reason", "x")
    side.tell("quarantine", "reject", file, "--by", "b", "--reason", "来源不明")
    for command in ("release", "reject"):
        given = ("quarantine", command, file, "--by", "c", "--reason", "x")
        assert side.refused(*given) == "decision_made"
    assert side.refused("quarantine", "approve", file, "--by", "c") == "decision_unknown"
    assert side.spool.quarantined_file(side.spool.quarantined()[0]).exists()
    log = DecisionLog(side.spool.folder / "decisions" / "log.jsonl")
    assert log.check().is_intact
    assert [said["act"] for said in log.lines()] == ["propose", "withdraw", "close"]
    assert all(said["account"] for said in log.lines())


def test_list_is_paged_and_tells_what_the_disk_bears(side: Gate) -> None:
    files = [
        side.set_aside(parcel((b"no picture", PNG), sequence=number)) for number in range(1, 6)
    ]
    first = side.tell("quarantine", "list", "--rows", "2")
    assert (first["files"], first["more"]) == (5, True)
    assert isinstance(first["bytes"], int)
    assert first["bytes"] > sum(
        side.spool.quarantined_file(item).stat().st_size for item in side.spool.quarantined()
    )
    last = side.tell("quarantine", "list", "--rows", "2", "--page", "3")
    assert last["more"] is False
    pages = [side.tell("quarantine", "list", "--rows", "2", "--page", str(n)) for n in (1, 2, 3)]
    found = [item["file"] for page in pages for item in page["items"]]  # type: ignore[attr-defined]  # a list
    assert sorted(found) == sorted(files)
    assert "占用" in side.run("quarantine", "list").output


def test_foreign_file_cannot_be_released_and_its_name_is_harmless(side: Gate) -> None:
    (side.landing.drop / "x\x1b[2J.docx").write_bytes(b"x")
    side.landing.receive()
    (item,) = side.spool.quarantined()
    assert "\x1b" not in side.run("quarantine", "show", item.file).output
    given = ("quarantine", "release", item.file, "--by", "a", "--reason", "x")
    assert side.refused(*given) == "release_name"
    for wrong in ("../../etc/passwd", "x", "0" * 16 + "-" + "0" * 8 + "-none"):
        assert side.refused("quarantine", "show", wrong) == "quarantined_unknown"


def test_released_file_never_replaces_one_that_waits(side: Gate) -> None:
    found = parcel((b"no picture", PNG))
    first, second = side.set_aside(found), side.set_aside(found)
    for file in (first, second):
        side.tell("quarantine", "release", file, "--by", "a", "--reason", "x")
    side.tell("quarantine", "approve", first, "--by", "b")
    assert side.refused("quarantine", "approve", second, "--by", "b") == "release_waiting"
    side.landing.receive()
    side.tell("quarantine", "approve", second, "--by", "b")


def test_verify_tells_what_a_bundle_holds_and_nobody_s_data(side: Gate, tmp_path: Path) -> None:
    found = parcel((png(), PNG))
    path = found.put(tmp_path)
    said = side.tell("verify", str(path))
    assert (said["kind"], said["stream"], said["sequence"]) == ("bundle", "review", 1)
    assert said["messages"] == {"review.requested": 1}
    assert said["case_numbers"] == [CASE_NO]
    assert len(said["blobs"]) == 2  # type: ignore[arg-type]  # a list
    text = side.run("verify", str(path)).output
    assert CASE_NO in text
    assert "样例" not in text + json.dumps(said, ensure_ascii=False)


def test_verify_refuses_with_the_code_and_exit_code_of_quarantine(
    side: Gate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = parcel((b"no picture", PNG))
    path = found.put(tmp_path)
    assert side.refused("verify", str(path)) == "media_type_mismatch"
    with pytest.raises(SystemExit) as ended:
        cli.run(gate, "gate", ["verify", str(path), "--settings", str(side.settings), "--json"])
    assert ended.value.code == 4
    assert json.loads(capsys.readouterr().out)["error"] == "media_type_mismatch"
    aside = path.rename(tmp_path / "aside.file")
    assert side.refused("verify", str(aside)) == "name_invalid"
    assert side.refused("verify", str(aside), "--name", found.name) == "media_type_mismatch"
    assert path.parent.joinpath("aside.file").exists()

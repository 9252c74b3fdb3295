"""Claims about the one-way link: real programs in two network namespaces, nothing comes back."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from appliance.link import RECEIVER_ADDRESS, Loss, OneWay, one_way
from appliance.link_ends import PORT, Ends, wait_for

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(shutil.which("nft") is None, reason="nftables is not installed"),
]
MIB = 1024 * 1024
SLOW_PACE = "[pace]\nbytes_per_second = 40000000\n"
"""Below what a busy machine of two cores takes; these are claims about loss, not about speed."""


@pytest.fixture
def link() -> Iterator[OneWay]:
    with one_way() as built:
        yield built


@pytest.fixture
def ends(link: OneWay, tmp_path: Path) -> Ends:
    return Ends(link, tmp_path, SLOW_PACE)


def arrive(ends: Ends, names: list[str], seconds: float = 60) -> dict[str, bytes]:
    wait_for(lambda: all((ends.landing / name).exists() for name in names), seconds)
    return ends.landed()


def run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    "loss",
    [
        Loss(),
        Loss(random=50),
        Loss(random=10, burst=300),
        Loss(start_bytes=400 * 1500),
    ],
    ids=["none", "5 percent", "bursts of 300", "the first 400 frames"],
)
def test_files_arrive_whole_through_loss(link: OneWay, ends: Ends, loss: Loss) -> None:
    sent = {ends.put(1, os.urandom(6 * MIB)): 6 * MIB, ends.put(2, b"small", "urgent"): 5}
    link.lose(loss)
    with ends.receiving():
        assert ends.send_once() == 2
        came = arrive(ends, list(sent))
    assert {name: len(content) for name, content in came.items()} == sent
    assert list(ends.drop.iterdir()) == []
    frames, lost = link.sent_and_lost()
    assert frames > 4000
    # A rule that did not load would make this test say nothing.
    assert (lost > 0) == (loss != Loss())
    assert link.came_back() == 0


def test_the_counter_of_what_comes_back_counts(link: OneWay) -> None:
    said = "import socket; socket.socket(2, 2).sendto(b'x', ('10.77.0.1', 9))"
    subprocess.run(link.inside(link.receiver, sys.executable, "-c", said), check=True)
    assert link.came_back() == 1


def test_many_small_files_arrive_through_loss(link: OneWay, ends: Ends) -> None:
    sent = {ends.put(number, os.urandom(number * 7)): number * 7 for number in range(300)}
    link.lose(Loss(random=50))
    with ends.receiving():
        ends.send_once()
        came = arrive(ends, list(sent))
    assert {name: len(content) for name, content in came.items()} == sent
    assert link.sent_and_lost()[1] > 0


def test_loss_beyond_the_promise_is_reported_and_nothing_half_appears(
    link: OneWay, ends: Ends
) -> None:
    names = [ends.put(1, os.urandom(4 * MIB)), ends.put(2, os.urandom(5 * MIB))]
    link.lose(Loss(random=500))
    with ends.receiving():
        ends.send_once()
        wait_for(lambda: ends.facts("receive")["counters"]["files_lost"] == 2, 60)
        report = subprocess.run(
            [sys.executable, "-m", "gate", "link", "report", "--json", "--settings",
             str(ends.settings("receive"))],
            check=True, capture_output=True,
        )  # fmt: skip
        codes = [code for code, _words in ends.facts("receive")["alarms"]]
    found = json.loads(report.stdout)
    # Names are lost like everything else; numbers never are.
    assert sorted(one["object"] for one in found) == [1, 2]
    assert {one["name"] for one in found} <= {"", *names}
    assert all(one["reason"] == "incomplete" and one["blocks_lost"] for one in found)
    assert ends.landed() == {}
    assert list(ends.landing.iterdir()) == []
    assert "link_files_lost" in codes


def test_forged_datagrams_change_nothing_and_are_an_alarm(link: OneWay, ends: Ends) -> None:
    name = ends.put(1, os.urandom(MIB))
    noise = (
        "import os, socket\n"
        "s = socket.socket(2, 2)\n"
        "for size in [0, 1, 47, 48, 63, 64, 1472] * 200:\n"
        "    noise = b'TBD1'[:size] + os.urandom(max(0, size - 4))\n"
        f"    s.sendto(noise, ('{RECEIVER_ADDRESS}', {PORT}))\n"
    )
    with ends.receiving():
        subprocess.run(link.inside(link.sender, sys.executable, "-c", noise), check=True)
        ends.send_once()
        arrive(ends, [name])
        wait_for(lambda: ends.facts("receive")["counters"]["datagrams_refused"] == 1400, 20)
        codes = [code for code, _words in ends.facts("receive")["alarms"]]
    assert "link_refused" in codes


def test_a_killed_sender_sends_its_file_again(link: OneWay, ends: Ends) -> None:
    name = ends.put(1, os.urandom(24 * MIB))
    with ends.receiving():
        sender = subprocess.Popen(ends.command("send"), stderr=subprocess.DEVNULL)
        wait_for(lambda: link.sent_and_lost()[0] > 2000, 30)
        sender.kill()
        sender.wait()
        assert (ends.drop / name).exists()
        assert ends.send_once() == 1
        came = arrive(ends, [name])
    assert len(came[name]) == 24 * MIB
    assert set(came) == {name}


def test_a_killed_receiver_leaves_nothing_half_and_takes_what_comes_next(
    link: OneWay, ends: Ends
) -> None:
    ends.put(1, os.urandom(24 * MIB))
    with ends.receiving() as receiver:
        sender = subprocess.Popen(ends.command("send"), stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: any(ends.landing.iterdir()), 30)
            receiver.kill()
            receiver.wait()
            with ends.receiving():
                assert list(ends.landed()) == []
                wait_for(lambda: not any(ends.drop.iterdir()), 60)
                second = ends.put(2, b"after the crash")
                came = arrive(ends, [second])
                assert came == {second: b"after the crash"}
        finally:
            sender.send_signal(signal.SIGTERM)
            assert sender.wait(20) == 0


def test_an_urgent_file_overtakes_a_large_one(link: OneWay, tmp_path: Path) -> None:
    # Slow enough that a starved machine still puts the urgent file before the large one ends.
    ends = Ends(link, tmp_path, "[pace]\nbytes_per_second = 3000000\n")
    large = ends.put(1, os.urandom(24 * MIB))
    with ends.receiving():
        sender = subprocess.Popen(ends.command("send"), stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: any(ends.landing.iterdir()), 30)
            urgent = ends.put(2, b"seize it", "urgent")
            arrive(ends, [urgent, large])
            # A file is renamed into its place as it lands, which sets its change time.
            landed = {name: (ends.landing / name).stat().st_ctime_ns for name in (urgent, large)}
            assert landed[urgent] < landed[large]
        finally:
            sender.send_signal(signal.SIGTERM)
            assert sender.wait(20) == 0


def test_silence_is_an_alarm_and_ends_with_the_next_hello(link: OneWay, tmp_path: Path) -> None:
    ends = Ends(link, tmp_path, "[bounds]\nsilent_seconds = 2\n")
    with ends.receiving():
        wait_for(lambda: ["link_silent", "发送端没有动静"] in ends.facts("receive")["alarms"], 20)
        with ends.sending():
            wait_for(lambda: ends.facts("receive")["alarms"] == [], 20)
        wait_for(lambda: bool(ends.facts("receive")["alarms"]), 20)


def test_health_and_metrics_speak_of_the_ends_too(ends: Ends) -> None:
    def asked(command: str, end: str) -> "subprocess.CompletedProcess[str]":
        gate = [sys.executable, "-m", "gate", command, "--settings", str(ends.settings(end))]
        return run(gate)

    assert asked("health", "receive").returncode == 5
    with ends.receiving(), ends.sending():
        wait_for(lambda: asked("health", "receive").returncode == 0, 20)
        assert "gate-link-receive：正常" in asked("health", "receive").stdout
        assert asked("health", "send").returncode == 0
        assert "tongban_carrier_datagrams_sent_total" in asked("metrics", "send").stdout


def test_an_interface_that_carries_less_is_refused_before_anything_is_lost(
    link: OneWay, ends: Ends
) -> None:
    name = ends.put(1, b"x" * 5000)
    subprocess.run(link.inside(link.sender, "ip", "link", "set", "wire", "mtu", "1280"), check=True)
    done = run(ends.command("send", "--once", "--json"))
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"] == "link_mtu"
    assert (ends.drop / name).exists()


def test_a_link_that_is_down_keeps_everything_and_goes_on_by_itself(
    link: OneWay, ends: Ends
) -> None:
    with ends.receiving():
        sender = subprocess.Popen(ends.command("send"), stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: link.sent_and_lost()[0] > 0, 20)
            cable = ["ip", "link", "set", "wire"]
            subprocess.run(link.inside(link.sender, *cable, "down"), check=True)
            name = ends.put(1, os.urandom(MIB))
            wait_for(lambda: "link_down" in str(ends.facts("send")["alarms"]), 20)
            assert (ends.drop / name).exists()
            subprocess.run(link.inside(link.sender, *cable, "up"), check=True)
            link.introduce()
            arrive(ends, [name])
        finally:
            sender.terminate()
            assert sender.wait(20) == 0


def test_a_receiver_without_room_for_its_socket_refuses_to_start(
    link: OneWay, tmp_path: Path
) -> None:
    # Only an ordinary user is bound by net.core.rmem_max.
    ends = Ends(link, tmp_path)
    ends.settings("receive").write_text(
        ends.settings("receive").read_text() + "receive_buffer_bytes = 2000000000\n"
    )
    done = run(
        link.inside(
            link.receiver, "setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin",
            sys.executable, "-m", "gate", "link", "receive", "--settings",
            str(ends.settings("receive")),
        )
    )  # fmt: skip
    assert done.returncode == 3
    assert "link_buffer" in done.stderr
    assert "net.core.rmem_max" in done.stderr


def test_two_receivers_started_by_mistake_do_not_share_the_link(ends: Ends) -> None:
    with ends.receiving():
        second = run(ends.command("receive"))
        assert second.returncode == 3
        assert "already_running" in second.stderr


def test_a_key_that_others_may_read_is_refused(ends: Ends) -> None:
    (ends.folder / "link.key").chmod(0o644)
    done = run(ends.command("send", "--once", "--json"))
    assert json.loads(done.stdout)["error"] == "link_key"


@pytest.mark.slow
def test_a_gibibyte_arrives_at_five_percent_loss(link: OneWay, ends: Ends) -> None:
    content = os.urandom(16 * MIB) * 64
    name = ends.put(1, content)
    link.lose(Loss(random=50))
    with ends.receiving() as receiver:
        ends.send_once()
        wait_for((ends.landing / name).exists, 120)
        status = Path(f"/proc/{receiver.pid}/status").read_text("utf-8")
    frames, lost = link.sent_and_lost()
    peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
    print(f"{frames} frames, {lost} lost, {link.came_back()} came back, receiver {peak} MiB")
    assert (ends.landing / name).read_bytes() == content
    assert lost > frames // 25
    assert link.came_back() == 0
    assert peak < 400

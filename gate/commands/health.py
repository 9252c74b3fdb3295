"""``gate health``: one answer for systemd and for whatever watches the host."""

from pathlib import Path

import click

from gate.commands.frame import facts_of
from kernel.alarms import Weight, carrier_alarms, is_silent, worst_first
from kernel.clock import SystemClock, now_micros
from kernel.errors import EXIT_REFUSED, EXIT_UNAVAILABLE
from kernel.program import cli
from kernel.words import duration_text


@click.command(
    help="本侧是否正常：退出码 0 正常，3 有须处理的告警，5 程序没有动静。供 systemd 和监控调用。"
)
@cli.settings_option
@cli.json_option
def health(settings_path: Path, as_json: bool) -> None:
    """Say whether this side's program works and whether anything needs a person."""
    program, facts = facts_of(settings_path)
    now = now_micros(SystemClock())
    silent = facts is None or is_silent(facts, now)
    alarms = worst_first(carrier_alarms(program, facts, now))
    needed = [alarm for alarm in alarms if alarm.kind.weight is not Weight.NOTICE]
    state = "silent" if silent else "alarm" if needed else "ok"
    head = {"silent": "程序没有动静", "alarm": "有告警", "ok": "正常"}[state]
    age = "" if facts is None else f"，最近一遍在 {duration_text(now - facts.passed_at)}前"
    lines = [f"{program}：{head}{age}"]
    lines += [
        f"[{alarm.code}] {alarm.kind.weight.label}：{alarm.words}。处理：{alarm.advice}"
        for alarm in alarms
    ]
    cli.emit(
        as_json,
        {
            "program": program,
            "state": state,
            "passed_at": facts.passed_at if facts else None,
            "alarms": [
                {
                    "code": alarm.code,
                    "weight": alarm.kind.weight.value,
                    "words": alarm.words,
                    "remedy": alarm.advice,
                }
                for alarm in alarms
            ],
        },
        "\n".join(lines),
    )
    if state != "ok":
        raise click.exceptions.Exit(EXIT_UNAVAILABLE if silent else EXIT_REFUSED)

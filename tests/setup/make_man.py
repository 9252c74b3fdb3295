"""Write what documents must not get wrong: manual pages, completion, the gate's alarms, metrics.

``docs/man/<program>.toml`` holds what no command line knows: descriptions, files, examples. Every
command and option comes from the program, every exit code from docs/manual/exit-codes.md, so the
page cannot name what does not exist. The operator's manual gets its alarms from the catalogue and
its metrics from a sample. ``make man`` runs this; a test compares the result.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from click.shell_completion import get_completion_class

from ferry.__main__ import ferry
from gate.__main__ import gate
from kernel.alarms import KINDS
from kernel.facts import COUNTERS, GAUGES, CarrierFacts
from kernel.metrics import alarm_metrics, carrier_metrics
from kernel.web.exchange_console.metrics import exchange_metrics

ROOT = Path(__file__).parents[2]
OPERATOR = ROOT / "docs" / "manual" / "gate.md"
PROGRAMS: Mapping[str, click.Group] = {"gate": gate, "ferry": ferry}
_EXIT_ROW = re.compile(r"^\| (\d+) \|([^|]+)\|([^|]*)\|$", re.MULTILINE)
_VERSION = re.compile(r"^version = (\S+)$", re.MULTILINE)


def main() -> None:
    """Write every page."""
    for program in PROGRAMS:
        page_of(program).write_text(render(program), "utf-8")
        for path, text in completions(program).items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
    OPERATOR.write_text(operator_manual(), "utf-8")


def completions(program: str) -> dict[Path, str]:
    """What bash, zsh and fish read to complete a program's commands; click's own scripts."""
    folder = ROOT / "docs" / "completion"
    named = {"bash": f"{program}.bash", "zsh": f"_{program}", "fish": f"{program}.fish"}
    found: dict[Path, str] = {}
    for shell, name in named.items():
        kind = get_completion_class(shell)
        if kind is None:
            raise RuntimeError(f"click knows no {shell}")
        made = kind(PROGRAMS[program], {}, program, f"_{program.upper()}_COMPLETE")
        found[folder / name] = (made.source_template % made.source_vars()).strip() + "\n"
    return found


def operator_manual() -> str:
    """The gate's manual with its two lists written anew."""
    text = OPERATOR.read_text("utf-8")
    for name, lines in (("metrics", _metrics()), ("alarms", _alarms())):
        body = "\n".join(lines)
        text = re.sub(
            rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end -->)",
            lambda found, body=body: f"{found[1]}{body}\n{found[2]}",  # type: ignore[misc]  # bound now
            text,
            flags=re.DOTALL,
        )
    return text


def _alarms() -> Iterator[str]:
    for code, kind in KINDS.items():
        yield f"\n### {code}\n\n**{kind.label}**（{kind.weight.label}）\n"
        yield f"- 原因：{kind.cause}\n- 处理：{kind.remedy}。"
    yield ""


def _metrics() -> Iterator[str]:
    yield "\n| 指标 | 类型 | 标签 | 含义 |\n|---|---|---|---|"
    facts = CarrierFacts("gate-send", 0, 0, dict.fromkeys(COUNTERS, 0), dict.fromkeys(GAUGES, 0))
    families = [
        *carrier_metrics([("gate-send", facts)], 0),
        *alarm_metrics([]),
        *exchange_metrics((), (), 0),
    ]
    for family in families:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = "、".join(f"`{label}`" for label in vars(family)["_labelnames"])
        yield f"| `{name}` | {family.type} | {labels} | {family.documentation} |"
    yield ""


def page_of(program: str) -> Path:
    """Where a program's page lies."""
    return ROOT / "docs" / "man" / f"{program}.1"


def render(program: str) -> str:
    """The page of a program, in roff."""
    group = PROGRAMS[program]
    words = tomllib.loads((page_of(program).with_suffix(".toml")).read_text("utf-8"))
    version = _VERSION.findall((ROOT / "setup.cfg").read_text("utf-8"))[0]
    lines = [
        '.\\" 由 make man 从命令行生成，请勿手工修改',
        # Lets lines break between Chinese characters.
        ".mso zh.tmac",
        f'.TH {program.upper()} 1 "" "tongban {version}" "“全豫通办”三网一体机手册"',
        ".nh",
        ".ad l",
        ".SH 名称",
        f"{program} \\- {_text(group.help or '')}",
        ".SH 概要",
    ]
    for name, command in leaves(group):
        lines += [f".B {program} {name}", _usage(command), ".br"]
    lines += [".SH 描述", *_paragraphs(words["description"]), ".SH 命令"]
    for name, command in leaves(group):
        said = words["commands"].get(name, {})
        # What an argument of that name is everywhere, unless the command says otherwise.
        named = {**words.get("arguments", {}), **said.get("arguments", {})}
        lines += _command(program, name, command, {**said, "arguments": named})
    lines += [".SH 退出码"]
    codes = (ROOT / "docs/manual/exit-codes.md").read_text("utf-8")
    for code, meaning, remedy in _EXIT_ROW.findall(codes):
        said = "。".join(words.strip() for words in (meaning, remedy) if words.strip())
        lines += [".TP", f".B {code}", _text(said.replace("`", ""))]
    lines += [".SH 文件"]
    for path, meaning in words["files"].items():
        lines += [".TP", f".I {_text(path)}", _text(meaning)]
    lines += [".SH 示例", *_examples(words["examples"])]
    lines += [".SH 参见", *_paragraphs(words["see"])]
    return "\n".join(lines) + "\n"


def leaves(group: click.Group, path: str = "") -> list[tuple[str, click.Command]]:
    """Every command with its words, by name."""
    found: list[tuple[str, click.Command]] = []
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            found += leaves(command, f"{path}{name} ")
        else:
            found.append((f"{path}{name}", command))
    return found


def _command(
    program: str, name: str, command: click.Command, words: Mapping[str, Any]
) -> Iterator[str]:
    yield f".SS {program} {name}"
    yield _text(command.help or "")
    if "description" in words:
        yield ".PP"
        yield from _paragraphs(words["description"])
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield ".TP"
            yield f".B {_text('，'.join(parameter.opts))}{_value(parameter)}"
            yield _text(_option_words(parameter))
        else:
            yield ".TP"
            yield f".I {_text(parameter.human_readable_name)}"
            yield _text(words.get("arguments", {}).get(parameter.name, "参数"))
    if "examples" in words:
        yield from _examples(words["examples"])


def _usage(command: click.Command) -> str:
    parts = []
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            parts.append(parameter.human_readable_name)
        elif isinstance(parameter, click.Option):
            shown = f"{parameter.opts[0]}{_value(parameter)}"
            parts.append(shown if parameter.required else f"[{shown}]")
    return _text(" ".join(parts))


def _value(option: click.Option) -> str:
    if option.is_flag:
        return ""
    if isinstance(option.type, click.Choice):
        return " " + "|".join(str(choice) for choice in option.type.choices)
    if isinstance(option.type, click.Path | click.File):
        return " 文件"
    return " 值" if option.type.name == "text" else " 数"


def _option_words(option: click.Option) -> str:
    return f"{option.help or ''}{'（必填）' if option.required else ''}"


def _examples(examples: list[Mapping[str, str]]) -> Iterator[str]:
    for example in examples:
        yield ".PP"
        yield _text(example["what"])
        yield ".PP"
        yield ".RS 4"
        yield ".nf"
        yield from (_text(line) for line in example["type"].strip().splitlines())
        yield ".fi"
        yield ".RE"


def _paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(text.strip().split("\n\n")):
        if number:
            yield ".PP"
        # A line's end would become a space, which Chinese does not have.
        yield _text("".join(paragraph.splitlines()))


def _text(text: str) -> str:
    """Plain words as roff: nothing of them is a request or an escape."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return f"\\&{escaped}" if escaped.startswith(".") else escaped


if __name__ == "__main__":
    main()

"""``check_view.py VIEW``: every problem with its file and line, or nothing to say."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from preflight import rules
from preflight.certificates import check_certificate
from preflight.problems import (
    EXIT_OK,
    EXIT_REFUSED,
    EXIT_UNAVAILABLE,
    Problem,
    ToolMissingError,
    UnreadableError,
)
from preflight.schema import check_values, load_schema, role_defaults
from preflight.view import View, load

ANSIBLE: Final = Path(__file__).resolve().parents[1]


def problems_of(path: Path, *, before_handover: bool = False) -> list[Problem]:
    """Everything that is wrong with the view at ``path``, in the order of files and lines.

    Raises :class:`ToolMissingError`.
    """
    try:
        view = load(path)
    except UnreadableError as error:
        return [error.problem]
    found = {*view.problems, *rules.check_one_zone(view), *_of_hosts(view)}
    if not before_handover:
        found.update(found for host in view.hosts for found in rules.check_handovers(host, view))
    return sorted(found)


def _of_hosts(view: View) -> Iterator[Problem]:
    schema, defaults = load_schema(), role_defaults(ANSIBLE / "roles")
    for host in view.hosts:
        yield from check_values(host, schema, defaults)
        yield from rules.check_secrets(host)
        yield from rules.check_files(host, view)
        yield from rules.check_calendars(host)
        if str(rules.value_of(host, "tongban__zone")) in rules.NEIGHBOURS:
            yield from rules.check_zone(host)
            yield from rules.check_networks(host)
            yield from rules.check_ports(host)
        yield from rules.check_version(host, ANSIBLE.parent / "manifest.json")
        yield from check_certificate(host, view)


def main() -> int:
    """Check as the arguments say; the exit code is the answer."""
    parser = argparse.ArgumentParser(
        prog="check_view.py", description="核对一个网的主机清单；只读，不连接任何主机"
    )
    parser.add_argument("view", type=Path, help="清单目录（含 hosts.yml），或主机清单文件")
    parser.add_argument(
        "--before-handover", action="store_true", help="交接之前：不要求其他网的交接文件"
    )
    parser.add_argument("--json", action="store_true", help="以 JSON 输出结果")
    arguments = parser.parse_args()
    try:
        found = problems_of(arguments.view, before_handover=arguments.before_handover)
    except ToolMissingError as error:
        if arguments.json:
            answer = {"error": "tool_missing", "message": str(error), "detail": {}}
            print(json.dumps(answer, ensure_ascii=False))  # noqa: T201 - a command line
        else:
            print(f"错误 [tool_missing] {error}", file=sys.stderr)  # noqa: T201 - as above
        return EXIT_UNAVAILABLE
    if arguments.json:
        listed = {"valid": not found, "problems": [problem.as_json() for problem in found]}
        print(json.dumps(listed, ensure_ascii=False))  # noqa: T201 - as above
    else:
        lines = [str(problem) for problem in found] or ["主机清单没有问题"]
        print("\n".join(lines))  # noqa: T201 - as above
    return EXIT_REFUSED if found else EXIT_OK


if __name__ == "__main__":
    sys.exit(main())

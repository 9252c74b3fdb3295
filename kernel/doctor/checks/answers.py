"""What programs answer, and lines of settings nobody can be asked about."""

import re
from collections.abc import Iterator
from typing import Final

from kernel.doctor.findings import Finding, judge, not_here
from kernel.doctor.machine import Machine
from kernel.doctor.settings import DoctorSettings

_SHOWN: Final = 120


def check(settings: DoctorSettings, machine: Machine) -> Iterator[Finding]:
    """One finding a question, one a line."""
    for wanted in settings.answers:
        if wanted.kernel and machine.is_container:
            yield not_here("answer", wanted.clause, wanted.purpose, "容器没有自己的内核")
            continue
        said = machine.ask(*wanted.command)[1]
        good = re.search(wanted.pattern, said, re.MULTILINE) is not None
        yield judge(
            "answer", wanted.clause, wanted.purpose, good=good, seen=" ".join(said.split())[:_SHOWN]
        )
    for line in settings.lines:
        text = machine.read(line.path)
        good = text is not None and re.search(line.pattern, text, re.MULTILINE) is not None
        seen = line.path if good else f"{line.path} 中没有" if text is not None else "没有这个文件"
        yield judge("line", line.clause, line.purpose, good=good, seen=seen)

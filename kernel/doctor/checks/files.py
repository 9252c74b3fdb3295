"""Who may read and change files: owner and group as listed, modes as listed or stricter."""

import grp
import pwd
import stat
from collections.abc import Iterator

from kernel.doctor.findings import Finding, judge
from kernel.doctor.machine import Machine
from kernel.doctor.settings import DoctorSettings


def check(settings: DoctorSettings, machine: Machine) -> Iterator[Finding]:
    """One finding a path."""
    for wanted in settings.files:
        claim = (
            f"{wanted.purpose}（{wanted.path}）属 {wanted.owner}:{wanted.group}，"
            f"权限不宽于 {wanted.mode}"
        )
        found = machine.stat(wanted.path)
        if found is None:
            yield judge("file_mode", wanted.clause, claim, good=False, seen="没有这个文件")
            continue
        mode = stat.S_IMODE(found.st_mode)
        owner, group = _user(found.st_uid), _group(found.st_gid)
        yield judge(
            "file_mode",
            wanted.clause,
            claim,
            good=(owner, group) == (wanted.owner, wanted.group) and not mode & ~int(wanted.mode, 8),
            seen=f"{owner}:{group} {mode:04o}",
        )


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)

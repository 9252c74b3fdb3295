"""What one kind of host installs by pip: its own wheel and the closure of what that one imports.

Its ``requirements.txt`` names every wheel with version and hash, so that pip installs from the
folder alone and refuses a wheel that is not the one that was locked.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from bundle.kinds import HostKind
from bundle.project import build_project_wheel
from bundle.target import Target
from bundle.wheels import Wheel, closure, read_wheel


def lay_out(
    root: Path,
    kind: HostKind,
    locked: Mapping[str, Wheel],
    target: Target,
    work: Path,
    folder: Path,
) -> tuple[Wheel, ...]:
    """Put everything ``kind`` installs by pip into ``folder``; answers the third-party wheels.

    Raises :class:`kernel.errors.UnavailableError` as the steps do.
    """
    project = build_project_wheel(root, kind, locked, work)
    wheels = closure(project.requirements, locked, target)
    folder.mkdir(parents=True)
    ours = read_wheel(project.path)
    for wheel in (*wheels, ours):
        shutil.copyfile(wheel.path, folder / wheel.path.name)
    lines = [
        f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}"
        for wheel in sorted((*wheels, ours), key=lambda wheel: wheel.name)
    ]
    (folder / "requirements.txt").write_text("\n".join(lines) + "\n", "utf-8")
    return wheels

"""Running the tools that builders have: quiet when all is well, their last words when not."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from kernel.errors import UnavailableError

_LAST_WORDS: Final = 1200


def run_tool(
    command: Sequence[str], *, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> str:
    """Standard output of ``command``.

    Raises :class:`UnavailableError`: ``tool_missing``, or ``tool_failed`` with its last words.
    """
    try:
        done = subprocess.run(
            list(command), cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise UnavailableError("tool_missing", f"缺少工具 {command[0]}") from None
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip())[-_LAST_WORDS:]
        raise UnavailableError("tool_failed", f"{command[0]} 失败（{done.returncode}）：{words}")
    return done.stdout

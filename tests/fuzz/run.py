"""Long, coverage-guided runs: ``python -m fuzz.run --inputs 10000000``.

Every target runs in a process of its own under libFuzzer, which stops at the first exception that
is no refusal, at an input that takes ten seconds, and at a gigabyte of memory. Inputs that reach
new code are kept, the smallest of them, in ``tests/fuzz/corpus``.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
CORPUS: Final = Path(__file__).with_name("corpus")
WORK: Final = ROOT / "build" / "fuzz"
SECONDS_AN_INPUT: Final = 10
MEMORY_MB: Final = 1024
MAX_BYTES: Final = 32_768
MAX_KEPT: Final = 40
"""Files of one target's corpus: the smallest that libFuzzer found new."""
_DONE: Final = re.compile(r"Done (\d+) runs|stat::number_of_executed_units: *(\d+)")


def main() -> int:
    """Run the targets one after the other; answers how many failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="of all targets together")
    parser.add_argument(
        "--seconds", type=int, default=0, help="at most so long a target; 0: no end"
    )
    parser.add_argument("--only", action="append", help="a target; may be repeated")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        _inside(given.inside, given.rest)
    names = given.only or _names()
    width = max(map(len, names))
    total = failures = 0
    for name, runs in _shares(names, given.inputs).items():
        count, failed = _fuzz(name, runs, given.seconds)
        verdict = "FAILED: " + failed if failed else "ok"
        print(f"{name:<{width}}  {count:>12,} inputs  {verdict}", flush=True)
        total += count
        failures += bool(failed)
    print(f"{total:,} inputs, {failures} failures")
    WORK.mkdir(parents=True, exist_ok=True)
    (WORK / "fuzz.json").write_text(json.dumps({"inputs": total, "failures": failures}))
    return min(failures, 1)


def _names() -> list[str]:
    from fuzz.targets import TARGETS  # noqa: PLC0415  # the child imports it under instruments

    return list(TARGETS)


def _shares(names: Sequence[str], inputs: int) -> dict[str, int]:
    """How many of ``inputs`` each target gets: all of them together, by the targets' shares."""
    from fuzz.targets import TARGETS  # noqa: PLC0415

    whole = sum(TARGETS[name].share for name in names)
    return {name: -(-inputs * TARGETS[name].share // whole) for name in names}


def _fuzz(name: str, runs: int, seconds: int) -> tuple[int, str]:
    found = WORK / name
    shutil.rmtree(found, ignore_errors=True)
    found.mkdir(parents=True)
    _seed(name, found)
    (CORPUS / name).mkdir(parents=True, exist_ok=True)
    limits = [f"-runs={runs}", f"-max_total_time={seconds}", f"-artifact_prefix={WORK}/{name}-"]
    done = _call(name, [*limits, str(found), str(CORPUS / name)])
    shutil.copytree(CORPUS / name, found, dirs_exist_ok=True)
    numbers = [int(one or two) for one, two in _DONE.findall(done.stderr)]
    failed = "" if done.returncode == 0 else done.stderr[-3000:]
    if not failed:
        _keep(name, found)
    return max(numbers, default=0), failed


def _seed(name: str, folder: Path) -> None:
    from fuzz.targets import TARGETS  # noqa: PLC0415

    for number, seed in enumerate(TARGETS[name].seeds):
        (folder / f"seed-{number}").write_bytes(seed)


def _keep(name: str, found: Path) -> None:
    """Keep the smallest of what reached new code; libFuzzer names files after their content."""
    files = sorted(found.iterdir(), key=lambda path: (path.stat().st_size, path.name))
    shutil.rmtree(CORPUS / name)
    (CORPUS / name).mkdir()
    new = [path for path in files if not path.name.startswith("seed-")]
    for path in new[:MAX_KEPT]:
        shutil.copyfile(path, CORPUS / name / path.name[:16])


def _call(name: str, options: Sequence[str]) -> subprocess.CompletedProcess[str]:
    limits = [f"-timeout={SECONDS_AN_INPUT}", f"-rss_limit_mb={MEMORY_MB}", f"-max_len={MAX_BYTES}"]
    command = [sys.executable, "-m", "fuzz.run", "--inside", name, "--"]
    return subprocess.run(
        [*command, *limits, "-print_final_stats=1", *options],
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        cwd=ROOT,
    )


def _inside(name: str, options: Sequence[str]) -> None:
    """In a process of its own: libFuzzer takes over and does not come back."""
    import atheris  # type: ignore[import-untyped]  # noqa: PLC0415  # ships no types

    with atheris.instrument_imports(include=["kernel", "gate"]):
        from fuzz.targets import TARGETS  # noqa: PLC0415

    target = TARGETS[name]
    atheris.Setup([sys.argv[0], *options], lambda content: target.takes(content) and None)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())

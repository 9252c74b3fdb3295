"""How much memory this process has needed at most."""

from pathlib import Path


def own_peak_mib() -> float:
    """``VmHWM`` of this process in MiB.

    Not ``ru_maxrss``: Linux carries that over from the parent through fork and exec.
    """
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this kernel does not say VmHWM")

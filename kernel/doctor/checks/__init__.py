"""Every check; one module a matter."""

from collections.abc import Callable, Iterable
from typing import Final

from kernel.doctor.checks import (
    accounts,
    answers,
    audit,
    files,
    firewall,
    kernel_parameters,
    logs,
    malware,
    packages,
    remote,
    sockets,
    units,
    web,
)
from kernel.doctor.findings import Finding
from kernel.doctor.machine import Machine
from kernel.doctor.settings import DoctorSettings

Check = Callable[[DoctorSettings, Machine], Iterable[Finding]]

CHECKS: Final[tuple[Check, ...]] = (
    accounts.check,
    remote.check,
    packages.check,
    sockets.check,
    firewall.check,
    units.check,
    files.check,
    answers.check,
    kernel_parameters.check,
    web.check,
    logs.check,
    audit.check,
    malware.check,
)

"""A zone's periodic work: APScheduler in one process, each job alone, errors counted not fatal."""

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from kernel.durable import exclusive
from kernel.errors import TongbanError
from kernel.logs import get_logger

_POLL_SECONDS: Final = 0.2
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """``function`` runs every ``seconds``, never twice at once; a late run is not made up."""

    name: str
    seconds: float
    function: Callable[[], object]


def run_worker(jobs: Sequence[Job], lock_path: Path) -> None:
    """Run ``jobs`` until SIGTERM or SIGINT; the running job ends before this returns.

    Raises :class:`kernel.errors.ConflictError` when another process holds ``lock_path``: periodic
    work of one zone must exist once.
    """
    with exclusive(lock_path):
        scheduler = BackgroundScheduler(
            timezone=UTC, executors={"default": ThreadPoolExecutor(max(1, len(jobs)))}
        )
        for job in jobs:
            scheduler.add_job(
                _guarded(job),
                "interval",
                seconds=job.seconds,
                id=job.name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
                next_run_time=datetime.now(UTC),
            )
        stopping: list[int] = []

        def stop(number: int, _frame: FrameType | None) -> None:
            stopping.append(number)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        scheduler.start()
        log.info("worker.started", jobs=[job.name for job in jobs])
        while not stopping:
            time.sleep(_POLL_SECONDS)
        scheduler.shutdown(wait=True)
        log.info("worker.stopped")


def _guarded(job: Job) -> Callable[[], None]:
    def run() -> None:
        try:
            job.function()
        except TongbanError as error:
            log.warning("worker.job_failed", job=job.name, error=error)
        except Exception:  # a process loop: log, count, go on
            log.exception("worker.job_crashed", job=job.name)

    return run

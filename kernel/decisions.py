"""Decisions that need two people: one proposes with a reason, another agrees, and both are named.

A decision lies as one small file below the spool, so a host without a database can read it. It is
written after the audit record and the effect it stands for: cut off between, the same person may
agree again, and every effect is harmless when repeated.
"""

import fcntl
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from kernel.decision_log import DecisionLog
from kernel.durable import remove_durably, write_durably
from kernel.errors import ConflictError, ForbiddenError, InvalidValueError, NotFoundError

MAX_NOTE: Final = 500
_SUBJECT: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,119}")


class DecisionState(StrEnum):
    """How far a decision is."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    """Two people said so, and it was done."""
    CLOSED = "closed"
    """Somebody looked and nothing shall be done."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Who wanted what and why; people by login, instants in microseconds UTC."""

    subject: str
    state: DecisionState
    note: str
    proposed_by: str
    proposed_at: int
    decided_by: str | None = None
    decided_at: int | None = None


class DecisionBook:
    """All decisions below one folder, one file a subject; the newest replaces what was decided."""

    def __init__(self, folder: Path, account: str = "") -> None:
        """Keep decisions in ``folder``, which is made when it is first needed.

        ``account`` is noted with each: who was logged in, when people only give their names.
        """
        self._folder = folder
        self._account = account

    @property
    def log(self) -> DecisionLog:
        """Everything that was ever decided here, in order."""
        return DecisionLog(self._folder / "log.jsonl")

    def of(self, subject: str) -> Decision | None:
        """What was said about ``subject``, if anything."""
        try:
            said = json.loads(self._path(subject).read_text("utf-8"))
            return Decision(**{**said, "state": DecisionState(said["state"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def is_decided(self, subject: str) -> bool:
        """Whether nobody needs to look at ``subject`` any more."""
        found = self.of(subject)
        return found is not None and found.state is not DecisionState.PROPOSED

    def propose(self, subject: str, note: str, login: str, now: int) -> Decision:
        """Ask for a second person.

        Raises :class:`InvalidValueError` (``note_missing``, ``note_long``) and
        :class:`ConflictError` (``decision_pending``, ``decision_made``).
        """
        asked = Decision(subject, DecisionState.PROPOSED, _note(note), login, now)
        return self._new(asked, "propose")

    def close(self, subject: str, note: str, login: str, now: int) -> Decision:
        """Say that nothing shall be done; one person is enough for that.

        Raises as :meth:`propose`.
        """
        closed = Decision(subject, DecisionState.CLOSED, _note(note), login, now, login, now)
        return self._new(closed, "close")

    def require_second(self, subject: str, login: str) -> Decision:
        """The open proposal, which ``login`` may agree to.

        Raises :class:`NotFoundError` (``decision_unknown``) and :class:`ForbiddenError`
        (``same_person``).
        """
        found = self._open(subject)
        if found.proposed_by == login:
            raise ForbiddenError("same_person", "提出的人不能自己同意，须由另一人决定")
        return found

    def agree(self, subject: str, login: str, now: int) -> Decision:
        """Note that the second person agreed; call it when the effect is durable.

        Raises as :meth:`require_second`.
        """
        with self._locked():
            found = self.require_second(subject, login)
            self._record("agree", subject, login, now, found.note)
            return self._write(
                replace(found, state=DecisionState.AGREED, decided_by=login, decided_at=now)
            )

    def withdraw(self, subject: str, login: str, now: int) -> Decision:
        """Take the proposal away, whoever made it.

        Raises :class:`NotFoundError` (``decision_unknown``).
        """
        with self._locked():
            found = self._open(subject)
            self._record("withdraw", subject, login, now, found.note)
            remove_durably(self._path(subject))
            return found

    def forget(self, subject: str) -> None:
        """Let the subject be decided anew, because it came up anew."""
        if self._path(subject).exists():
            remove_durably(self._path(subject))

    def _record(self, act: str, subject: str, login: str, now: int, note: str) -> None:
        """Written before what it says is done: what was done is never without it."""
        said = {"act": act, "subject": subject, "by": login, "at": now, "note": note}
        self.log.append(said | ({"account": self._account} if self._account else {}))

    def _new(self, decision: Decision, act: str) -> Decision:
        with self._locked():
            known = self.of(decision.subject)
            if known is not None and known.state is DecisionState.PROPOSED:
                raise ConflictError("decision_pending", "已有人提出，等待另一人决定")
            if known is not None:
                raise ConflictError("decision_made", "已经有了决定")
            self._record(
                act,
                decision.subject,
                decision.proposed_by,
                decision.proposed_at,
                decision.note,
            )
            return self._write(decision)

    def _open(self, subject: str) -> Decision:
        found = self.of(subject)
        if found is None or found.state is not DecisionState.PROPOSED:
            raise NotFoundError("decision_unknown", "没有等待同意的提议，请刷新页面")
        return found

    def _write(self, decision: Decision) -> Decision:
        with write_durably(self._path(decision.subject)) as file:
            file.write(json.dumps(asdict(decision), ensure_ascii=False, indent=1).encode())
        return decision

    def _path(self, subject: str) -> Path:
        if not _SUBJECT.fullmatch(subject):
            raise NotFoundError("decision_unknown", "没有这个事项")
        return self._folder / f"{subject}.json"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One at a time, over all processes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _note(note: str) -> str:
    words = " ".join(note.split())
    if not words:
        raise InvalidValueError("note_missing", "请写明理由")
    if len(words) > MAX_NOTE:
        raise InvalidValueError("note_long", f"理由不超过 {MAX_NOTE} 字")
    return words

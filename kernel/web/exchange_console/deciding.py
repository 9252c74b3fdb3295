"""The forms by which two people release a file from quarantine or let a stream go on."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kernel.audit import AuditEntry, record
from kernel.decisions import DecisionBook
from kernel.errors import ConflictError, InvalidValueError
from kernel.exchange.models import StreamIn, StreamInState
from kernel.quarantine import named, release, require_releasable
from kernel.requests import ask
from kernel.web.access import require_person, source
from kernel.web.exchange_console.bundle import outgoing
from kernel.web.exchange_console.desk import Desk
from kernel.web.exchange_console.release import resume, stream_of

PAGES = ("quarantined", "stream")
FORMS = ("decide_quarantined", "decide_stream", "resend")
_WORDS = {
    "propose": "已提出，等待另一人同意",
    "agree": "已同意并执行",
    "withdraw": "提议已撤回",
    "close": "已结案，文件留在隔离区",
}


def add_pages(pages: Blueprint, desk: Desk) -> None:
    """Pages and forms of what can be decided."""
    book = desk.book

    @pages.get("/exchange/quarantine/<file>")
    def quarantined(file: str) -> str:
        row = named(desk.spool, book, file)
        return render_template(
            "frame/exchange/quarantined.html", row=row, me=require_person().login
        )

    @pages.post("/exchange/quarantine/<file>/decisions")
    def decide_quarantined(file: str) -> Response:
        row = named(desk.spool, book, file)
        item = row.item

        def check(_session: Session) -> None:
            require_releasable(desk.spool, desk.zone, item)

        _decide(
            desk,
            book,
            row.subject,
            AuditEntry("", "", "quarantined", item.file[:25], detail={"code": item.code}),
            check=check,
            act=lambda _session: None,
            after=lambda: release(desk.spool, desk.zone, item),
        )
        return redirect(url_for("exchange.quarantined", file=file), 303)

    @pages.get("/exchange/streams/<origin>/<stream>")
    def stream(origin: str, stream: str) -> str:
        with desk.database.reading() as session:
            found = stream_of(session, origin, stream)
        return render_template(
            "frame/exchange/stream.html",
            stream=found,
            halted=found.state is StreamInState.HALTED,
            decision=book.of(stream_subject(found)),
            me=require_person().login,
        )

    @pages.post("/exchange/streams/<origin>/<stream>/decisions")
    def decide_stream(origin: str, stream: str) -> Response:
        with desk.database.reading() as session:
            found = stream_of(session, origin, stream)
        subject = stream_subject(found)
        if found.state is StreamInState.HALTED:
            known = book.of(subject)
            if known is not None and known.decided_by is not None:
                # It was resumed once and has halted anew: that is another decision.
                book.forget(subject)

        def check(session: Session) -> None:
            if stream_of(session, origin, stream).state is not StreamInState.HALTED:
                raise ConflictError("stream_active", "该交换流没有停止")

        _decide(
            desk,
            book,
            subject,
            AuditEntry("", "", "stream", f"{origin}/{stream}", detail={"at": found.sequence}),
            check=check,
            act=lambda session: resume(stream_of(session, origin, stream)),
            after=lambda: None,
            closable=False,
        )
        return redirect(url_for("exchange.stream", origin=origin, stream=stream), 303)

    @pages.post("/exchange/bundles/out/<digest>/resend")
    def resend(digest: str) -> Response:
        with desk.database.reading() as session:
            row = outgoing(session, digest).row
        # The exchange does it, and writes the audit record, at its next tick.
        ask(desk.spool.folder, "resend", {"name": row.name}, require_person().login, desk.now())
        flash("已请求补发，后台作业随即执行；同一个包以原序号、原内容再投递一次", "done")
        return redirect(url_for("exchange.bundle", way="out", digest=digest), 303)


def stream_subject(stream: StreamIn) -> str:
    """What a decision about a halted stream is filed under."""
    return f"stream-{stream.origin.value}-{stream.stream.value}"


def _decide(
    desk: Desk,
    book: DecisionBook,
    subject: str,
    entry: AuditEntry,
    *,
    check: Callable[[Session], None],
    act: Callable[[Session], None],
    after: Callable[[], None],
    closable: bool = True,
) -> None:
    """One press of a button: audited first, then done, then noted."""
    person, now = require_person(), desk.now()
    asked = request.form.get("decision", "")
    if asked not in _WORDS or (asked == "close" and not closable):
        raise InvalidValueError("decision_unknown", "没有这种决定")
    note = request.form.get("note", "")
    with desk.database.begin() as session:
        if asked in {"propose", "agree"}:
            check(session)
        detail = dict(entry.detail) | {"subject": subject}
        if asked == "agree":
            proposal = book.require_second(subject, person.login)
            detail |= {"proposed_by": proposal.proposed_by, "note": proposal.note}
            act(session)
        elif asked == "propose":
            detail["note"] = book.propose(subject, note, person.login, now).note
        elif asked == "close":
            detail["note"] = book.close(subject, note, person.login, now).note
        else:
            detail["proposed_by"] = book.withdraw(subject, person.login, now).proposed_by
        record(
            session,
            AuditEntry(
                actor=person.login,
                act=f"exchange.decision_{asked}",
                object_kind=entry.object_kind,
                object_id=entry.object_id,
                roles=tuple(sorted(person.roles)),
                source=source(),
                detail=detail,
            ),
        )
    if asked == "agree":
        after()
        book.agree(subject, person.login, now)
    flash(_WORDS[asked], "done")

"""Taking a case up, giving it back, and being away.

A case that somebody has taken up is theirs until the next act, until they give it back, or while
they are away: then a colleague of the post may take it over.
"""

from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case, Post
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services.work import CaseWork, load_visible
from extranet_zone.cases.transitions import states_open_to
from kernel import audit
from kernel.errors import ConflictError, ForbiddenError


def claim(session: Session, work: CaseWork, case_no: str, actor: Actor) -> None:
    """Take the case up; again by the same person it is nothing.

    Raises :class:`ForbiddenError` (``role_not_allowed``: the next step is another post's) and
    :class:`ConflictError` (``claimed_by_other``).
    """
    case = load_visible(session, work, case_no, actor, for_change=True)
    if case.claimed_by == actor.login:
        return
    if case.state not in states_open_to(actor.roles):
        raise ForbiddenError("role_not_allowed", "下一步不由您的岗位办理，不能接办")
    require_free(session, case, actor)
    before = case.claimed_by
    case.claimed_by = actor.login
    _audit(session, actor, "case.claimed", case_no, before=before)


def give_back(session: Session, work: CaseWork, case_no: str, actor: Actor) -> None:
    """Give the case back to everybody of the post.

    Raises :class:`ConflictError` with code ``claimed_by_other`` for a case that somebody else has.
    """
    case = load_visible(session, work, case_no, actor, for_change=True)
    if case.claimed_by not in ("", actor.login):
        raise ConflictError("claimed_by_other", "这个办件由他人承办，只有其本人可以退回")
    case.claimed_by = ""
    _audit(session, actor, "case.returned", case_no, before=actor.login)


def set_absent(session: Session, actor: Actor, *, absent: bool) -> None:
    """Say that one is away, or back."""
    post = session.get(Post, actor.login)
    if post is None:
        session.add(Post(login=actor.login, authority=actor.authority, absent=int(absent)))
    else:
        post.absent = int(absent)
    _audit(session, actor, "staff.absent" if absent else "staff.present", None)


def is_absent(session: Session, login: str) -> bool:
    """Whether the person has said that they are away."""
    post = session.get(Post, login)
    return post is not None and bool(post.absent)


def authority_of(session: Session, login: str) -> str:
    """The authority a person works for; empty for the platform's own."""
    post = session.get(Post, login)
    return post.authority if post is not None else ""


def assign_authority(session: Session, login: str, authority: str) -> None:
    """Say for which authority a person works; empty is the platform's own."""
    post = session.get(Post, login)
    if post is None:
        session.add(Post(login=login, authority=authority, absent=0))
    else:
        post.authority = authority
    audit.record(
        session,
        audit.AuditEntry(
            actor="system:command",
            act="staff.authority",
            object_kind="account",
            object_id=login,
            detail={"authority": authority},
        ),
    )


def require_free(session: Session, case: Case, actor: Actor) -> None:
    """Nobody else has the case, or who has it is away.

    Raises :class:`ConflictError` with code ``claimed_by_other``.
    """
    if case.claimed_by in ("", actor.login) or is_absent(session, case.claimed_by):
        return
    raise ConflictError("claimed_by_other", "这个办件已由他人接办；请其退回或登记离岗后再办")


def _audit(session: Session, actor: Actor, act: str, case_no: str | None, **detail: str) -> None:
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act=act,
            object_kind="case" if case_no else "account",
            object_id=case_no or actor.login,
            case_no=case_no,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            detail=detail,
        ),
    )

"""What browsers send about cases, turned into frozen requests."""

from collections.abc import Mapping

from extranet_zone.cases.services.acts import ActRequest
from extranet_zone.cases.services.worklists import WorklistQuery
from extranet_zone.cases.states import Action, State
from kernel.errors import InvalidValueError
from kernel.vocabulary.normal import is_digits

_MAX_DIGITS = 9


def parse_worklist(arguments: Mapping[str, str]) -> WorklistQuery:
    """The filters of a worklist; what makes no sense filters nothing."""
    state = arguments.get("state", "")
    return WorklistQuery(
        item=arguments.get("item", "")[:40],
        state=state if State.has(state) else "",
        case_no=arguments.get("case_no", "")[:40],
        page=_number(arguments.get("page", "")) or 1,
        everything=arguments.get("all", "") == "1",
    )


def parse_act(case_no: str, form: Mapping[str, str]) -> ActRequest:
    """The act that somebody asks for.

    Raises :class:`InvalidValueError`: ``action_unknown`` or ``version_invalid``.
    """
    action = form.get("action", "")
    if not Action.has(action):
        raise InvalidValueError("action_unknown", "没有这种办理", field="action")
    version = form.get("version", "")
    number = _number(version)
    if version and number is None:
        raise InvalidValueError("version_invalid", "页面版本不正确，请刷新后重试", field="version")
    # Browsers send line ends as CR LF.
    note = form.get("note", "").replace("\r\n", "\n")
    return ActRequest(case_no, Action(action), note, number)


def _number(text: str) -> int | None:
    return int(text) if is_digits(text) and len(text) <= _MAX_DIGITS else None

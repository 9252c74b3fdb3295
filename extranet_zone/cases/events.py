"""The bodies of what counterparts tell us, as docs/spec/province/hub-v1.yaml has them; pure."""

from typing import Annotated, Final

from pydantic import Field

from extranet_zone.cases.court import Request
from kernel.messages import Body, Material, Party
from kernel.messages.bodies import CaseNoText, Micros, UnitNoText

Authority = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
Number = Annotated[str, Field(min_length=1, max_length=64)]
Text = Annotated[str, Field(max_length=200)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


MAX_LISTED: Final = 500


class CaseHandedOver(Body):
    """Another authority collected a case of ours."""

    case_no: Number
    collecting_authority: Authority
    item_code: Code
    unit_no: UnitNoText
    applicant: Annotated[str, Field(min_length=1, max_length=100)]
    parties: Annotated[list[Party], Field(min_length=1, max_length=50)]
    materials: Annotated[list[Material], Field(max_length=MAX_LISTED)]
    facts: Annotated[dict[Text, Text], Field(max_length=50)]
    collected_at: Micros
    online_case_no: Annotated[str, Field(pattern=r"^(W[0-9]{15})?$")] = ""
    """Our own number, where the applicant began online and chose that authority's window."""


class RestraintRequested(Body):
    """A court asks about a unit or a person, or to control a unit."""

    request_no: Number
    court: Annotated[str, Field(min_length=1, max_length=100)]
    court_code: Authority
    court_case_no: Text
    judge: Text
    document_no: Annotated[str, Field(min_length=1, max_length=200)]
    request: Annotated[Request, Field(strict=False)]
    unit_no: Text
    facts: Annotated[dict[Text, Text], Field(max_length=50)]
    requested_at: Micros


class CaseConcluded(Body):
    """The home authority has finished a case that we collected."""

    case_no: CaseNoText
    result: Text


class BillPaid(Body):
    """The payment link saw the money of one bill."""

    case_no: CaseNoText
    number: Annotated[int, Field(ge=1, le=999)]
    receipt_no: Number
    amount_fen: Annotated[int, Field(ge=0, le=10**15)] | None = None
    """What was paid; it settles an amount that nobody knew here."""


class PaperPosted(Body):
    """The authority that collected a case of ours posted its paper."""

    case_no: Number
    collecting_authority: Authority
    tracking_no: Annotated[str, Field(min_length=1, max_length=60)]
    posted_at: Micros

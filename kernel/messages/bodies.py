"""The bodies of messages: validated where bytes enter, frozen after.

Field names are English; the pinyin names of the exchange standards appear only in the adapters of
those standards. Amounts are whole fen, areas square metres as text with two decimals (a float would
change on the way), instants microseconds UTC.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from kernel.vocabulary.effects import EFFECT_PATTERN, ROLE_PATTERN

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
UnitNoText = Annotated[str, Field(pattern=r"^[0-9A-Z]{28}$")]
CaseNoText = Annotated[str, Field(pattern=r"^[WC][0-9]{15}$")]
Area = Annotated[str, Field(pattern=r"^[0-9]{1,9}\.[0-9]{2}$")]
DayText = Annotated[str, Field(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
"""A day in Beijing such as ``2026-01-31``, or nothing."""
RightKindText = Annotated[
    str,
    Field(pattern=r"^(ownership|mortgage|easement|residence|advance_notice|objection|seizure)?$"),
]
Micros = Annotated[int, Field(ge=0, le=2**53)]
ShortText = Annotated[str, Field(max_length=200)]
LongText = Annotated[str, Field(max_length=2000)]

MAX_PARTIES = 50
MAX_MATERIALS = 500
MAX_LINEAGE = 10
MAX_UNITS = 500
MAX_CHECKS = 50
MAX_ENDED = 100
MAX_SEIZURES = 100
MAX_DRILL_BYTES = 200_000
MAX_DEFECTS = 100
MAX_BILLS = 20


class Body(BaseModel):
    """Base of every body: unknown fields refused, no coercion, frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Party(Body):
    """Somebody who takes part in a case, as the applicant stated it."""

    role: Annotated[str, Field(pattern=ROLE_PATTERN)]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    kind: Annotated[str, Field(pattern=r"^(1|2|3|4|99)$")] = "1"
    """权利人类型 of TD/T 1066."""
    document_type: Annotated[str, Field(pattern=r"^(1|2|3|4|5|6|7|99)$")]
    """证件种类 of TD/T 1066."""
    document_no: Annotated[str, Field(min_length=1, max_length=40)]
    phone: Annotated[str, Field(max_length=20)] = ""
    share: Annotated[str, Field(pattern=r"^([1-9][0-9]{0,5}/[1-9][0-9]{0,5})?$")] = ""
    """Share as a fraction such as ``1/2``; empty for sole or joint ownership."""


class Material(Body):
    """One uploaded or scanned file of a case, named by its digest."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    """Which material of the catalogue's list this file belongs to."""
    title: ShortText
    file_name: ShortText
    digest: Digest
    size: Annotated[int, Field(ge=1)]
    media_type: Literal["image/jpeg", "image/png", "application/pdf"]
    pages: Annotated[int, Field(ge=1, le=2000)]


class ApplicationSubmitted(Body):
    """A citizen signed and submitted an application on the portal (plan 三（三）2.(1))."""

    case_no: CaseNoText
    mode: Literal["fusion", "online"]
    """线上线下融合 or 线上不见面."""
    item_code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    edition: Annotated[int, Field(ge=1, le=10**6)] = 1
    """Of the catalogue, under which it was signed; portals that do not say so know the first."""
    unit_no: UnitNoText
    applicant: Annotated[str, Field(min_length=1, max_length=100)]
    parties: Annotated[list[Party], Field(min_length=1, max_length=MAX_PARTIES)]
    materials: Annotated[list[Material], Field(max_length=MAX_MATERIALS)]
    facts: Annotated[dict[ShortText, ShortText], Field(max_length=50)]
    """What the item's form asks beyond parties and unit, by field code."""
    declaration: LongText
    """The text the applicant signed, word for word."""
    signed_by: ShortText
    signed_at: Micros
    submitted_at: Micros
    collecting_authority: Annotated[str, Field(pattern=r"^([0-9]{6})?$")] = ""
    """Division code of the authority whose window the applicant chose; empty for the home one."""


class MaterialsDelivered(Body):
    """Files of a case follow in the materials stream; the blobs are the message's own."""

    case_no: CaseNoText
    digests: Annotated[list[Digest], Field(min_length=1, max_length=MAX_MATERIALS)]


class ProgressReported(Body):
    """One step of a case happened; what the applicant sees on the progress page."""

    case_no: CaseNoText
    step: Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,39}$")]
    label: ShortText
    zone: Literal["internet", "extranet", "intranet"]
    at: Micros
    note: LongText = ""
    due_at: Micros | None = None
    ended: bool = False


class CertificateIssued(Body):
    """The electronic certificate of a recorded case; the message's one blob is the PDF."""

    case_no: CaseNoText
    certificate_no: ShortText
    unit_no: UnitNoText
    statement: Annotated[str, Field(max_length=8000)]
    """The signed statement that anybody can verify, see docs/spec/certificate-v1.md."""
    pdf: Digest
    pdf_size: Annotated[int, Field(ge=1)]


class CertificateEnded(Body):
    """The right of a certificate has ended, so that the certificate no longer holds."""

    certificate_no: ShortText
    unit_no: UnitNoText
    how: Annotated[str, Field(pattern=r"^(cancelled|superseded|lapsed)$")]
    """注销; 被后一登记取代（转移、变更、换发、分割合并）; or by law, with no entry of its own."""
    ended_at: Micros


class UnitListed(Body):
    """What the portal may show of a unit to choose it: no holder, no right."""

    unit_no: UnitNoText
    location: ShortText
    use: ShortText
    closed: bool = False
    """Whether it was split or merged: nobody applies for anything on it any more."""


class UnitsPublished(Body):
    """A page of the unit directory for the portal."""

    units: Annotated[list[UnitListed], Field(min_length=1, max_length=MAX_UNITS)]


class CataloguePublished(Body):
    """An edition of the catalogue; the message's one blob is the document."""

    number: Annotated[int, Field(ge=1, le=10**6)]
    document: Digest
    """A publication of docs/spec/catalogue-item-v2.md, section 6."""
    size: Annotated[int, Field(ge=1)]
    published_at: Micros


class ReviewRequested(Body):
    """An accepted case needs spatial review on the intranet."""

    case_no: CaseNoText
    item_code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    item_title: ShortText
    unit_no: UnitNoText
    location: ShortText
    applicant: ShortText
    registered_area: Area | None
    accepted_at: Micros
    due_at: Micros | None
    materials: Annotated[list[Material], Field(max_length=MAX_MATERIALS)]


class ReviewCheck(Body):
    """One check of the spatial review and what it found."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,39}$")]
    label: ShortText
    passed: bool
    finding: LongText


class ReviewConcluded(Body):
    """The spatial reviewer's conclusion. No geometry: areas and words only."""

    case_no: CaseNoText
    unit_no: UnitNoText
    passed: bool
    opinion: LongText
    checks: Annotated[list[ReviewCheck], Field(max_length=MAX_CHECKS)]
    reviewer: ShortText
    received_at: Micros
    concluded_at: Micros


class RecordedSeizure(Body):
    """One seizure of a unit after an entry, in effect or queued."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    kind: Annotated[str, Field(pattern=r"^[1-4]$")]
    """查封类型 of TD/T 1066."""
    court: ShortText
    document_no: ShortText
    arrived_at: Micros
    """When the court's document was served; it decides the rank."""
    term_months: Annotated[int, Field(ge=0, le=36)]
    term_from: DayText
    term_to: DayText


class EndedRight(Body):
    """A right that an entry ended; stock may have no number for it, then its holders tell."""

    kind: RightKindText
    certificate_no: ShortText
    holders: Annotated[list[ShortText], Field(max_length=MAX_PARTIES)]


class RegisterRecorded(Body):
    """One recorded entry (登簿) for the intranet's mirror, with its recording-log number."""

    entry_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    log_no: Annotated[int, Field(ge=1)]
    case_no: CaseNoText
    unit_no: UnitNoText
    effect: Annotated[str, Field(pattern=EFFECT_PATTERN)]
    registration_type: Annotated[str, Field(pattern=r"^[1-9]00$")]
    right_type: Annotated[str, Field(pattern=r"^[0-9]{1,2}$")]
    certificate_no: ShortText
    holders: Annotated[list[Party], Field(max_length=MAX_PARTIES)]
    facts: Annotated[dict[ShortText, ShortText], Field(max_length=50)]
    recorded_at: Micros
    recorder: ShortText
    right_kind: RightKindText = ""
    """What was recorded; empty in messages of platforms that recorded four effects alone."""
    ended: Annotated[list[EndedRight], Field(max_length=MAX_ENDED)] = []
    location: ShortText = ""
    use: ShortText = ""
    area: Annotated[str, Field(max_length=12)] = ""
    nature: ShortText = ""
    term: ShortText = ""
    """The unit's particulars after the entry; empty in messages of older platforms."""
    seizures: Annotated[list[RecordedSeizure], Field(max_length=MAX_SEIZURES)] = []
    """Every seizure after the entry, by rank."""
    predecessors: Annotated[list[UnitNoText], Field(max_length=MAX_LINEAGE)] = []
    successors: Annotated[list[UnitNoText], Field(max_length=MAX_LINEAGE)] = []
    """The units it came from by splitting or merging, and those that took its place."""


class DrillSent(Body):
    """A rehearsal of the way between two zones; it has no effect on anything."""

    drill: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    number: Annotated[int, Field(ge=1)]
    of: Annotated[int, Field(ge=1)]
    filler: Annotated[str, Field(max_length=MAX_DRILL_BYTES)]


class SupplementRequested(Body):
    """The one notice of everything that is missing or wrong; the applicant answers it whole."""

    case_no: CaseNoText
    notice: Annotated[int, Field(ge=1, le=999)]
    defects: Annotated[list[LongText], Field(min_length=1, max_length=MAX_DEFECTS)]
    materials: Annotated[
        list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]],
        Field(max_length=MAX_MATERIALS),
    ]
    """Codes of the materials that are asked for; empty for any of the item's."""
    requested_at: Micros


class SupplementSubmitted(Body):
    """The applicant's answer to a notice; the files' bytes follow in ``materials.delivered``."""

    case_no: CaseNoText
    notice: Annotated[int, Field(ge=1, le=999)]
    materials: Annotated[list[Material], Field(max_length=MAX_MATERIALS)]
    remark: LongText = ""
    submitted_at: Micros


class BillStated(Body):
    """One amount of a case: ``paid_at`` is nothing while it is owed, the amount while unknown."""

    number: Annotated[int, Field(ge=1, le=999)]
    title: ShortText
    amount_fen: Annotated[int, Field(ge=0, le=2**53)] | None
    paid_at: Micros | None


class PaymentStated(Body):
    """What a case owes and what was paid, whole; a later statement replaces an earlier one."""

    case_no: CaseNoText
    bills: Annotated[list[BillStated], Field(min_length=1, max_length=MAX_BILLS)]
    stated_at: Micros

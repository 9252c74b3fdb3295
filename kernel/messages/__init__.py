"""The message contract between zones: the only thing the programs of two zones share by meaning.

A *message* is one fact a zone tells another: what kind it is decides who may send it to whom, in
which stream it travels and which body it has (:data:`ROUTES`). A kind that is not listed for a
direction cannot be sent, and is refused when it arrives: that is how exactly two classes of facts,
review results and progress, can leave the intranet, and nothing with geometry ever can.
"""

from kernel.messages.bodies import (
    ApplicationSubmitted,
    BillStated,
    Body,
    CataloguePublished,
    CertificateEnded,
    CertificateIssued,
    DrillSent,
    EndedRight,
    Material,
    MaterialsDelivered,
    Party,
    PaymentStated,
    ProgressReported,
    RecordedSeizure,
    RegisterRecorded,
    ReviewCheck,
    ReviewConcluded,
    ReviewRequested,
    SupplementRequested,
    SupplementSubmitted,
    UnitListed,
    UnitsPublished,
)
from kernel.messages.envelope import BlobRef, Message, decode, encode
from kernel.messages.routes import ROUTES, Kind, Route, require_route

__all__ = [
    "ROUTES",
    "ApplicationSubmitted",
    "BillStated",
    "BlobRef",
    "Body",
    "CataloguePublished",
    "CertificateEnded",
    "CertificateIssued",
    "DrillSent",
    "EndedRight",
    "Kind",
    "Material",
    "MaterialsDelivered",
    "Message",
    "Party",
    "PaymentStated",
    "ProgressReported",
    "RecordedSeizure",
    "RegisterRecorded",
    "ReviewCheck",
    "ReviewConcluded",
    "ReviewRequested",
    "Route",
    "SupplementRequested",
    "SupplementSubmitted",
    "UnitListed",
    "UnitsPublished",
    "decode",
    "encode",
    "require_route",
]

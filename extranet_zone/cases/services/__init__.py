"""Case work: arrivals, acts with their guards and effects, and what pages ask."""

from extranet_zone.cases.services.acts import ActRequest, act
from extranet_zone.cases.services.arrival import (
    conclude_review,
    deliver_materials,
    receive_application,
    receive_supplement,
    relay_progress,
)
from extranet_zone.cases.services.work import CaseWork

__all__ = [
    "ActRequest",
    "CaseWork",
    "act",
    "conclude_review",
    "deliver_materials",
    "receive_application",
    "receive_supplement",
    "relay_progress",
]

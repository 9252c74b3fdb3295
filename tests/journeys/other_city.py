"""The other city's authority and the court at the province's hub, as the hub's contract has it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from appliance.desks import OTHER_CITY
from appliance.sample.materials import Upload
from appliance.sample.twenty import Line
from integration.extranet.province_hub import Hub

from kernel.clock import to_micros

COURT = "样例人民法院"
PATIENCE_SECONDS = 60.0
HOLDER_KINDS = {"1": "1", "7": "2"}


@dataclass
class Province:
    """Puts events where the extranet fetches them, and reads what it was told."""

    hub: Hub
    told: int = 0

    def say(self, kind: str, body: Mapping[str, object]) -> None:
        self.told += 1
        self.hub.store.tell(f"event-{self.told}", kind, body)

    def calls(self, operation: str) -> list[dict[str, Any]]:
        return self.hub.told(operation)

    def awaited(self, operation: str, count: int = 1) -> list[dict[str, Any]]:
        """The calls of ``operation``, once there are ``count`` of them."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.calls(operation)) < count and time.monotonic() < deadline:
            time.sleep(0.2)
        return self.calls(operation)

    def ask_court(self, request: str, unit_no: str) -> str:
        """A court asks about a unit, or to control it; answers its number of the request."""
        request_no = f"CK-{self.told + 1:06d}"
        self.say(
            "restraint.requested",
            {
                "request_no": request_no,
                "court": COURT,
                "court_code": "419001",
                "court_case_no": "（2025）豫样执2号",
                "judge": "样法官",
                "document_no": f"（2025）豫样执2号之{self.told + 1}",
                "request": request,
                "unit_no": unit_no,
                "facts": {},
                "requested_at": _now(),
            },
        )
        return request_no

    def hand_over(self, line: Line, files: tuple[Upload, ...]) -> None:
        self.say(
            "case.handedOver",
            {
                "case_no": f"Z{self.told:06d}",
                "collecting_authority": OTHER_CITY,
                "item_code": line.item,
                "unit_no": line.unit_no,
                "applicant": line.parties[0].name,
                "parties": [
                    {
                        "role": party.role,
                        "name": party.name,
                        "kind": HOLDER_KINDS[party.document_type],
                        "document_type": party.document_type,
                        "document_no": party.document_no,
                        "phone": "",
                        "share": "",
                    }
                    for party in line.parties
                ],
                "materials": [self._material(file) for file in files],
                "facts": dict(line.facts),
                "collected_at": _now(),
            },
        )

    def collect(self, case_no: str) -> bool:
        """Whether the played city got what its applicant began online; it collects it at once."""
        return any(b["online_case_no"] == case_no for b in self.calls("pushReviewedCase"))

    def _material(self, file: Upload) -> dict[str, object]:
        code, path, media_type = file
        data = path.read_bytes()
        digest = self.hub.store.keep(data)
        return {
            "code": code,
            "title": path.stem,
            "file_name": path.name,
            "digest": digest,
            "size": len(data),
            "media_type": media_type,
            "pages": 1,
        }


def _now() -> int:
    return to_micros(datetime.now(UTC))

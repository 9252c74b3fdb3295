"""The written contract as a judge: every request, answer and event is held against it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from flask import Flask, Response, request
from jsonschema import Draft7Validator

CONTRACT = Path(__file__).parents[3] / "docs/spec/province/hub-v1.yaml"
OURS_TO_RETRY = {401, 403, 408, 425, 429}


def plain(node: Any) -> Any:
    """OpenAPI's ``nullable`` as JSON Schema says it."""
    if isinstance(node, list):
        return [plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {name: plain(value) for name, value in node.items() if name != "nullable"}
    if node.get("nullable") is True:
        made["type"] = [made["type"], "null"]
    return made


@dataclass
class Contract:
    """The contract, and what broke it so far."""

    document: dict[str, Any] = field(
        default_factory=lambda: plain(yaml.safe_load(CONTRACT.read_text("utf-8")))
    )
    broken: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    """Operations and kinds of events that passed."""

    @property
    def operations(self) -> dict[str, dict[str, Any]]:
        return {
            way["operationId"]: way
            for methods in self.document["paths"].values()
            for way in methods.values()
            if isinstance(way, dict) and "operationId" in way
        }

    @property
    def kinds(self) -> Mapping[str, str]:
        found: dict[str, str] = self.document["components"]["schemas"]["Event"]["x-body-of-kind"]
        return found

    def errors(self, schema: Mapping[str, Any], body: object) -> Iterator[str]:
        whole = {"allOf": [schema], "components": self.document["components"]}
        for error in Draft7Validator(whole).iter_errors(body):
            yield f"{'.'.join(map(str, error.absolute_path))}: {error.message}"

    def judge_call(self, operation: str, body: object) -> None:
        content = self.operations[operation]["requestBody"]["content"]["application/json"]
        self._note(operation, content["schema"], body)

    def judge_event(self, event: Mapping[str, Any]) -> None:
        self._note("Event", {"$ref": "#/components/schemas/Event"}, event)
        schema = {"$ref": f"#/components/schemas/{self.kinds[event['kind']]}"}
        self._note(event["kind"], schema, event["body"])

    def _note(self, name: str, schema: Mapping[str, Any], body: object) -> None:
        self.seen.add(name)
        self.broken += [f"{name}: {error}" for error in self.errors(schema, body)]

    def watch(self, app: Flask) -> None:
        """Judge all that passes through ``app``."""

        @app.before_request
        def ask() -> None:
            operation = (request.view_args or {}).get("operation")
            if operation is None:
                return
            if operation not in self.operations:
                self.broken.append(f"{operation}: not in the contract")
            else:
                self.judge_call(operation, request.get_json(silent=True))
            if not 0 < len(request.headers.get("Idempotency-Key", "")) <= 64:
                self.broken.append(f"{operation}: no key")

        @app.after_request
        def answer(response: Response) -> Response:
            if not request.path.startswith("/v1/") or response.status_code >= 500:
                return response
            rule = request.url_rule
            view = str((request.view_args or {}).get("operation") or (rule and rule.endpoint))
            names = {"put_file": "putFile", "get_file": "getFile", "events": "listEvents"}
            names["acknowledge"] = "acknowledgeEvent"
            way = self.operations.get(names.get(view, view), {"responses": {}})
            declared = {int(status) for status in way["responses"]} | OURS_TO_RETRY
            if response.status_code not in declared:
                self.broken.append(f"{view}: answered {response.status_code}")
            if view == "events" and response.is_json:
                for event in response.get_json()["events"]:
                    self.judge_event(event)
            return response

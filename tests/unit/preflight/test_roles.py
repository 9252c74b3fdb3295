"""Claims about the roles as they are written."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = sorted(path for path in (Path(__file__).parents[3] / "ansible/roles").iterdir())


def tasks_of(folder: Path) -> Iterator[dict[str, Any]]:
    """Every task below ``folder``, those within blocks too."""
    for path in sorted(folder.glob("*.yml")):
        waiting = list(yaml.safe_load(path.read_text("utf-8")) or [])
        while waiting:
            task = waiting.pop()
            yield task
            for part in ("block", "rescue", "always"):
                waiting.extend(task.get(part, ()))


def notified(role: Path) -> set[str]:
    """The handlers a role asks for."""
    found: set[str] = set()
    for task in tasks_of(role / "tasks"):
        names = task.get("notify", [])
        found.update([names] if isinstance(names, str) else names)
    return found


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_handler_that_is_asked_for_is_the_roles_own(role: Path) -> None:
    # Ansible finds this out on the host, in the middle of a deployment.
    assert notified(role) <= {handler["name"] for handler in tasks_of(role / "handlers")}


def test_the_handlers_above_are_found_at_all() -> None:
    assert sum(len(notified(role)) for role in ROLES) > 10

"""Fixtures of the portal's tests: on SQLite, and on PostgreSQL where that matters."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from appliance.sample.people import BUYER
from portal_office import Browser, PortalOffice, open_portal


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PortalOffice]:
    with open_portal(tmp_path, f"sqlite:///{tmp_path / 'portal.db'}") as opened:
        yield opened


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PortalOffice]:
    """On both kinds of database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'portal.db'}"
    else:
        url = request.getfixturevalue("new_postgres_url")()
    with open_portal(tmp_path, url) as opened:
        yield opened


@pytest.fixture
def buyer(office: PortalOffice) -> Browser:
    """A registered, signed-in citizen."""
    return office.browser(BUYER)

"""What every test may use: quiet logs, steady Hypothesis, a real PostgreSQL, Debian's Chromium."""

import io
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "ansible"))

from appliance.chromium import ARGUMENTS
from integration import postgres
from playwright.sync_api import Browser, sync_playwright

from kernel import logs

# The same examples every time, and no deadline: this suite never judges by time.
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=60)
settings.register_profile("long", derandomize=False, deadline=None, max_examples=2000)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="many new random examples a property")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--long"):
        settings.load_profile("long")


@pytest.fixture(autouse=True)
def _quiet_logs() -> None:
    # Before every test: a command run within another test left the log at that test's own output.
    logs.configure("test", stream=io.StringIO())


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[Path]:
    """The socket folder of a throw-away PostgreSQL server."""
    if not postgres.is_installed():
        pytest.skip("PostgreSQL is not installed")
    with postgres.server() as folder:
        yield folder


@pytest.fixture
def new_postgres_url(postgres_folder: Path) -> Callable[[], str]:
    """Makes a new, empty database and answers its URL."""
    return lambda: postgres.new_database(postgres_folder)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database on each kind of server."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    url: str = request.getfixturevalue("new_postgres_url")()
    return url


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's Chromium."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("Chromium is not installed")
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A running Chromium; every person opens a context of their own in it."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()

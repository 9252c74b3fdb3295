"""Wires the intranet: from one settings file to its parts."""

from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher
from flask import Blueprint, Flask, redirect, url_for
from werkzeug.wrappers import Response

from intranet_zone.db import SCHEMA
from intranet_zone.exchange.handlers import HANDLERS
from intranet_zone.mirror import views as mirror_views
from intranet_zone.reviews import views as review_views
from intranet_zone.reviews.deadlines import deadlines
from intranet_zone.roles import Permission, permissions_of, role_label
from intranet_zone.settings import IntranetSettings
from kernel import audit
from kernel.clock import Clock, SystemClock, now_micros
from kernel.db import Database
from kernel.deadlines import DEADLINES
from kernel.exchange import Exchange
from kernel.keys import TrustStore, ZoneKeys
from kernel.keys import load as load_keys
from kernel.materials import MaterialsStore
from kernel.migrate import require_current
from kernel.program.worker import Job
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone
from kernel.web import exchange_console
from kernel.web.access import Access, current
from kernel.web.accounts import Accounts
from kernel.web.frame import Console, NavItem, Site, create_console

PURGE_SECONDS: Final = 600
DEADLINES_SECONDS: Final = 30
NAV: Final = (
    NavItem("空间审核", "reviews.index"),
    NavItem("登记簿镜像", "mirror.show"),
    NavItem("数据交换", "exchange.show", whole=True),
)


@dataclass(frozen=True, slots=True)
class Platform:
    """The parts that web and worker processes share."""

    settings: IntranetSettings
    clock: Clock
    database: Database
    store: MaterialsStore
    spool: Spool
    keys: ZoneKeys
    trust: TrustStore


def open_database(settings: IntranetSettings, clock: Clock) -> Database:
    """The zone's database with its audit trail attached."""
    database = Database(settings.database.url)
    audit.attach(database, Zone.INTRANET.value, clock)
    return database


def exchange_desk(
    settings: IntranetSettings, database: Database, clock: Clock
) -> exchange_console.Desk:
    """What the exchange pages and metrics read."""
    return exchange_console.Desk(
        Zone.INTRANET, database, Spool(settings.spool.folder), clock, settings.exchange
    )


def wire(settings: IntranetSettings, clock: Clock | None = None) -> Platform:
    """Everything the intranet needs, on a database that is up to date.

    Raises :class:`kernel.errors.UnavailableError` (``database_not_migrated``) and
    :class:`kernel.errors.SettingsError` (keys, trust file).
    """
    clock = clock or SystemClock()
    database = open_database(settings, clock)
    require_current(database, SCHEMA)
    return Platform(
        settings=settings,
        clock=clock,
        database=database,
        store=MaterialsStore(settings.materials.folder),
        spool=Spool(settings.spool.folder),
        keys=load_keys(Zone.INTRANET, settings.keys.folder),
        trust=TrustStore.load(settings.keys.trust),
    )


def make_exchange(platform: Platform) -> Exchange:
    """The zone's exchange; only the worker process may tick it."""
    return Exchange(
        Zone.INTRANET,
        platform.database,
        platform.spool,
        platform.store,
        platform.keys,
        platform.trust,
        platform.clock,
        HANDLERS,
        beacon_seconds=platform.settings.exchange.beacon_seconds,
        marks=platform.settings.exchange.marks,
    )


def make_jobs(platform: Platform, exchange: Exchange, accounts: Accounts) -> list[Job]:
    """The worker's periodic work."""

    def purge() -> None:
        with platform.database.begin() as session:
            accounts.purge(session, now_micros(platform.clock))

    def tell_deadlines() -> None:
        with platform.database.reading() as session:
            told = deadlines(session)
        told.write(platform.spool.folder, DEADLINES)

    return [
        Job("exchange", platform.settings.exchange.tick_seconds, exchange.tick),
        Job("sessions", PURGE_SECONDS, purge),
        Job("deadlines", DEADLINES_SECONDS, tell_deadlines),
    ]


def create_app(platform: Platform, hasher: PasswordHasher | None = None) -> Flask:
    """The console; ``hasher`` only ever differs in tests, where passwords must be quick."""
    reviews = review_views.Desk(platform.database, platform.clock, platform.store)
    return create_console(
        Console(
            site=Site(
                zone=Zone.INTRANET,
                title="地籍与空间审核平台",
                subtitle="济源市自然资源和规划局",
                home="intranet.home",
                nav=NAV,
                footer="济源市自然资源和规划局　业务内网，与互联网物理隔离",
                sign_in_hint="请使用本人账号登录，账号不得共用",
                sample=platform.settings.sample,
            ),
            database=platform.database,
            clock=platform.clock,
            settings=platform.settings.web,
            permissions_of=permissions_of,
            role_labels=role_label,
            blueprints=(
                _own_pages(),
                review_views.blueprint(reviews),
                mirror_views.blueprint(mirror_views.Desk(platform.database)),
                exchange_console.blueprint(
                    exchange_desk(platform.settings, platform.database, platform.clock)
                ),
            ),
            rules={
                "intranet.home": Access.SIGNED_IN,
                "intranet.static": Access.PUBLIC,
                **review_views.RULES,
                **mirror_views.RULES,
                **exchange_console.rules(Permission.EXCHANGE_READ, Permission.EXCHANGE_DECIDE),
            },
            hasher=hasher,
        )
    )


def _own_pages() -> Blueprint:
    """The first page, and the files of the map."""
    pages = Blueprint(
        "intranet", __name__, static_folder="static", static_url_path="/intranet/static"
    )

    @pages.get("/")
    def home() -> Response:
        person = current()
        permissions = permissions_of(person.roles) if person else frozenset()
        first = "reviews.index" if Permission.REVIEWS_READ in permissions else "exchange.show"
        return redirect(url_for(first))

    return pages

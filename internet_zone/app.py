"""Wires the portal: from one settings file to its parts."""

from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher
from flask import Flask, request

from internet_zone import limits
from internet_zone.applications import views as application_views
from internet_zone.catalogue.services import PortalCatalogue
from internet_zone.certificates import views as certificate_views
from internet_zone.citizens import views as citizen_views
from internet_zone.db import SCHEMA
from internet_zone.exchange.handlers import handlers
from internet_zone.home import views as home_views
from internet_zone.roles import Permission, permissions_of, role_label
from internet_zone.settings import InternetSettings
from internet_zone.uplink.deliveries import Deliveries
from internet_zone.uplink.views import create_uplink
from kernel import audit
from kernel.clock import Clock, SystemClock, now_micros
from kernel.db import Database
from kernel.exchange import Exchange
from kernel.keys import TrustStore, ZoneKeys
from kernel.keys import load as load_keys
from kernel.materials import MaterialsStore
from kernel.migrate import require_current
from kernel.program.worker import Job
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone
from kernel.web import exchange_console
from kernel.web.access import Access
from kernel.web.accounts import Accounts
from kernel.web.frame import Console, NavItem, Site, create_console
from kernel.web.server import peer_fingerprint

PURGE_SECONDS: Final = 600
STALE_PART_SECONDS: Final = 24 * 3600
NAV: Final = (
    NavItem("首页", "home.index"),
    NavItem("我的申请", "applications.index"),
    NavItem("验证证书", "certificates.verify"),
    NavItem("数据交换", "exchange.show", whole=True),
)


@dataclass(frozen=True, slots=True)
class Portal:
    """The parts that web and worker processes share."""

    settings: InternetSettings
    clock: Clock
    database: Database
    store: MaterialsStore
    spool: Spool
    keys: ZoneKeys
    trust: TrustStore


def open_database(settings: InternetSettings, clock: Clock) -> Database:
    """The zone's database with its audit trail attached."""
    database = Database(settings.database.url)
    audit.attach(database, Zone.INTERNET.value, clock)
    return database


def exchange_desk(
    settings: InternetSettings, database: Database, clock: Clock
) -> exchange_console.Desk:
    """What the exchange pages and metrics read."""
    return exchange_console.Desk(
        Zone.INTERNET, database, Spool(settings.spool.folder), clock, settings.exchange
    )


def wire(settings: InternetSettings, clock: Clock | None = None) -> Portal:
    """Everything the portal needs, on a database that is up to date.

    Raises :class:`kernel.errors.UnavailableError` (``database_not_migrated``) and
    :class:`kernel.errors.SettingsError` (keys, trust file).
    """
    clock = clock or SystemClock()
    database = open_database(settings, clock)
    require_current(database, SCHEMA)
    return Portal(
        settings=settings,
        clock=clock,
        database=database,
        store=MaterialsStore(settings.materials.folder),
        spool=Spool(settings.spool.folder),
        keys=load_keys(Zone.INTERNET, settings.keys.folder),
        trust=TrustStore.load(settings.keys.trust),
    )


def make_exchange(portal: Portal) -> Exchange:
    """The zone's exchange; only the worker process may tick it."""
    return Exchange(
        Zone.INTERNET,
        portal.database,
        portal.spool,
        portal.store,
        portal.keys,
        portal.trust,
        portal.clock,
        handlers(portal.trust, portal.store),
        beacon_seconds=portal.settings.exchange.beacon_seconds,
        marks=portal.settings.exchange.marks,
    )


def make_jobs(portal: Portal, exchange: Exchange, accounts: Accounts) -> list[Job]:
    """The worker's periodic work."""

    def purge() -> None:
        now = portal.clock.now()
        with portal.database.begin() as session:
            accounts.purge(session, now_micros(portal.clock))
        portal.store.sweep_parts(now.timestamp() - STALE_PART_SECONDS)

    return [
        Job("exchange", portal.settings.exchange.tick_seconds, exchange.tick),
        Job("sessions", PURGE_SECONDS, purge),
    ]


def create_app(portal: Portal, hasher: PasswordHasher | None = None) -> Flask:
    """The public portal; ``hasher`` only ever differs in tests, where passwords must be quick."""
    catalogue = PortalCatalogue()
    desk = application_views.Desk(portal.database, portal.clock, portal.store, catalogue)
    proof = certificate_views.Desk(portal.database, portal.clock, portal.trust)
    app = create_console(
        Console(
            site=Site(
                zone=Zone.INTERNET,
                title="济源市不动产登记网上“一窗办事”平台",
                subtitle="全豫通办",
                home="home.index",
                nav=NAV,
                footer="济源市自然资源和规划局　互联网",
                sign_in_hint="登录名是注册时的手机号",
                register_endpoint="citizens.form",
                sample=portal.settings.sample,
            ),
            database=portal.database,
            clock=portal.clock,
            settings=portal.settings.web,
            permissions_of=permissions_of,
            role_labels=role_label,
            blueprints=(
                home_views.blueprint(home_views.Desk(portal.database, portal.clock, catalogue)),
                citizen_views.blueprint(portal.database, portal.clock),
                application_views.blueprint(desk),
                certificate_views.blueprint(proof),
                exchange_console.blueprint(
                    exchange_desk(portal.settings, portal.database, portal.clock)
                ),
            ),
            rules={
                **home_views.RULES,
                "citizens.form": Access.PUBLIC,
                "citizens.submit": Access.PUBLIC,
                **application_views.RULES,
                **certificate_views.RULES,
                **exchange_console.rules(Permission.EXCHANGE_READ, Permission.EXCHANGE_DECIDE),
            },
            hasher=hasher,
            upload_limits={**application_views.UPLOAD_LIMITS, **certificate_views.UPLOAD_LIMITS},
        )
    )
    limits.install(app, make_limits(portal), _is_counted)
    return app


def make_limits(portal: Portal) -> limits.Windows:
    """How often one address may register, sign in, sign and verify."""
    allowed = portal.settings.limits
    ten_minutes, minute = 600, 60
    return limits.Windows(
        {
            "citizens.submit": limits.Limit(allowed.registrations, ten_minutes),
            "account.do_sign_in": limits.Limit(allowed.sign_ins, ten_minutes),
            "applications.submit": limits.Limit(allowed.sign_ins, ten_minutes),
            "certificates.verify": limits.Limit(allowed.verifications, minute),
            "certificates.verify_file": limits.Limit(allowed.verifications, minute),
        },
        portal.clock,
    )


def _is_counted() -> bool:
    """Opening the empty form to verify costs nothing; asking does."""
    return request.endpoint != "certificates.verify" or bool(request.args.get("no"))


def create_uplink_app(settings: InternetSettings) -> Flask:
    """The uplink's listening end: files and public keys only, no database."""
    spool = Spool(settings.spool.folder)
    deliveries = Deliveries(spool, TrustStore.load(settings.keys.trust), SystemClock())
    return create_uplink(spool, deliveries, settings.uplink.client_sha256, peer_fingerprint)

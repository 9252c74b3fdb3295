"""Wires the registration platform: from one settings file to its parts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher
from flask import Flask, g
from sqlalchemy.orm import Session

from extranet_zone.blanks import views as blank_views
from extranet_zone.cases import views as case_views
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services import CaseWork
from extranet_zone.cases.services.claims import authority_of
from extranet_zone.cases.services.incoming import handle_event
from extranet_zone.cases.services.work import has_earlier_case, has_other_case
from extranet_zone.catalogue import views as catalogue_views
from extranet_zone.catalogue.commands import Shelf
from extranet_zone.catalogue.services import Catalogue
from extranet_zone.certificates import views as certificate_views
from extranet_zone.certificates.pdf import Issuer
from extranet_zone.certificates.services import CertificateService
from extranet_zone.clocks import views as clock_views
from extranet_zone.clocks.calendar import LoadedCalendar
from extranet_zone.clocks.rules import load_rules
from extranet_zone.clocks.services import ClockKeeper
from extranet_zone.clocks.services.report import clock_alarms
from extranet_zone.db import SCHEMA
from extranet_zone.exchange.handlers import handlers
from extranet_zone.home import views as home_views
from extranet_zone.province import views as province_views
from extranet_zone.province.alarms import province_alarms
from extranet_zone.province.link import HttpLink
from extranet_zone.province.replay import replay
from extranet_zone.province.services import ProvinceQueue, collect, deliver
from extranet_zone.register import views as register_views
from extranet_zone.register.rules import RECORDABLE
from extranet_zone.register.services import RegisterService
from extranet_zone.roles import Permission, Role, permissions_of
from extranet_zone.settings import ExtranetSettings
from extranet_zone.statistics import views as statistics_views
from extranet_zone.uplink.client import Uplink
from extranet_zone.window import views as window_views
from extranet_zone.window.services.removing import remove_old
from kernel import audit
from kernel.alarms import Alarm
from kernel.clock import Clock, SystemClock, now_micros
from kernel.db import Database
from kernel.exchange import Exchange
from kernel.keys import TrustStore, ZoneKeys
from kernel.keys import load as load_keys
from kernel.keys.documents import load_signer
from kernel.materials import MaterialsStore
from kernel.migrate import require_current
from kernel.paper.fonts import Fonts
from kernel.program.worker import Job
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone
from kernel.web import exchange_console
from kernel.web.access import require_person, source
from kernel.web.accounts import Accounts, default_hasher
from kernel.web.frame import Console, NavItem, Site, create_console

PURGE_SECONDS: Final = 600
NAV: Final = (
    NavItem("待办", "cases.list_cases"),
    NavItem("窗口录入", "cases.new_entry"),
    NavItem("窗口设备", "window.index"),
    NavItem("窗口登记", "window.registration"),
    NavItem("时限统计", "clocks.show", whole=True),
    NavItem("统计", "statistics.show"),
    NavItem("登记簿查询", "register.find"),
    NavItem("登簿日志", "register.log"),
    NavItem("电子证照", "certificates.index"),
    NavItem("空白证书", "blanks.index"),
    NavItem("事项清单", "catalogue.index", whole=True),
    NavItem("省级链路", "province.index"),
    NavItem("数据交换", "exchange.show", whole=True),
)


@dataclass(frozen=True, slots=True)
class Platform:
    """The parts that web and worker processes share."""

    settings: ExtranetSettings
    clock: Clock
    database: Database
    store: MaterialsStore
    spool: Spool
    keys: ZoneKeys
    trust: TrustStore
    work: CaseWork
    fonts: Fonts


def open_database(settings: ExtranetSettings, clock: Clock) -> Database:
    """The zone's database with its audit trail attached."""
    database = Database(settings.database.url)
    audit.attach(database, Zone.EXTRANET.value, clock)
    return database


def exchange_desk(
    settings: ExtranetSettings, database: Database, clock: Clock
) -> exchange_console.Desk:
    """What the exchange pages and metrics read."""
    return exchange_console.Desk(
        Zone.EXTRANET,
        database,
        Spool(settings.spool.folder),
        clock,
        settings.exchange,
        further_alarms=_further_alarms,
    )


def _further_alarms(session: Session, now: int) -> Iterator[Alarm]:
    yield from clock_alarms(session, now)
    yield from province_alarms(session, now)


def open_shelf(settings: ExtranetSettings, clock: Clock) -> Shelf:
    """What the commands about the catalogue work on, on a database that is up to date."""
    database = open_database(settings, clock)
    require_current(database, SCHEMA)
    return Shelf(
        database,
        Catalogue(RECORDABLE),
        MaterialsStore(settings.materials.folder),
        now_micros(clock),
    )


def wire(settings: ExtranetSettings, clock: Clock | None = None) -> Platform:
    """Everything case work needs, on a database that is up to date.

    Raises :class:`kernel.errors.UnavailableError` (``database_not_migrated``) and
    :class:`kernel.errors.SettingsError` (keys, trust file, catalogue).
    """
    clock = clock or SystemClock()
    database = open_database(settings, clock)
    require_current(database, SCHEMA)
    store = MaterialsStore(settings.materials.folder)
    keys = load_keys(Zone.EXTRANET, settings.keys.folder)
    issuer = Issuer(
        settings.authority.name, settings.certificates.portal_url, settings.certificates.sample
    )
    fonts = Fonts.load()
    trust = TrustStore.load(settings.keys.trust)
    register = RegisterService(
        settings.authority.short_name,
        has_other_case,
        earlier_case=has_earlier_case,
        clock=clock,
    )
    work = CaseWork(
        catalogue=Catalogue(register.recordable),
        clocks=ClockKeeper(LoadedCalendar(database, trust, clock), load_rules()),
        store=store,
        register=register,
        certificates=CertificateService(
            store, keys, load_signer(settings.keys.folder), issuer, fonts
        ),
        province=ProvinceQueue(linked=settings.province is not None),
        authority=settings.authority.district,
    )
    return Platform(
        settings=settings,
        clock=clock,
        database=database,
        store=store,
        spool=Spool(settings.spool.folder),
        keys=keys,
        trust=trust,
        work=work,
        fonts=fonts,
    )


def make_exchange(platform: Platform) -> Exchange:
    """The zone's exchange; only the worker process may tick it."""
    return Exchange(
        Zone.EXTRANET,
        platform.database,
        platform.spool,
        platform.store,
        platform.keys,
        platform.trust,
        platform.clock,
        handlers(platform.work),
        beacon_seconds=platform.settings.exchange.beacon_seconds,
        marks=platform.settings.exchange.marks,
    )


def make_jobs(platform: Platform, exchange: Exchange, accounts: Accounts) -> list[Job]:
    """The worker's periodic work; the uplink only where the settings name one."""

    def purge() -> None:
        with platform.database.begin() as session:
            accounts.purge(session, now_micros(platform.clock))

    def tidy() -> None:
        with platform.database.begin() as session:
            remove_old(
                session,
                platform.store,
                platform.work.clocks.calendar,
                now_micros(platform.clock),
            )

    settings = platform.settings
    jobs = [
        Job("exchange", settings.exchange.tick_seconds, exchange.tick),
        Job("sessions", PURGE_SECONDS, purge),
        Job("window", PURGE_SECONDS, tidy),
    ]
    if settings.uplink is not None:
        uplink = Uplink(settings.uplink, platform.spool, platform.trust, platform.clock)
        jobs.append(Job("uplink", settings.uplink.seconds, uplink.run))
    if settings.province is not None:
        link = HttpLink(settings.province, platform.store)

        def handle(
            session: Session, kind: str, body: Mapping[str, object], now: int, arrived: int
        ) -> None:
            handle_event(session, platform.work, kind, body, now, arrived)

        def talk() -> None:
            deliver(platform.database, link, platform.clock)
            collect(platform.database, link, platform.clock, handle)
            replay(platform.database, link, platform.clock, handle)

        jobs.append(Job("province", settings.province.seconds, talk))
    return jobs


def create_app(platform: Platform, hasher: PasswordHasher | None = None) -> Flask:
    """The console; ``hasher`` only ever differs in tests, where passwords must be quick.

    Raises :class:`RuntimeError` when a page has no declared permission.
    """
    settings = platform.settings

    def actor() -> Actor:
        return _actor(platform.database)

    desk = case_views.Desk(platform.database, platform.work, platform.clock, actor)
    window_desk = window_views.WindowDesk(
        platform.database,
        platform.work,
        platform.clock,
        actor,
        Accounts(hasher or default_hasher(), settings.web.idle_minutes).is_signed_in,
        settings.window.face_threshold,
        sample=settings.certificates.sample,
    )
    return create_console(
        Console(
            site=Site(
                zone=Zone.EXTRANET,
                title="不动产登记信息管理平台",
                subtitle=settings.authority.name,
                home="home.index",
                nav=NAV,
                footer=f"{settings.authority.name}　电子政务外网",
                sign_in_hint="请使用本人账号登录，账号不得共用",
                sample=settings.certificates.sample,
            ),
            database=platform.database,
            clock=platform.clock,
            settings=settings.web,
            permissions_of=permissions_of,
            role_labels=lambda role: Role(role).label if Role.has(role) else role,
            blueprints=(
                home_views.make_blueprint(),
                case_views.make_blueprint(desk),
                clock_views.make_blueprint(
                    clock_views.ClockDesk(
                        platform.database,
                        platform.clock,
                        platform.work.clocks.rules,
                        platform.work.catalogue.title_in_force,
                    )
                ),
                statistics_views.make_blueprint(
                    statistics_views.StatisticsDesk(
                        platform.database,
                        platform.clock,
                        platform.work.catalogue,
                        platform.work.clocks,
                        platform.work.authority,
                        actor,
                    )
                ),
                register_views.make_blueprint(
                    register_views.RegisterDesk(
                        platform.database,
                        platform.clock,
                        actor,
                        settings.authority.name,
                        platform.fonts,
                        sample=settings.certificates.sample,
                    )
                ),
                certificate_views.make_blueprint(
                    certificate_views.CertificateDesk(platform.database, platform.store, actor)
                ),
                blank_views.make_blueprint(
                    blank_views.BlankDesk(platform.database, platform.clock, actor)
                ),
                catalogue_views.make_blueprint(
                    catalogue_views.CatalogueDesk(
                        platform.database,
                        platform.clock,
                        platform.store,
                        platform.work.catalogue,
                        lambda: require_person().login,
                    )
                ),
                window_views.make_blueprint(window_desk),
                province_views.make_blueprint(
                    province_views.ProvinceDesk(
                        platform.database,
                        platform.clock,
                        actor,
                        platform.work.authority,
                        linked=settings.province is not None,
                    )
                ),
                exchange_console.blueprint(
                    exchange_desk(platform.settings, platform.database, platform.clock)
                ),
            ),
            rules={
                **home_views.RULES,
                **case_views.RULES,
                **clock_views.RULES,
                **statistics_views.RULES,
                **register_views.RULES,
                **certificate_views.RULES,
                **blank_views.RULES,
                **catalogue_views.RULES,
                **window_views.RULES,
                **province_views.RULES,
                **exchange_console.rules(Permission.EXCHANGE_READ, Permission.EXCHANGE_DECIDE),
            },
            hasher=hasher,
            upload_limits={
                **case_views.UPLOAD_LIMITS,
                **catalogue_views.UPLOAD_LIMITS,
                **window_views.UPLOAD_LIMITS,
            },
            machines=(window_views.make_agent_blueprint(window_desk),),
        )
    )


def _actor(database: Database) -> Actor:
    """Who is signed in, with the authority they work for; looked up once a request."""
    person = require_person()
    if "authority" not in g:
        with database.reading() as session:
            g.authority = authority_of(session, person.login)
    return Actor(person.login, person.display_name, person.roles, source(), g.authority)

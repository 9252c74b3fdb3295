"""Wires the registration platform: from one settings file to its parts."""

from dataclasses import dataclass

from extranet_zone.cases.ports import Certificates
from extranet_zone.cases.services import CaseWork
from extranet_zone.cases.services.work import has_other_case
from extranet_zone.catalogue.services import load_catalogue
from extranet_zone.clocks.calendar import PublishedCalendar
from extranet_zone.db import SCHEMA
from extranet_zone.exchange.handlers import handlers
from extranet_zone.register.services import RegisterService
from extranet_zone.settings import ExtranetSettings
from kernel import audit
from kernel import keys as key_files
from kernel.clock import Clock, SystemClock
from kernel.db import Database
from kernel.exchange import Exchange
from kernel.keys import TrustStore
from kernel.materials import MaterialsStore
from kernel.migrate import require_current
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone


@dataclass(frozen=True, slots=True)
class Platform:
    """The parts that web and worker processes share."""

    settings: ExtranetSettings
    clock: Clock
    database: Database
    store: MaterialsStore
    work: CaseWork


def open_database(settings: ExtranetSettings, clock: Clock) -> Database:
    """The zone's database with its audit trail attached."""
    database = Database(settings.database.url)
    audit.attach(database, Zone.EXTRANET.value, clock)
    return database


def wire(
    settings: ExtranetSettings, certificates: Certificates, clock: Clock | None = None
) -> Platform:
    """Everything case work needs, on a database that is up to date.

    Raises :class:`kernel.errors.UnavailableError` (``database_not_migrated``) and
    :class:`kernel.errors.SettingsError`.
    """
    clock = clock or SystemClock()
    database = open_database(settings, clock)
    require_current(database, SCHEMA)
    store = MaterialsStore(settings.materials.folder)
    work = CaseWork(
        catalogue=load_catalogue(),
        calendar=PublishedCalendar(),
        store=store,
        register=RegisterService(settings.authority.short_name, has_other_case),
        certificates=certificates,
    )
    return Platform(settings, clock, database, store, work)


def make_exchange(platform: Platform) -> Exchange:
    """The zone's exchange; only the worker process may tick it."""
    settings = platform.settings
    return Exchange(
        Zone.EXTRANET,
        platform.database,
        Spool(settings.spool.folder),
        platform.store,
        key_files.load(Zone.EXTRANET, settings.keys.folder),
        TrustStore.load(settings.keys.trust),
        platform.clock,
        handlers(platform.work),
        beacon_seconds=settings.exchange.beacon_seconds,
    )

"""What must hold at the end of a journey, looked up where only auditors look: in the databases."""

from appliance.journey import Outcome
from appliance.layout import ZONES, Layout
from sqlalchemy import text

from kernel.audit import verify_chain
from kernel.db import Database


def url_of(layout: Layout, zone: str) -> str:
    """The database URL of a zone."""
    return dict(layout.databases).get(zone, f"sqlite:///{layout.base / zone / 'zone.db'}")


def require_whole(layout: Layout, outcome: Outcome) -> None:
    """Exactly one entry, one certificate, one of everything; receipts balanced; audit intact."""
    case = {"case": outcome.case_no}
    extranet = Database(url_of(layout, "extranet"))
    with extranet.reading() as session:
        entries = session.execute(text("SELECT case_no, certificate_no FROM register_entry")).all()
        assert entries == [(outcome.case_no, outcome.certificate_no)]
        certificates = session.execute(text("SELECT count(*) FROM certificate")).scalar()
        assert certificates == 1
        cases = session.execute(text("SELECT count(*) FROM case_file")).scalar()
        assert cases == 1
    extranet.dispose()
    internet = Database(url_of(layout, "internet"))
    with internet.reading() as session:
        issued = session.execute(text("SELECT certificate_no FROM issued_certificate")).all()
        assert issued == [(outcome.certificate_no,)]
        submitted = session.execute(
            text("SELECT count(*) FROM outbox_message WHERE kind = 'application.submitted'")
        ).scalar()
        assert submitted == 1
        steps = session.execute(
            text(
                "SELECT step, at, count(*) FROM progress_step WHERE case_no = :case"
                " GROUP BY step, at HAVING count(*) > 1"
            ),
            case,
        ).all()
        assert steps == []
    internet.dispose()
    intranet = Database(url_of(layout, "intranet"))
    with intranet.reading() as session:
        mirrored = session.execute(text("SELECT case_no, certificate_no FROM mirror_entry")).all()
        assert mirrored == [(outcome.case_no, outcome.certificate_no)]
    intranet.dispose()
    for zone in ZONES:
        database = Database(url_of(layout, zone))
        with database.reading() as session:
            assert verify_chain(session).intact, zone
            doubled = session.execute(
                text(
                    "SELECT origin, stream, epoch, sequence FROM bundle_in"
                    " GROUP BY origin, stream, epoch, sequence HAVING count(*) > 1"
                )
            ).all()
            assert doubled == [], zone
            if zone != "internet":
                unconfirmed = session.execute(
                    text("SELECT name FROM bundle_out WHERE state <> 'confirmed'")
                ).all()
                assert unconfirmed == [], zone
        database.dispose()
        quarantine = layout.spool(zone) / "quarantine"
        assert list(quarantine.iterdir()) == [], zone

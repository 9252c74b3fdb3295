"""Does a register hold together? An auditor's program that shares no code with the application.

    python tests/checker/register_check.py sqlite:///path/to/extranet.db
    python tests/checker/register_check.py 'postgresql://user@/name?host=/socket' --json

It reads with plain SQL (sqlite3, psycopg) in one transaction and changes nothing. Every finding has
a code; the exit code is 0 when there is none, 3 when there are some, 2 when it could not look. What
it holds the database to is written in docs/spec/register-invariants.md, by these codes.
"""

import argparse
import hashlib
import json
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from itertools import pairwise
from typing import Any

BATCH = 2000
MAX_SHOWN = 200
BEIJING = timezone(timedelta(hours=8))
NUMBER = re.compile(r".（(\d{4})）(.+?)不动产(权|证明)第(\d{7})号")
IN_EFFECT, QUEUED = {"1", "3"}, {"2", "4"}
BY_SHARES = "2"
LAPSING = {"objection", "advance_notice"}

Query = Callable[[str], Iterator[Sequence[Any]]]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and where."""

    code: str
    where: str
    what: str


def check(query: Query) -> Iterator[Finding]:
    """Every finding of every check."""
    for one in (
        check_log_numbers,
        check_certificate_numbers,
        check_references,
        check_ownership,
        check_queues,
        check_states,
        check_addresses,
        check_lineage,
        check_divisions,
        check_audit,
        check_messages,
        check_certificates,
    ):
        yield from one(query)


def check_log_numbers(query: Query) -> Iterator[Finding]:
    """Log numbers run from 1 without gap or double to the counter; days are Beijing's."""
    expected = 1
    for log_no, entry, recorded_at, day in query(
        "SELECT log_no, id, recorded_at, day FROM register_entry ORDER BY log_no, id"
    ):
        if log_no is None or log_no < 1:
            yield Finding("entry_without_log_no", entry, f"log number {log_no}")
            continue
        if log_no < expected:
            yield Finding("log_no_doubled", entry, f"log number {log_no} again")
        elif log_no > expected:
            yield Finding("log_no_missing", entry, f"{expected} to {log_no - 1} are missing")
        expected = max(expected, log_no) + 1
        instant = datetime.fromtimestamp(recorded_at / 1_000_000, UTC).astimezone(BEIJING)
        if instant.date().isoformat() != day:
            yield Finding("entry_on_wrong_day", entry, f"{day} is not {instant.date()}")
    last = [row[0] for row in query("SELECT last FROM recording_log_head")]
    if last != [expected - 1]:
        yield Finding("log_counter_differs", "recording_log_head", f"{last}, not {expected - 1}")


def check_certificate_numbers(query: Query) -> Iterator[Finding]:
    """In each series (authority, year, kind) numbers run from 1 to the counter, each once."""
    series: dict[tuple[str, int, str], list[int]] = {}
    for entry, text in query("SELECT id, certificate_no FROM register_entry"):
        if not text:
            continue
        match = NUMBER.fullmatch(text)
        if match is None:
            yield Finding("certificate_no_malformed", entry, text)
            continue
        kind = "title" if match[3] == "权" else "registration"
        series.setdefault((match[2], int(match[1]), kind), []).append(int(match[4]))
    counters = {
        (authority, year, kind): last
        for authority, year, kind, last in query(
            "SELECT authority, year, kind, last FROM certificate_counter"
        )
    }
    for key in sorted(series.keys() | counters.keys()):
        numbers, last = sorted(series.get(key, [])), counters.get(key, 0)
        where = " ".join(map(str, key))
        for earlier, later in pairwise(numbers):
            if earlier == later:
                yield Finding("certificate_no_doubled", where, f"number {later} again")
        missing = sorted(set(range(1, last + 1)) - set(numbers))
        if missing:
            yield Finding("certificate_no_missing", where, f"missing: {missing[:10]}")
        if numbers and numbers[-1] > last:
            yield Finding("certificate_counter_differs", where, f"{last} is below {numbers[-1]}")


def check_references(query: Query) -> Iterator[Finding]:
    """What began or ended did so by an entry on the same unit; only stock began without one."""
    for table in ("unit_right", "seizure"):
        rows = query(
            f"SELECT r.id, r.status, r.begun_by, b.unit_no, r.ended_by, e.unit_no, r.unit_no, "  # noqa: S608 - names of our own
            f"r.ended_at FROM {table} r "
            "LEFT JOIN register_entry b ON b.id = r.begun_by "
            "LEFT JOIN register_entry e ON e.id = r.ended_by"
        )
        for row, status, begun, begun_unit, ended, ended_unit, unit, ended_at in rows:
            where = f"{table} {row}"
            if begun is not None and begun_unit != unit:
                yield Finding("begun_without_entry", where, f"by {begun} on {begun_unit}")
            if status == "ended" and (ended is None or ended_unit != unit):
                yield Finding("ended_without_entry", where, f"by {ended} on {ended_unit}")
            if (status == "ended") != (ended_at is not None) or status not in {"current", "ended"}:
                yield Finding("status_differs", where, f"{status}, ended at {ended_at}")


def check_ownership(query: Query) -> Iterator[Finding]:
    """One ownership a unit; shares of its holders are all there and sum to one; numbers are own."""
    for unit, count in query(
        "SELECT unit_no, COUNT(*) FROM unit_right WHERE kind = 'ownership' AND status = 'current' "
        "GROUP BY unit_no HAVING COUNT(*) > 1"
    ):
        yield Finding("two_ownerships", unit, f"{count} ownerships are current")
    for number, count in query(
        "SELECT certificate_no, COUNT(*) FROM unit_right WHERE status = 'current' "
        "AND certificate_no <> '' GROUP BY certificate_no HAVING COUNT(*) > 1"
    ):
        yield Finding("two_rights_one_number", number, f"{count} current rights")
    shares: dict[str, tuple[str, str, list[str]]] = {}
    for right, unit, sharing, share in query(
        "SELECT r.id, r.unit_no, r.sharing, h.share FROM unit_right r "
        "LEFT JOIN right_holder h ON h.right_id = r.id "
        "WHERE r.kind = 'ownership' AND r.status = 'current'"
    ):
        shares.setdefault(right, (unit, sharing, []))[2].append(share)
    for right, (unit, sharing, found) in shares.items():
        if found == [None]:
            yield Finding("right_without_holder", unit, right)
        elif (any(found) or sharing == BY_SHARES) and (
            not all(found) or sum(map(Fraction, found)) != 1
        ):
            yield Finding("shares_do_not_sum", unit, f"{found}")


def check_queues(query: Query) -> Iterator[Finding]:
    """Of a unit's seizures the one that arrived first is in effect and all others queue."""
    last, position = "", 0
    for unit, kind, seizure, term_from, term_to in query(
        "SELECT unit_no, kind, id, term_from, term_to FROM seizure WHERE status = 'current' "
        "ORDER BY unit_no, arrived_at, recorded_at, id"
    ):
        position = position + 1 if unit == last else 1
        last = unit
        if kind not in (IN_EFFECT if position == 1 else QUEUED):
            yield Finding("queue_out_of_order", unit, f"{seizure} is {kind} at place {position}")
        if term_to and (not term_from or term_to < term_from):
            yield Finding("term_ends_before_it_begins", unit, f"{seizure} {term_from} {term_to}")
        if kind in QUEUED and term_to:
            yield Finding("queued_with_term", unit, seizure)


def check_states(query: Query) -> Iterator[Finding]:
    """An entry starts from where the one before ended, and the rows say what the last one says."""
    unit, after = "", ""
    lasts: dict[str, str] = {}
    for found, entry, before_text, after_text in query(
        "SELECT unit_no, id, before, after FROM register_entry ORDER BY unit_no, log_no"
    ):
        if found == unit and before_text != after:
            yield Finding("entry_does_not_follow", entry, "its before is not the after before it")
        unit, after = found, after_text
        lasts[unit] = after_text
    rights = _rights_by_unit(query)
    seizures: dict[str, dict[str, Any]] = {}
    for found, row, kind, term_from, term_to in query(
        "SELECT unit_no, id, kind, term_from, term_to FROM seizure WHERE status = 'current'"
    ):
        seizures.setdefault(found, {})[row] = (kind, term_from, term_to)
    facts = {
        row[0]: tuple(row[1:])
        for row in query('SELECT unit_no, location, "use", area, nature, term FROM unit')
    }
    for found, text in lasts.items():
        state = json.loads(text)
        if "format" not in state:
            continue  # written before entries kept everything
        said = {row["id"]: _said(row) for row in state["rights"]}
        if said != rights.get(found, {}):
            differing = sorted(said.items() ^ rights.get(found, {}).items())[:2]
            yield Finding("rights_differ_from_entry", found, f"{differing}"[:300])
        queue = {r["id"]: (r["kind"], r["term_from"], r["term_to"]) for r in state["seizures"]}
        if queue != seizures.get(found, {}):
            yield Finding("seizures_differ_from_entry", found, "rows are not what the entry says")
        names = ("location", "use", "area", "nature", "term")
        if tuple(state[name] for name in names) != facts.get(found):
            yield Finding("unit_differs_from_entry", found, "particulars")


def _rights_by_unit(query: Query) -> dict[str, dict[str, str]]:
    holders: dict[str, list[str]] = {}
    for right, name, number, share in query(
        "SELECT right_id, name, document_no, share FROM right_holder ORDER BY right_id, position"
    ):
        holders.setdefault(right, []).append(f"{name}|{number}|{share}")
    rights: dict[str, dict[str, str]] = {}
    for unit, row, kind, number, sharing, facts in query(
        "SELECT unit_no, id, kind, certificate_no, sharing, facts FROM unit_right "
        "WHERE status = 'current'"
    ):
        plain = json.dumps(json.loads(facts), sort_keys=True)
        rights.setdefault(unit, {})[row] = str((kind, number, sharing, plain, holders.get(row, [])))
    return rights


def _said(row: dict[str, Any]) -> str:
    holders = [f"{h['name']}|{h['document_no']}|{h['share']}" for h in row["holders"]]
    plain = json.dumps(row["facts"], sort_keys=True)
    return str((row["kind"], row["certificate_no"], row["sharing"], plain, holders))


def check_addresses(query: Query) -> Iterator[Finding]:
    """A fragment of its address must lead to a unit: each pair of neighbours is noted."""
    noted: dict[str, set[str]] = {}
    for pair, parcel in query("SELECT pair, parcel_no FROM address_pair"):
        noted.setdefault(parcel, set()).add(pair)
    for unit, parcel, location in query("SELECT unit_no, parcel_no, location FROM unit"):
        text = location.casefold()
        pairs = {text[at : at + 2] for at in range(len(text) - 1)}
        lost = {pair for pair in pairs if not any(map(str.isspace, pair))}
        lost -= noted.get(parcel, set())
        if lost:
            yield Finding("address_not_found", unit, "、".join(sorted(lost))[:100])


def check_lineage(query: Query) -> Iterator[Finding]:
    """A step of a lineage has one entry at either end, of one case; it never leads in a circle."""
    successors: dict[str, list[str]] = {}
    for old, new, end, ended_in, start, began_in in query(
        "SELECT l.predecessor, l.successor, c.unit_no, c.case_no, o.unit_no, o.case_no "
        "FROM unit_lineage l LEFT JOIN register_entry c ON c.id = l.closed_by "
        "LEFT JOIN register_entry o ON o.id = l.opened_by"
    ):
        successors.setdefault(old, []).append(new)
        if (end, start, ended_in) != (old, new, began_in):
            yield Finding("lineage_without_entry", f"{old} {new}", f"{end} {start}")
    for table in ("unit_right", "seizure"):
        for (unit,) in query(
            f"SELECT DISTINCT unit_no FROM {table} WHERE status = 'current' AND "  # noqa: S608 - names of our own
            "unit_no IN (SELECT predecessor FROM unit_lineage)"
        ):
            yield Finding("closed_unit_in_force", unit, f"a {table} is current")
    done: set[str] = set()
    for unit, following in successors.items():
        path, todo = [unit], [list(following)]
        while todo:
            if not todo[-1]:
                todo.pop()
                done.add(path.pop())
                continue
            step = todo[-1].pop()
            if step in path:
                yield Finding("lineage_in_circle", step, f"{len(path)} steps")
            elif step not in done and step in successors:
                path.append(step)
                todo.append(list(successors[step]))


def check_divisions(query: Query) -> Iterator[Finding]:
    """States say the lineage; what stood on a unit goes on with everybody on each that follows.

    Nothing is recorded on a unit that has been closed, so its closing entry is its last one.
    """
    lines = [tuple(row) for row in query("SELECT predecessor, successor FROM unit_lineage")]
    named = {unit for line in lines for unit in line}
    if not named:
        return
    first: dict[tuple[str, str], dict[str, Any]] = {}
    last: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {}
    for unit, case, entry, before_text, after_text in query(
        "SELECT unit_no, case_no, id, before, after FROM register_entry WHERE unit_no IN "
        "(SELECT predecessor FROM unit_lineage UNION SELECT successor FROM unit_lineage) "
        "ORDER BY log_no"
    ):
        before, after = json.loads(before_text), json.loads(after_text)
        if before.get("successors"):
            yield Finding("entry_on_closed_unit", entry, unit)
        first[unit, case] = after
        last[unit] = (case, before, after)
    for unit in sorted(named):
        said = last[unit][2] if unit in last else {}
        old, new = (sorted(x[i] for x in lines if x[1 - i] == unit) for i in (0, 1))
        if (said.get("predecessors", []), said.get("successors", [])) != (old, new):
            yield Finding("lineage_differs_from_entry", unit, f"{old} {new}")
    for old, new in lines:
        case, before, _ = last.get(old, ("", {}, {}))
        if before and (new, case) in first:
            yield from _carried(before, first[new, case], f"{old} {new}")


def _carried(before: dict[str, Any], after: dict[str, Any], where: str) -> Iterator[Finding]:
    for right in before.get("rights", []):
        if right["kind"] in LAPSING:
            continue  # it may have lapsed by the day of the division
        people = sorted(f"{h['name']}|{h['document_no']}|{h['share']}" for h in right["holders"])
        if not any(
            right["certificate_no"] in found["facts"].get("former_certificate_no", "")
            and found["kind"] == right["kind"]
            and sorted(f"{h['name']}|{h['document_no']}|{h['share']}" for h in found["holders"])
            == people
            for found in after["rights"]
        ):
            yield Finding("right_lost_in_division", where, right["kind"])


def check_audit(query: Query) -> Iterator[Finding]:
    """The audit chain is whole, and every entry has exactly one record of its recording."""
    expected, previous = 1, "0" * 64
    recorded: dict[str, int] = {}
    for n, act, body, linked, digest in query(
        "SELECT n, act, body, previous, digest FROM audit_record ORDER BY n"
    ):
        sound = hashlib.sha256(b"\0" + body.encode()).hexdigest() == digest
        if n != expected or linked != previous or not sound:
            yield Finding("audit_broken", f"record {n}", "number, link or digest is wrong")
            break
        expected, previous = n + 1, digest
        if act == "register.record":
            entry = json.loads(body)["detail"]["entry"]
            recorded[entry] = recorded.get(entry, 0) + 1
    for (entry,) in query("SELECT id FROM register_entry"):
        if recorded.get(entry) != 1:
            yield Finding("entry_not_audited", entry, f"{recorded.get(entry, 0)} records")


def check_messages(query: Query) -> Iterator[Finding]:
    """Every entry was posted to the intranet once."""
    for case, entries, messages in query(
        "SELECT e.case_no, e.entries, COALESCE(m.messages, 0) FROM "
        "(SELECT case_no, COUNT(*) AS entries FROM register_entry GROUP BY case_no) e LEFT JOIN "
        "(SELECT case_no, COUNT(*) AS messages FROM outbox_message "
        "WHERE kind = 'register.recorded' GROUP BY case_no) m ON m.case_no = e.case_no "
        "WHERE e.entries <> COALESCE(m.messages, 0)"
    ):
        yield Finding("entry_not_posted", case, f"{messages} messages for {entries} entries")


def check_certificates(query: Query) -> Iterator[Finding]:
    """A certificate has the number of its entry."""
    for entry, number, own in query(
        "SELECT c.entry_id, c.certificate_no, e.certificate_no FROM certificate c "
        "LEFT JOIN register_entry e ON e.id = c.entry_id"
    ):
        if number != own:
            yield Finding("certificate_of_another_entry", entry, f"{number} is not {own}")


def open_url(url: str) -> tuple[Any, Query]:
    """A connection in one read transaction, and how to ask it."""
    if url.startswith("sqlite:///"):
        path = url.removeprefix("sqlite:///")
        connection: Any = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        connection.execute("BEGIN")
    else:
        import psycopg  # noqa: PLC0415 - an auditor of SQLite need not have it

        connection = psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:", 1))
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def query(statement: str) -> Iterator[Sequence[Any]]:
        with closing(connection.cursor()) as cursor:
            cursor.execute(statement)
            while rows := cursor.fetchmany(BATCH):
                yield from rows

    return connection, query


def findings_of(url: str) -> list[Finding]:
    """Every finding in the database at ``url``."""
    connection, query = open_url(url)
    with closing(connection):
        return list(check(query))


def main() -> int:
    """Check and tell; answers the exit code."""
    parser = argparse.ArgumentParser(description="Check a register's invariants")
    parser.add_argument("url", help="sqlite:///PATH or postgresql://…")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments = parser.parse_args()
    try:
        found = findings_of(arguments.url)
    except Exception as error:  # noqa: BLE001 - whatever a driver raises means it could not look
        print(f"cannot check: {error}", file=sys.stderr)
        return 2
    if arguments.json:
        shown = [asdict(finding) for finding in found[:MAX_SHOWN]]
        print(json.dumps({"findings": len(found), "shown": shown}, ensure_ascii=False))
    else:
        for finding in found[:MAX_SHOWN]:
            print(f"{finding.code}\t{finding.where}\t{finding.what}")
        print(f"{len(found)} findings")
    return 3 if found else 0


if __name__ == "__main__":
    sys.exit(main())

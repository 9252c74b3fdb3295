"""The tasks of a draft that are typed: unit, parties, answers."""

import json
from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from internet_zone.applications import forms
from internet_zone.applications.models import Application
from internet_zone.applications.services import drafts, parties
from internet_zone.applications.services.measuring import Measured
from internet_zone.applications.services.parties import PartyDraft
from internet_zone.applications.views.desk import Desk
from internet_zone.units.services import MAX_FOUND, search_units, unlisted_number
from kernel.catalogue.item import Item
from kernel.errors import InvalidValueError
from kernel.vocabulary.effects import OPENS_UNIT
from kernel.web.access import require_person

Answer = str | tuple[str, int] | Response


def add_pages(pages: Blueprint, desk: Desk) -> None:
    """``/unit``, ``/parties`` and ``/facts`` of an application."""
    _unit(pages, desk)
    _parties(pages, desk)
    _facts(pages, desk)


def _unit(pages: Blueprint, desk: Desk) -> None:
    def unit_page(
        application: Application, item: Item, words: str, errors: Mapping[str, str]
    ) -> str:
        with desk.database.reading() as session:
            found = search_units(session, words) if words else []
            unlisted = unlisted_number(session, words) if item.effect in OPENS_UNIT else ""
        return render_template(
            "applications/unit.html",
            application=application,
            words=words,
            found=found,
            unlisted=unlisted,
            most=MAX_FOUND,
            errors=errors,
        )

    @pages.get("/<number>/unit")
    def unit(number: str) -> Answer:
        application, measured = desk.own(number)
        if not desk.is_editable(application):
            return _to_progress(number)
        return unit_page(
            application, measured.item, request.args.get("words", "").strip()[:100], {}
        )

    @pages.post("/<number>/unit")
    def choose_unit(number: str) -> Answer:
        application, measured = desk.own(number)
        item = measured.item
        unit_no = request.form.get("unit_no", "")[:28]
        try:
            with desk.database.begin() as session:
                drafts.choose_unit(
                    session,
                    require_person(),
                    number,
                    unit_no,
                    opens_unit=item.effect in OPENS_UNIT,
                )
        except InvalidValueError as error:
            return unit_page(application, item, "", {"words": error.message}), error.http_status
        return _saved(number)


def _parties(pages: Blueprint, desk: Desk) -> None:
    def parties_page(
        application: Application,
        measured: Measured,
        values: Mapping[str, str],
        errors: Mapping[str, str],
        more: str = "",
    ) -> str:
        return render_template(
            "applications/parties.html",
            application=application,
            item=measured.item,
            roles=measured.item.role_titles,
            document_types=forms.DOCUMENT_TYPES,
            blocks=forms.blocks(measured.item, values, more, measured.subjects),
            most=forms.MAX_OF_ROLE,
            values=values,
            errors=errors,
        )

    @pages.get("/<number>/parties")
    def parties_form(number: str) -> Answer:
        application, measured = desk.own(number)
        if not desk.is_editable(application):
            return _to_progress(number)
        return parties_page(application, measured, _party_values(application, measured.item), {})

    @pages.post("/<number>/parties")
    def set_parties(number: str) -> Answer:
        application, measured = desk.own(number)
        more = request.form.get("add", "")
        if more in measured.item.roles and desk.is_editable(application):
            return parties_page(application, measured, request.form, {}, more)
        found, errors = forms.parse_parties(measured.item, request.form, measured.subjects)
        if errors:
            return parties_page(application, measured, request.form, errors), 422
        with desk.database.begin() as session:
            parties.set_parties(
                session, require_person(), number, found.applicant_share, found.others
            )
        return _saved(number)


def _facts(pages: Blueprint, desk: Desk) -> None:
    def facts_page(
        application: Application,
        measured: Measured,
        values: Mapping[str, str],
        errors: Mapping[str, str],
    ) -> str:
        return render_template(
            "applications/facts.html",
            application=application,
            item=measured.item,
            fields=forms.fields(measured.item, measured.stated, values),
            values=values,
            errors=errors,
        )

    @pages.get("/<number>/facts")
    def facts(number: str) -> Answer:
        application, measured = desk.own(number)
        if not desk.is_editable(application):
            return _to_progress(number)
        values = forms.fact_values(measured.item, json.loads(application.facts))
        return facts_page(application, measured, values, {})

    @pages.post("/<number>/facts")
    def set_facts(number: str) -> Answer:
        application, measured = desk.own(number)
        found, errors = forms.parse_facts(measured.item, request.form, measured.stated)
        if errors:
            return facts_page(application, measured, request.form, errors), 422
        with desk.database.begin() as session:
            drafts.set_facts(session, require_person(), number, found)
        return _saved(number)


def _party_values(application: Application, item: Item) -> dict[str, str]:
    others = [
        PartyDraft(
            party.role,
            party.name,
            party.document_type,
            party.document_no,
            party.phone,
            party.share,
        )
        for party in application.parties[1:]
    ]
    return forms.values_of(application.parties[0].share, others, item)


def _saved(number: str) -> Response:
    flash("已保存", "done")
    return redirect(url_for("applications.show", number=number), 303)


def _to_progress(number: str) -> Response:
    return redirect(url_for("applications.show", number=number), 303)

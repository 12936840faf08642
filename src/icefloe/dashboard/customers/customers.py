"""Customers: the list, and the pages that make, show, change and delete one."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from starlette.responses import Response

from icefloe.api.schemas import customers as schemas
from icefloe.dashboard.customers import countries, forms, holdings, metadata_rows
from icefloe.dashboard.customers.forms import CustomerForm, FormWrong
from icefloe.dashboard.customers.history import pretty, read_history
from icefloe.dashboard.customers.metadata_rows import KINDS, MetadataRow
from icefloe.dashboard.customers.queries import SIZES, read_view
from icefloe.dashboard.pages import NoSuchPage
from icefloe.dashboard.visits import UNPROCESSABLE, Visit
from icefloe.domain.values.errors import RulesBroken
from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.members import MemberQuery
from icefloe.domain.values.metadata import text_of

MEMBERS_SHOWN = 100
_MAX_SEQUENCE = 2**62
_ROW_FIELDS = ("metadata_key", "metadata_type", "metadata_value")

# --- the list -------------------------------------------------------------------------------------


async def show_list(visit: Visit) -> Response:
    """The list, as the address says; one page of it is asked for, and nothing else that grows."""
    pairs = visit.request.query_params.multi_items()
    view = read_view(pairs)
    base = visit.href("customers")
    if not visit.is_partial and any(name == "metadata_key" and value for name, value in pairs):
        return visit.redirect(view.address(base))  # a form's address is no view to be shared
    page = await visit.services.customers.find_page(visit.subject, view.query)
    items = json.loads(b"[%b]" % page.items)
    keys: list[str] = []
    if not visit.is_partial and (page.total_count or view.is_filtered):
        keys = await visit.services.customers.find_metadata_keys(visit.organization.id)
    response = visit.render(
        "customers/list.html",
        block="results" if visit.is_partial else None,
        view=view,
        customers=[_row(item) for item in items],
        total=page.total_count,
        last=view.query.page.max_page(page.total_count),
        sizes=SIZES,
        keys=keys,
        base=base,
        link=partial(view.address, base),
        sort_link=lambda sort: view.address(base, sort=sort),
        page_link=lambda page: view.address(base, page=page),
    )
    response.headers["Vary"] = "HX-Request"
    if visit.is_partial:
        response.headers["HX-Push-Url"] = view.address(base)
    return response


def _row(document: dict[str, Any]) -> dict[str, Any]:
    """A customer as the list shows it."""
    shown = [(key, text_of(value)) for key, value in document["metadata"].items()]
    return {
        **document,
        "made": datetime.fromisoformat(document["created_at"]),
        "notes": shown[:2],
        "further": len(shown[2:]),
    }


# --- making one -----------------------------------------------------------------------------------


async def show_new(visit: Visit) -> Response:
    """The form of a new customer."""
    kind = "team" if visit.request.query_params.get("type") == "team" else "individual"
    return _render_form(visit, CustomerForm(values={"type": kind}))


async def create(visit: Visit) -> Response:
    """Make a customer."""
    form = _read_form(visit)
    if metadata_rows.change_rows(form.rows, visit.field("action")):
        return _render_form(visit, form, status=200)
    services = visit.services
    try:
        body = await form.judge(
            schemas.validate_new_customer, form.new_body(), services.email_check
        )
        document = await services.customer_writes.create(
            visit.subject, schemas.new_customer_of(body)
        )
    except FormWrong:
        return _render_form(visit, form)
    except RulesBroken as error:
        form.refuse(error)
        return _render_form(visit, form)
    made = json.loads(document)
    return visit.redirect(
        visit.href(f"customers/{made['id']}"), f"{name_of(made)} is a customer now."
    )


# --- one ------------------------------------------------------------------------------------------


async def show(visit: Visit) -> Response:
    """Everything there is of a customer."""
    customer_id, document = await get_document(visit)
    base = visit.href(f"customers/{customer_id}")
    before = visit.request.query_params.get("before", "")
    is_number = before.isascii() and before.isdecimal() and len(before) < len(str(_MAX_SEQUENCE))
    history = await read_history(
        visit.services.events,
        visit.organization.id,
        customer_id,
        int(before) if is_number else None,
    )
    shown: dict[str, Any] = {"history": history, "is_latest": not is_number, "base": base}
    if visit.is_partial:
        return visit.render("customers/show.html", block="history", **shown)
    members = await visit.services.members.find_page(
        visit.subject,
        MemberQuery(
            customer_id=customer_id,
            is_newest_first=False,
            page=PageRequest(1, MEMBERS_SHOWN),
        ),
    )
    return visit.render(
        "customers/show.html",
        customer=document,
        holdings=await holdings.find(visit, customer_id),
        name=name_of(document),
        metadata=[(key, text_of(value)) for key, value in document["metadata"].items()],
        country=countries.NAMES.get((document["billing_address"] or {}).get("country", "")),
        made=datetime.fromisoformat(document["created_at"]),
        changed=_moment(document["modified_at"]),
        members=json.loads(b"[%b]" % members.items),
        members_count=members.total_count,
        json=pretty(document),
        list_base=visit.href("customers"),
        **shown,
    )


async def show_edit(visit: Visit) -> Response:
    """The form that changes a customer."""
    _, document = await get_document(visit)
    return _render_form(visit, forms.form_of(document), document)


async def update(visit: Visit) -> Response:
    """Change a customer."""
    customer_id, document = await get_document(visit)
    form = _read_form(visit)
    if metadata_rows.change_rows(form.rows, visit.field("action")):
        return _render_form(visit, form, document, status=200)
    page = visit.href(f"customers/{customer_id}")
    if form["seen"] != (document["modified_at"] or ""):
        # Another person's change meanwhile must not be overwritten unseen.
        form.values["seen"] = document["modified_at"] or ""
        form.errors["seen"] = "This customer was changed meanwhile."
        return _render_form(visit, form, document)
    services = visit.services
    try:
        wanted = form.change_body(document)
        body = await form.judge(schemas.validate_customer_change, wanted, services.email_check)
        if not wanted:
            return visit.redirect(page, "Nothing was different, so nothing was saved.")
        await services.customer_writes.update(visit.subject, customer_id, schemas.change_of(body))
    except FormWrong:
        return _render_form(visit, form, document)
    except RulesBroken as error:
        form.refuse(error)
        return _render_form(visit, form, document)
    return visit.redirect(page, "Saved.")


async def show_delete(visit: Visit) -> Response:
    """What it means to delete a customer, and the form that does it."""
    _, document = await get_document(visit)
    return _render_delete(visit, document)


async def delete(visit: Visit) -> Response:
    """Delete a customer, if its e-mail address or name was typed."""
    customer_id, document = await get_document(visit)
    if visit.field("confirmation") != expected_of(document):
        return _render_delete(visit, document, "That is not the same. Type it as it stands here.")
    anonymise = visit.field("how") == "anonymise"
    await visit.services.customer_writes.delete(visit.subject, customer_id, anonymise=anonymise)
    done = "deleted, and nothing here says any more who it was" if anonymise else "deleted"
    return visit.redirect(
        visit.href("customers"),
        f"The customer is {done}." if anonymise else f"{name_of(document)} is {done}.",
    )


# --- what they share ------------------------------------------------------------------------------


async def get_document(visit: Visit) -> tuple[UUID, dict[str, Any]]:
    """The customer that the address names, as the API returns it. Raises NoSuchPage, or NotFound."""
    customer_id = visit.place_id("customer_id")
    if customer_id is None:
        raise NoSuchPage
    document = await visit.services.customers.get_document(visit.subject, customer_id)
    found: dict[str, Any] = json.loads(document)
    return customer_id, found


def name_of(document: dict[str, Any]) -> str:
    """What people call a customer."""
    return str(document["name"] or document["email"] or "A customer without a name")


def expected_of(document: dict[str, Any]) -> str:
    """The text to type to delete a customer: one line, as a field can hold it."""
    return " ".join(str(document["email"] or document["name"] or document["id"]).split())


def _read_form(visit: Visit) -> CustomerForm:
    return forms.read_form(visit.form, [visit.fields(name) for name in _ROW_FIELDS])


def _render_form(
    visit: Visit,
    form: CustomerForm,
    document: dict[str, Any] | None = None,
    *,
    status: int = UNPROCESSABLE,
) -> Response:
    """The form; `document` is the customer as it is, where it is not new."""
    if not form.rows:
        form.rows = [MetadataRow()]
    return visit.render(
        "customers/form.html",
        status=status if form.errors or visit.form else 200,
        block="metadata" if visit.is_partial else None,
        form=form,
        errors=form.errors,
        customer=document,
        name=None if document is None else name_of(document),
        kinds=KINDS.items(),
        countries=countries.find_choices(form["country"]),
        back=visit.href("customers" if document is None else f"customers/{document['id']}"),
    )


def _render_delete(visit: Visit, document: dict[str, Any], wrong: str | None = None) -> Response:
    return visit.render(
        "customers/delete.html",
        status=UNPROCESSABLE if wrong else 200,
        errors={"confirmation": wrong} if wrong else {},
        name=name_of(document),
        customer=document,
        expected=expected_of(document),
        how=visit.field("how"),
        back=visit.href(f"customers/{document['id']}"),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)

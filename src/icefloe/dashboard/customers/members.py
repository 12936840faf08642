"""The members of a customer: adding one to a team, changing one, removing one."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from icefloe.api.schemas import members as schemas
from icefloe.dashboard.customers import customers
from icefloe.dashboard.customers.forms import CustomerForm, FormWrong
from icefloe.dashboard.pages import NoSuchPage
from icefloe.dashboard.visits import UNPROCESSABLE, Visit
from icefloe.domain.values.errors import NotPermitted, RulesBroken
from icefloe.domain.values.members import MemberChange, MemberName, NewMember

ROLES = {"owner": "Owner", "billing_manager": "Billing manager", "member": "Member"}
_TYPED = ("name", "email", "external_id", "role")


async def show_new(visit: Visit) -> Response:
    """The form of a new member."""
    _, document = await customers.get_document(visit)
    return _render(visit, document, CustomerForm(values={"role": "member"}))


async def add(visit: Visit) -> Response:
    """Make a member of a team."""
    customer_id, document = await customers.get_document(visit)
    form = _read_form(visit)
    services = visit.services
    sent = {name: form[name] for name in _TYPED if form[name] or name == "email"}
    try:
        body = await form.judge(schemas.validate_new_member, sent, services.email_check)
        made = await services.members.create(
            visit.subject,
            customer_id,
            NewMember(
                email=body.email, name=body.name, external_id=body.external_id, role=body.role
            ),
        )
    except FormWrong:
        return _render(visit, document, form)
    except NotPermitted as error:
        form.errors["email"] = str(error)
        return _render(visit, document, form)
    except RulesBroken as error:
        form.refuse(error)
        return _render(visit, document, form)
    return _back(visit, document, f"{_name_of(json.loads(made))} is a member now.")


async def show(visit: Visit) -> Response:
    """The form that changes a member."""
    _, document = await customers.get_document(visit)
    member = await _get_member(visit)
    values = {name: member[name] or "" for name in _TYPED}
    return _render(visit, document, CustomerForm(values=values), member)


async def update(visit: Visit) -> Response:
    """Change a member."""
    _, document = await customers.get_document(visit)
    member = await _get_member(visit)
    form = _read_form(visit)
    services = visit.services
    wanted = {
        name: form[name] for name in ("name", "email", "role") if form[name] != (member[name] or "")
    }
    if wanted.get("name") == "":
        form.errors["name"] = "A name can be changed, but not taken away."
        return _render(visit, document, form, member)
    try:
        body = await form.judge(schemas.validate_member_change, wanted, services.email_check)
        await services.members.update(
            visit.subject,
            _member_name(visit),
            MemberChange(name=body.name, email=body.email, role=body.role),
        )
    except FormWrong:
        return _render(visit, document, form, member)
    except RulesBroken as error:
        form.refuse(error)
        return _render(visit, document, form, member)
    return _back(visit, document, "Saved." if wanted else "Nothing was different.")


async def show_delete(visit: Visit) -> Response:
    """What it means to remove a member."""
    _, document = await customers.get_document(visit)
    return _render_delete(visit, document, await _get_member(visit))


async def delete(visit: Visit) -> Response:
    """Remove a member."""
    _, document = await customers.get_document(visit)
    member = await _get_member(visit)
    try:
        await visit.services.members.delete(visit.subject, _member_name(visit))
    except RulesBroken as error:
        return _render_delete(visit, document, member, str(error))
    return _back(visit, document, f"{_name_of(member)} is no member any more.")


def _member_name(visit: Visit) -> MemberName:
    customer_id, member_id = visit.place_id("customer_id"), visit.place_id("member_id")
    if customer_id is None or member_id is None:
        raise NoSuchPage
    return MemberName(member_id, customer_id)


async def _get_member(visit: Visit) -> dict[str, Any]:
    """The member that the address names. Raises NoSuchPage, or NotFound."""
    document = await visit.services.members.get_document(visit.subject, _member_name(visit))
    found: dict[str, Any] = json.loads(document)
    return found


def _name_of(member: dict[str, Any]) -> str:
    return str(member["name"] or member["email"])


def _read_form(visit: Visit) -> CustomerForm:
    return CustomerForm(values={name: visit.field(name) for name in _TYPED})


def _back(visit: Visit, document: dict[str, Any], text: str) -> Response:
    return visit.redirect(visit.href(f"customers/{document['id']}"), text)


def _render(
    visit: Visit,
    document: dict[str, Any],
    form: CustomerForm,
    member: dict[str, Any] | None = None,
) -> Response:
    roles = dict(ROLES)
    if member is None:
        del roles["owner"]  # it is handed over, never given
    elif member["role"] == "owner":
        roles = {"owner": ROLES["owner"]}
    return visit.render(
        "customers/member.html",
        status=UNPROCESSABLE if form.errors else 200,
        form=form,
        errors=form.errors,
        customer=document,
        name=customers.name_of(document),
        member=member,
        roles=roles.items(),
        back=visit.href(f"customers/{document['id']}"),
    )


def _render_delete(
    visit: Visit, document: dict[str, Any], member: dict[str, Any], wrong: str | None = None
) -> Response:
    return visit.render(
        "customers/member_delete.html",
        status=UNPROCESSABLE if wrong else 200,
        errors={"member": wrong} if wrong else {},
        name=customers.name_of(document),
        member=member,
        member_name=_name_of(member),
        back=visit.href(f"customers/{document['id']}"),
    )

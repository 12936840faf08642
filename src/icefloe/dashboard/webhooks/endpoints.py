"""Developers → Webhooks: the endpoints, and the pages that make, show, change and delete one."""

from __future__ import annotations

import functools
from dataclasses import replace
from urllib.parse import urlsplit

from starlette.responses import Response

from icefloe.api.schemas import webhooks as schemas
from icefloe.dashboard.pages import NoSuchPage
from icefloe.dashboard.visits import UNPROCESSABLE, Visit
from icefloe.dashboard.webhooks import forms, live
from icefloe.dashboard.webhooks.forms import EndpointForm, FormWrong
from icefloe.domain.values.errors import RulesBroken
from icefloe.domain.values.listing import MAX_LIMIT, PageRequest
from icefloe.domain.values.webhooks import (
    EVENT_TYPES,
    WebhookEndpoint,
    WebhookEndpointChange,
)
from icefloe.domain.webhooks import schedule
from icefloe.domain.webhooks.endpoints import MAX_ENDPOINTS, TooManyEndpoints

DELIVERIES_SHOWN = 10
FORMATS = [("raw", "JSON, as Polar sends it"), ("slack", "Slack"), ("discord", "Discord")]
SIGNINGS = [
    ("both", "Both: every official client accepts it"),
    ("whole", "The whole secret, as polar-sdk 0.x verifies"),
    ("standard", "What follows whsec_, as Standard Webhooks and polar-sdk 1.x verify"),
]

_SWITCHED = {"yes": True, "no": False}

# --- all of them ----------------------------------------------------------------------------------


async def show_all(visit: Visit) -> Response:
    """The list of endpoints, and how each stands."""
    return visit.render(
        "webhooks/endpoints.html",
        endpoints=await find_all(visit),
        statuses=await visit.services.webhook_endpoints.find_statuses(visit.organization.id),
        most=MAX_ENDPOINTS,
        max_failures=schedule.MAX_FAILURES,
    )


async def find_all(visit: Visit) -> list[WebhookEndpoint]:
    """The organization's endpoints, newest first."""
    found, _ = await visit.services.webhook_endpoints.find_page(
        visit.organization.id, PageRequest(limit=MAX_LIMIT)
    )
    return found


def name_of(endpoint: WebhookEndpoint) -> str:
    """What people call an endpoint: its name, else its server and path."""
    parts = urlsplit(endpoint.url)
    return endpoint.name or f"{parts.netloc}{parts.path}".rstrip("/")


# --- making one -----------------------------------------------------------------------------------


async def show_new(visit: Visit) -> Response:
    """The form of a new endpoint."""
    return _render_form(visit, EndpointForm(events=forms.ticked_types((), ("customer",))))


async def create(visit: Visit) -> Response:
    """Create an endpoint."""
    form, rules = _read_form(visit), visit.services.webhook_endpoints
    validate = functools.partial(schemas.validate_new_endpoint, public_only=rules.public_only)
    form.check()
    try:
        body = form.judge(validate, form.new_body())
        new = replace(schemas.new_endpoint_of(body, None), signing=form.chosen_signing or "both")
        endpoint = await rules.create(visit.organization.id, new, by=visit.someone.id)
    except FormWrong:
        return _render_form(visit, form)
    except RulesBroken as error:
        form.refuse(error)
        return _render_form(visit, form)
    except TooManyEndpoints as error:
        form.errors["url"] = str(error)
        return _render_form(visit, form)
    return visit.redirect(_address(visit, endpoint), f"{name_of(endpoint)} is an endpoint now.")


# --- one ------------------------------------------------------------------------------------------


async def show(visit: Visit) -> Response:
    """One endpoint: how it stands, what is queued for it, and its latest deliveries."""
    endpoint = await _get(visit)
    services, organization_id = visit.services, visit.organization.id
    statuses = await services.webhook_endpoints.find_statuses(organization_id)
    if endpoint.id not in statuses:
        raise NoSuchPage  # it was deleted just now
    deliveries = await services.webhook_deliveries.find_latest(
        organization_id, endpoint.id, DELIVERIES_SHOWN
    )
    standing = statuses[endpoint.id]
    return live.render(
        visit,
        "webhooks/endpoint.html",
        "standing",
        (endpoint, standing, deliveries),
        endpoint=endpoint,
        name=name_of(endpoint),
        standing=standing,
        deliveries=deliveries,
        max_failures=schedule.MAX_FAILURES,
        format=dict(FORMATS)[endpoint.format],
        signing=dict(SIGNINGS)[endpoint.signing],
        base=_address(visit, endpoint),
    )


async def switch(visit: Visit) -> Response:
    """Enable or disable an endpoint."""
    endpoint = await _get(visit)
    wanted = visit.field("enabled")
    if wanted not in _SWITCHED:
        raise NoSuchPage
    is_on = _SWITCHED[wanted]
    try:
        await _change(visit, endpoint, WebhookEndpointChange(enabled=is_on))
    except RulesBroken as error:
        return visit.redirect(_address(visit, endpoint), error.violations[0].message, "bad")
    done = "enabled" if is_on else "disabled: what happens from now on is not sent to it"
    return visit.redirect(_address(visit, endpoint), f"{name_of(endpoint)} is {done}.")


async def show_edit(visit: Visit) -> Response:
    """The form that changes an endpoint."""
    endpoint = await _get(visit)
    return _render_form(visit, forms.form_of(endpoint), endpoint)


async def update(visit: Visit) -> Response:
    """Change an endpoint."""
    endpoint = await _get(visit)
    form = _read_form(visit)
    validate = functools.partial(
        schemas.validate_endpoint_change,
        public_only=visit.services.webhook_endpoints.public_only,
    )
    wanted = form.change_body(endpoint)
    form.check()
    try:
        body = form.judge(validate, wanted)
        if not wanted and form.signing == endpoint.signing:
            return visit.redirect(
                _address(visit, endpoint), "Nothing was different, so nothing was saved."
            )
        change = replace(schemas.change_of(body), signing=form.chosen_signing)
        await _change(visit, endpoint, change)
    except FormWrong:
        return _render_form(visit, form, endpoint)
    except RulesBroken as error:
        form.refuse(error)
        return _render_form(visit, form, endpoint)
    return visit.redirect(_address(visit, endpoint), "Saved.")


async def show_secret(visit: Visit) -> Response:
    """An endpoint's secret, and the form that replaces it."""
    return _render_secret(visit, await _get(visit))


async def replace_secret(visit: Visit) -> Response:
    """Give an endpoint another secret: the one that was typed, or one that the server makes."""
    endpoint = await _get(visit)
    form = EndpointForm(secret=visit.field("secret"))
    rules = visit.services.webhook_endpoints
    if not form.secret:
        await rules.reset_secret(visit.organization.id, endpoint.id, by=visit.someone.id)
    else:
        try:
            body = form.judge(schemas.validate_endpoint_change, {"secret": form.secret})
        except FormWrong:
            return _render_secret(visit, endpoint, form)
        await _change(visit, endpoint, schemas.change_of(body))
    return visit.redirect(
        f"{_address(visit, endpoint)}/secret", "From now on the new secret signs every attempt."
    )


async def show_delete(visit: Visit) -> Response:
    """What it means to delete an endpoint, and the form that does it."""
    return _render_delete(visit, await _get(visit))


async def delete(visit: Visit) -> Response:
    """Delete an endpoint, if its name or address was typed."""
    endpoint = await _get(visit)
    if visit.field("confirmation") != _expected_of(endpoint):
        return _render_delete(visit, endpoint, "That is not the same. Type it as it stands here.")
    await visit.services.webhook_endpoints.delete(
        visit.organization.id, endpoint.id, by=visit.someone.id
    )
    return visit.redirect(visit.href("settings/webhooks"), f"{name_of(endpoint)} is deleted.")


# --- what they share ------------------------------------------------------------------------------


async def _get(visit: Visit) -> WebhookEndpoint:
    """The endpoint that the address names. Raises NoSuchPage, or NotFound."""
    endpoint_id = visit.place_id("endpoint_id")
    if endpoint_id is None:
        raise NoSuchPage
    return await visit.services.webhook_endpoints.get(visit.organization.id, endpoint_id)


async def _change(
    visit: Visit, endpoint: WebhookEndpoint, change: WebhookEndpointChange
) -> WebhookEndpoint:
    return await visit.services.webhook_endpoints.update(
        visit.organization.id, endpoint.id, change, by=visit.someone.id
    )


def _address(visit: Visit, endpoint: WebhookEndpoint) -> str:
    return visit.href(f"settings/webhooks/{endpoint.id}")


def _expected_of(endpoint: WebhookEndpoint) -> str:
    """The text to type to delete an endpoint: one line, as a field can hold it."""
    return " ".join(name_of(endpoint).split())


def _read_form(visit: Visit) -> EndpointForm:
    return EndpointForm(
        url=visit.field("url"),
        name=visit.field("name"),
        format=visit.field("format"),
        secret=visit.field("secret"),
        signing=visit.field("signing"),
        events=forms.ticked_types(visit.fields("events"), visit.fields("all")),
    )


def _render_form(
    visit: Visit, form: EndpointForm, endpoint: WebhookEndpoint | None = None
) -> Response:
    """The form; `endpoint` is the one that it changes, if it is not new."""
    here, others = forms.event_groups()
    return visit.render(
        "webhooks/form.html",
        status=UNPROCESSABLE if form.errors else 200,
        errors=form.errors,
        form=form,
        name=None if endpoint is None else name_of(endpoint),
        formats=FORMATS,
        signings=SIGNINGS,
        here=here,
        others=others,
        everything=forms.EVERYTHING,
        has_everything=set(EVENT_TYPES) <= set(form.events),
        public_only=visit.services.webhook_endpoints.public_only,
        back=visit.href("settings/webhooks") if endpoint is None else _address(visit, endpoint),
    )


def _render_secret(
    visit: Visit, endpoint: WebhookEndpoint, form: EndpointForm | None = None
) -> Response:
    return visit.render(
        "webhooks/secret.html",
        status=UNPROCESSABLE if form else 200,
        errors=form.errors if form else {},
        endpoint=endpoint,
        name=name_of(endpoint),
        typed=form.secret if form else "",
        back=_address(visit, endpoint),
    )


def _render_delete(visit: Visit, endpoint: WebhookEndpoint, wrong: str | None = None) -> Response:
    return visit.render(
        "webhooks/delete.html",
        status=UNPROCESSABLE if wrong else 200,
        errors={"confirmation": wrong} if wrong else {},
        endpoint=endpoint,
        name=name_of(endpoint),
        expected=_expected_of(endpoint),
        back=_address(visit, endpoint),
    )

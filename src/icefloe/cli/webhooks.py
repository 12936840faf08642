"""`icefloe webhooks`."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import typer

from icefloe.cli import options, output
from icefloe.domain.values import errors, spelling
from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.webhooks import (
    EVENT_TYPES,
    FORMATS,
    SIGNINGS,
    DeliveredEvent,
    DeliveryQuery,
    NewWebhookEndpoint,
    Signing,
    WebhookEndpoint,
    WebhookEndpointChange,
    WebhookEventType,
)

if TYPE_CHECKING:
    from icefloe.services import Services

app = typer.Typer(
    no_args_is_help=True, help="Webhooks: where events are sent, and what became of them."
)
T = TypeVar("T")

Organization = Annotated[str, typer.Option(help="Whose they are.", metavar="UUID")]
Endpoint = Annotated[str, typer.Argument(help="Its id, as `webhooks list` shows it.")]
Name = Annotated[str | None, typer.Option(help="Its name, for people.")]
Events = Annotated[
    list[str] | None,
    typer.Option(
        "--event", help="A type of event that it is sent; repeat for more.", metavar="TYPE"
    ),
]
Secret = Annotated[str | None, typer.Option(help="What signs deliveries: 32 characters at least.")]
WithSigning = Annotated[
    str | None,
    typer.Option("--signing", help="Which keys sign: both, whole or standard."),
]

_MOST = 1000
# Characters of a response in a table.
_LONGEST = 60


@app.command(name="list")
def list_endpoints(
    *,
    organization: Organization,
    database: options.Database = None,
    as_json: options.AsJson = False,
) -> None:
    """List the endpoints, newest first."""
    organization_id = options.read_uuid(organization, "organization")
    page = PageRequest(limit=_MOST)
    found, _ = _run(
        database,
        organization_id,
        lambda services: services.webhook_endpoints.find_page(organization_id, page),
    )
    if as_json:
        output.print_json([_known(endpoint) for endpoint in found])
    else:
        output.print_table(
            ["ID", "URL", "Name", "Format", "Events", "State"],
            [
                (
                    endpoint.id,
                    endpoint.url,
                    endpoint.name,
                    endpoint.format,
                    _shown_events(endpoint.events),
                    "enabled" if endpoint.enabled else "disabled",
                )
                for endpoint in found
            ],
            empty="There is no webhook endpoint yet: icefloe webhooks create --help",
        )


@app.command(name="create")
def create_endpoint(
    url: Annotated[str, typer.Argument(help="Where events are sent.")],
    *,
    organization: Organization,
    event: Events = None,
    name: Name = None,
    form: Annotated[
        str, typer.Option("--format", help="What bodies are: raw, slack or discord.")
    ] = ("raw"),
    secret: Secret = None,
    signing: Annotated[
        str, typer.Option(help="Which keys sign: both, whole or standard.")
    ] = "both",
    database: options.Database = None,
    as_json: options.AsJson = False,
) -> None:
    """Make an endpoint, and print its secret.

    It is sent events of all types unless some are given.
    """
    organization_id = options.read_uuid(organization, "organization")
    keys = _read_signing(signing)
    body = _body(
        url=url, name=name, format=_read_format(form), secret=secret, events=event or EVENT_TYPES
    )

    async def create(services: "Services") -> WebhookEndpoint:
        new = _read_new(body, public_only=services.webhook_endpoints.public_only)
        return await services.webhook_endpoints.create(organization_id, replace(new, signing=keys))

    made = _run(database, organization_id, create)
    if as_json:
        output.print_json(_known(made))
    else:
        typer.echo(made.secret)
        typer.echo(f"Endpoint {made.id} gets {_shown_events(made.events)} at {made.url}.", err=True)


@app.command(name="update")
def update_endpoint(
    endpoint_id: Endpoint,
    *,
    organization: Organization,
    url: Annotated[str | None, typer.Option(help="Where events are sent.")] = None,
    event: Events = None,
    name: Name = None,
    form: Annotated[
        str | None, typer.Option("--format", help="What bodies are: raw, slack or discord.")
    ] = None,
    secret: Secret = None,
    signing: WithSigning = None,
    enabled: Annotated[
        bool | None,
        typer.Option("--enabled/--disabled", help="Whether events are sent.", show_default=False),
    ] = None,
    database: options.Database = None,
    as_json: options.AsJson = False,
) -> None:
    """Change an endpoint; what is not given stays as it is."""
    organization_id = options.read_uuid(organization, "organization")
    wanted = options.read_uuid(endpoint_id, "endpoint")
    keys = None if signing is None else _read_signing(signing)
    form = None if form is None else _read_format(form)
    body = _body(
        url=url, name=name, format=form, secret=secret, events=event or None, enabled=enabled
    )

    async def update(services: "Services") -> WebhookEndpoint:
        change = _read_change(body, public_only=services.webhook_endpoints.public_only)
        change = replace(change, signing=keys)
        return await services.webhook_endpoints.update(organization_id, wanted, change)

    changed = _run(database, organization_id, update)
    if as_json:
        output.print_json(_known(changed))
    else:
        state = "enabled" if changed.enabled else "disabled"
        typer.echo(
            f"Endpoint {changed.id} ({state}) gets {_shown_events(changed.events)} at {changed.url}."
        )


@app.command(name="delete")
def delete_endpoint(
    endpoint_id: Endpoint, *, organization: Organization, database: options.Database = None
) -> None:
    """Delete an endpoint. What waits for it is not sent; its deliveries stay."""
    organization_id = options.read_uuid(organization, "organization")
    wanted = options.read_uuid(endpoint_id, "endpoint")
    _run(
        database,
        organization_id,
        lambda services: services.webhook_endpoints.delete(organization_id, wanted),
    )
    typer.echo(f"Endpoint {wanted} is deleted.")


@app.command(name="reset-secret")
def reset_secret(
    endpoint_id: Endpoint, *, organization: Organization, database: options.Database = None
) -> None:
    """Give an endpoint a new secret, which signs from now on. Prints it."""
    organization_id = options.read_uuid(organization, "organization")
    wanted = options.read_uuid(endpoint_id, "endpoint")
    changed = _run(
        database,
        organization_id,
        lambda services: services.webhook_endpoints.reset_secret(organization_id, wanted),
    )
    typer.echo(changed.secret)


@app.command(name="deliveries")
def list_deliveries(
    *,
    organization: Organization,
    endpoint: Annotated[
        list[str] | None,
        typer.Option(help="Only to this endpoint; may be given again.", metavar="UUID"),
    ] = None,
    event: Annotated[
        list[str] | None,
        typer.Option(help="Only of this type of event; may be given again.", metavar="TYPE"),
    ] = None,
    succeeded: Annotated[
        bool | None,
        typer.Option("--succeeded/--failed", help="Only with this outcome.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=_MOST)] = 20,
    database: options.Database = None,
    as_json: options.AsJson = False,
) -> None:
    """List the attempts to deliver events, newest first."""
    organization_id = options.read_uuid(organization, "organization")
    query = DeliveryQuery(
        page=PageRequest(limit=limit),
        endpoint_ids=tuple(options.read_uuid(one, "endpoint") for one in endpoint)
        if endpoint
        else None,
        event_types=tuple(read_event_type(one) for one in event) if event else None,
        succeeded=succeeded,
    )
    found, _ = _run(
        database,
        organization_id,
        lambda services: services.webhook_deliveries.find_page(organization_id, query),
    )
    if as_json:
        output.print_json([_known_delivery(one) for one in found])
    else:
        output.print_table(
            ["Event ID", "Type", "Attempted", "Answer", "Duration", "Response"],
            [
                (
                    one.event.id,
                    one.event.type,
                    _shown(one.delivery.created_at),
                    one.delivery.http_code or "none",
                    f"{one.delivery.duration.total_seconds() * 1000:.0f} ms",
                    _shortened(one.delivery.response),
                )
                for one in found
            ],
            empty="There is no such delivery.",
        )


@app.command(name="redeliver")
def redeliver_event(
    event_id: Annotated[str, typer.Argument(help="Its id, as `webhooks deliveries` shows it.")],
    *,
    organization: Organization,
    database: options.Database = None,
) -> None:
    """Deliver an event again, which a running server does at once."""
    organization_id = options.read_uuid(organization, "organization")
    wanted = options.read_uuid(event_id, "event")
    event = _run(
        database,
        organization_id,
        lambda services: services.webhook_deliveries.redeliver(organization_id, wanted),
    )
    if event.payload is None:
        raise errors.InvalidValue(f"the body of event {wanted} is no longer stored")
    if event.skipped:
        raise errors.InvalidValue(f"event {wanted} is not sent: its endpoint is disabled")
    typer.echo(f"Event {wanted} is queued.")


def read_event_type(text: str) -> WebhookEventType:
    """A type of events. Raises InvalidValue."""
    for kind in EVENT_TYPES:
        if kind == text:
            return kind
    raise errors.InvalidValue(f"{text!r} is no type of event{spelling.hint(text, EVENT_TYPES)}")


def _run(
    database: str | None, organization_id: UUID, work: "Callable[[Services], Awaitable[T]]"
) -> T:
    """The result of work on an organization. Raises OrganizationNotFound, and errors for people."""
    from icefloe.cli import work as working

    async def run(services: "Services") -> T:
        await services.organizations.get(organization_id)
        return await work(services)

    try:
        return working.run(options.read_settings(database=database), run)
    except (errors.WebhookEndpointNotFound, errors.WebhookEventNotFound) as error:
        noun = "event" if isinstance(error, errors.WebhookEventNotFound) else "endpoint"
        raise errors.InvalidValue(f"the organization has no such webhook {noun}") from error


def _body(**values: Any) -> dict[str, Any]:
    """The body of a request that asks for as much. Raises InvalidValue: a type of events is unknown."""
    for kind in values["events"] or ():
        read_event_type(kind)
    return {name: value for name, value in values.items() if value is not None}


def _read_new(body: dict[str, Any], *, public_only: bool) -> NewWebhookEndpoint:
    from pydantic import ValidationError

    from icefloe.api.schemas import webhooks as schemas

    try:
        valid = schemas.validate_new_endpoint(body, public_only=public_only)
    except ValidationError as error:
        raise errors.InvalidValue(_describe(error.errors())) from error
    return schemas.new_endpoint_of(valid, None)


def _read_change(body: dict[str, Any], *, public_only: bool) -> WebhookEndpointChange:
    from pydantic import ValidationError

    from icefloe.api.schemas import webhooks as schemas

    try:
        valid = schemas.validate_endpoint_change(body, public_only=public_only)
    except ValidationError as error:
        raise errors.InvalidValue(_describe(error.errors())) from error
    return schemas.change_of(valid)


def _describe(problems: list[Any]) -> str:
    """What is wrong, in the API's words without its prefix."""
    return "; ".join(
        f"{problem['loc'][0]}: {problem['msg'].removeprefix('Value error, ')}"
        for problem in problems
    )


def _read_format(text: str) -> str:
    if text not in FORMATS:
        raise errors.InvalidValue(f"{text!r} is no format; there are {', '.join(FORMATS)}")
    return text


def _read_signing(text: str) -> Signing:
    for signing in SIGNINGS:
        if signing == text:
            return signing
    raise errors.InvalidValue(f"{text!r} names no keys; there are {', '.join(SIGNINGS)}")


def _known(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """What programs are shown of an endpoint."""
    names = (
        "id", "organization_id", "created_at", "modified_at", "url", "name", "format", "secret",
        "events", "enabled", "signing", "api_version",
    )  # fmt: skip
    return {name: getattr(endpoint, name) for name in names}


def _known_delivery(one: DeliveredEvent) -> dict[str, Any]:
    """What programs are shown of a delivery."""
    delivery, event = one.delivery, one.event
    return {
        "id": delivery.id,
        "endpoint_id": delivery.endpoint_id,
        "event_id": event.id,
        "event_type": event.type,
        "created_at": delivery.created_at,
        "succeeded": delivery.succeeded,
        "http_code": delivery.http_code,
        "milliseconds": delivery.duration.total_seconds() * 1000,
        "response": delivery.response,
        "payload": None if event.payload is None else event.payload.decode(),
    }


def _shown_events(events: tuple[WebhookEventType, ...]) -> str:
    if set(events) == set(EVENT_TYPES):
        return "all events"
    return " ".join(dict.fromkeys(events)) or "no events"


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _shortened(text: str | None) -> str | None:
    """The beginning of a response, on one line."""
    if text is None:
        return None
    line = " ".join("".join(filter(str.isprintable, text.replace("\n", " "))).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"

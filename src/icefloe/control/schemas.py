"""What the control API takes and gives."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from icefloe.api.messages import Response
from icefloe.api.schemas.identifiers import Uuid4
from icefloe.api.schemas.models import Model
from icefloe.control.clocks import MAX_SPEED
from icefloe.control.faults import kinds
from icefloe.control.webhooks import kinds as delivery_kinds
from icefloe.domain.values.access import USUAL_SCOPES
from icefloe.domain.values.imports import OnConflict
from icefloe.domain.values.webhooks import Signing, WebhookFormat
from icefloe.exchange import webhooks
from icefloe.exchange.records import Moment, Text

_MAX_SECONDS = 1e11
_MAX_ITEMS = 1_000
# Seconds; clients give up after 30.
_MAX_WAIT = 20.0

ContractName = Literal["2025-06", "2026-04", "2026-10"]
Seconds = Annotated[float, Field(ge=-_MAX_SECONDS, le=_MAX_SECONDS, allow_inf_nan=False)]


class _Given(Model):
    """What a request gives; what is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class OrganizationChange(_Given):
    """How an organization's requests are treated."""

    strict: bool = False
    """Whether a query parameter that is unknown, or a limit above 100, is a 422."""
    contract: ContractName | None = None
    """The contract of an earlier time to answer by; null for the present one."""


class NewOrganization(OrganizationChange):
    """An organization to be made, with a token."""

    name: Text = "Test"
    """For people."""
    id: Uuid4 | None = None
    """Its id; a new one unless given, or one of the seed's."""
    slug: Text | None = None
    """Its short name; made from the name unless given."""
    scopes: tuple[str, ...] = USUAL_SCOPES
    """What its token allows."""
    token: Text | None = None
    """The token; a new one unless given."""
    seed: int | None = None
    """Where ids come from, the same each time; then time stands still but for a second a change."""
    now: AwareDatetime | None = None
    """At which its clock begins."""


NewFault = Annotated[kinds.Kind, Field(discriminator="kind")]


class NewToken(_Given):
    """A token to be made."""

    name: Text = "test"
    """For people."""
    scopes: tuple[str, ...] = USUAL_SCOPES
    """What it allows."""
    expires_at: Moment | None = None
    """When it stops being valid, by the organization's clock."""
    token: Text | None = None
    """The token itself; a new one unless given."""


class NewCustomers(_Given):
    """Customers to import."""

    customers: Annotated[tuple[dict[str, JsonValue], ...], Field(max_length=10_000)]
    """In the form in which the API gives them, or as much of it as is known."""
    on_conflict: OnConflict = OnConflict.FAIL
    """What to do with those that are here already."""


class ClockChange(_Given):
    """The new state of an organization's clock; what is left out stays."""

    now: AwareDatetime | None = None
    """The moment to show."""
    advance: Seconds = 0.0
    """Seconds to add to that, or to the present moment."""
    is_frozen: bool | None = None
    """Whether to stand still."""
    speed: Annotated[float, Field(ge=0, le=MAX_SPEED, allow_inf_nan=False)] | None = None
    """How many seconds pass in a real one."""
    tick: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] | None = None
    """Seconds by which each request that changes something moves it on."""


class NewWebhookEndpoint(_Given):
    """A webhook endpoint to be made."""

    url: webhooks.HandlerUrl
    """Where events are sent: HTTPS, or HTTP to this machine."""
    events: tuple[webhooks.EventType, ...] | None = None
    """The types of the events; all unless given."""
    secret: webhooks.Secret | None = None
    """Signs what is sent; a new one unless given."""
    name: webhooks.Name | None = None
    """For people."""
    format: WebhookFormat = "raw"
    """Of the bodies."""
    signing: Signing = "both"
    """Which keys sign."""
    api_version: webhooks.ApiVersion | None = None
    """The contract's version that raw bodies name; none unless given."""


NewDeliveryFault = Annotated[delivery_kinds.Kind, Field(discriminator="kind")]


class Patience(_Given):
    """How long to wait."""

    timeout: Annotated[float, Field(ge=0, le=_MAX_WAIT, allow_inf_nan=False)] = 5.0
    """Real seconds at most."""


class DeliveryWait(Patience):
    """Which delivery to wait for."""

    type: webhooks.EventType | None = None
    """Of the event; any unless given."""
    after: Annotated[int, Field(ge=0)] = 0
    """The number behind which to begin."""


class Seed(Model):
    """Organizations with tokens and customers, as files have them."""

    model_config = ConfigDict(extra="allow")

    organizations: tuple[dict[str, JsonValue], ...]


class ListParameters(_Given):
    """Which part of a list."""

    limit: Annotated[int, Field(gt=0, le=_MAX_ITEMS)] = 100
    """How many at most."""


class LogParameters(ListParameters):
    """Which entries of a log."""

    after: Annotated[int, Field(ge=0)] = 0
    """The number behind which to begin."""


class _Answer(BaseModel):
    model_config = ConfigDict(defer_build=True, use_attribute_docstrings=True)


def answer(value: BaseModel, status: int = 200) -> Response:
    """The answer that a value of one of these kinds is."""
    return Response(status, value.model_dump_json().encode())


def nothing() -> Response:
    """The answer that says no more than that it is done."""
    return Response(204, content_type=None)


class TimedOut(_Answer):
    """What was waited for has not come."""

    error: Literal["TimedOut"]
    detail: str


class Organization(_Answer):
    """An organization, and how it is treated."""

    id: UUID
    name: str
    slug: str
    created_at: datetime
    strict: bool
    contract: str | None


class MadeOrganization(Organization):
    """An organization that has just been made."""

    token: str
    """Its token, which is not stored."""
    token_id: UUID


class MadeToken(_Answer):
    """A token that has just been made."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    token: str
    """The token itself, which is not stored."""


class Taken(_Answer):
    """The result of an import."""

    added: int
    updated: int
    skipped: int


class Clock(_Answer):
    """Where an organization's clock stands."""

    now: datetime
    is_frozen: bool
    speed: float
    tick: float


class Exchange(_Answer):
    """A request and its answer."""

    number: int
    at: datetime
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: Any
    status: int | None
    """Null where the connection was ended without an answer."""
    answer: Any
    faults: list[str]
    milliseconds: float


class Exchanges(_Answer):
    """Requests, oldest first."""

    items: list[Exchange]
    last: int
    """The number of the newest there has been."""


class WebhookEndpoint(_Answer):
    """A webhook endpoint."""

    id: UUID
    created_at: datetime
    url: str
    name: str | None
    events: tuple[str, ...]
    format: str
    secret: str
    signing: str
    api_version: str | None
    enabled: bool
    """Whether events are sent; ten that failed in a row disable an endpoint."""


class WebhookEndpoints(_Answer):
    """Webhook endpoints, oldest first."""

    items: list[WebhookEndpoint]


class Delivery(_Answer):
    """An attempt to deliver an event."""

    number: int
    at: datetime
    endpoint_id: UUID
    event_id: UUID
    url: str
    type: str
    attempt: int
    """Which one of the event's it is; a redelivery begins at 1 again."""
    headers: Mapping[str, str]
    body: str
    """As it was sent."""
    status: int | None
    """Null without an answer."""
    answer: str | None
    """The beginning of the answer's text, or why there is none."""
    succeeded: bool
    faults: tuple[str, ...]
    milliseconds: float


class Deliveries(_Answer):
    """Deliveries, oldest first."""

    items: list[Delivery]
    last: int
    """The number of the newest there has been."""


class Snapshot(_Answer):
    """Everything an organization held at a moment."""

    id: UUID
    created_at: datetime
    customers: int
    """The number of customers in it that are not deleted."""


class Snapshots(_Answer):
    """Snapshots, oldest first."""

    items: list[Snapshot]


class Organizations(_Answer):
    """Organizations, oldest first."""

    items: list[Organization]


class Fault(_Answer):
    """A fault: as it was asked for, with its id and how often it still applies."""

    model_config = ConfigDict(extra="allow")

    id: UUID
    """By which it is removed."""
    kind: str
    left: int | None
    """How many requests it is still for; null is any number."""


class Faults(_Answer):
    """Faults, in the order in which they were added."""

    items: list[Fault]


class PlantedToken(_Answer):
    """A token of a seed."""

    name: str
    token: str
    scopes: tuple[str, ...]


class PlantedWebhook(_Answer):
    """A webhook endpoint of a seed."""

    id: UUID
    url: str
    secret: str


class PlantedOrganization(_Answer):
    """An organization of a seed."""

    id: UUID
    name: str
    slug: str
    tokens: list[PlantedToken]
    customers: int
    webhooks: list[PlantedWebhook]


class Planted(_Answer):
    """What a seed has made, or found made."""

    organizations: list[PlantedOrganization]

"""Webhooks as values: endpoints, the events queued for them, and the deliveries of those."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args
from uuid import UUID

from icefloe.domain.values.listing import PageRequest

WebhookEventType = Literal[
    "checkout.created",
    "checkout.updated",
    "checkout.expired",
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.state_changed",
    "customer_seat.assigned",
    "customer_seat.claimed",
    "customer_seat.revoked",
    "member.created",
    "member.updated",
    "member.deleted",
    "order.created",
    "order.updated",
    "order.paid",
    "order.refunded",
    "subscription.created",
    "subscription.updated",
    "subscription.active",
    "subscription.canceled",
    "subscription.uncanceled",
    "subscription.cycled",
    "subscription.revoked",
    "subscription.past_due",
    "subscription.paused",
    "subscription.resumed",
    "refund.created",
    "refund.updated",
    "product.created",
    "product.updated",
    "discount.created",
    "discount.updated",
    "discount.deleted",
    "benefit.created",
    "benefit.updated",
    "benefit_grant.created",
    "benefit_grant.cycled",
    "benefit_grant.updated",
    "benefit_grant.revoked",
    "organization.updated",
]
EVENT_TYPES: Final[tuple[WebhookEventType, ...]] = get_args(WebhookEventType)
"""What an endpoint may subscribe to, in the reference's order, whether or not it happens here."""

WebhookFormat = Literal["raw", "discord", "slack"]
FORMATS: Final[tuple[WebhookFormat, ...]] = get_args(WebhookFormat)

Signing = Literal["both", "whole", "standard"]
"""Which keys sign: `whole` is the secret's text, as polar-sdk 0.x verifies; `standard` is what follows
`whsec_`, decoded from base64, as Standard Webhooks verifies; `both` gives two signatures."""
SIGNINGS: Final[tuple[Signing, ...]] = get_args(Signing)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """Where an organization's events are sent.

    Attributes:
        id: its identifier.
        organization_id: whose it is.
        created_at: when it was created.
        modified_at: when it was last changed; None if never.
        deleted_at: when it was deleted; it stays for its deliveries.
        url: standardised.
        name: what people call it.
        format: the form of the bodies.
        secret: signs deliveries; shown to its organization, so stored in clear.
        events: the types it is sent, as given: repeated ones too.
        enabled: whether events are queued for it.
        signing: which keys sign.
        api_version: the contract's version that raw bodies name; None where they name none.
    """

    id: UUID
    organization_id: UUID
    created_at: datetime
    modified_at: datetime | None = None
    deleted_at: datetime | None = None
    url: str
    name: str | None = None
    format: WebhookFormat
    secret: str
    events: tuple[WebhookEventType, ...]
    enabled: bool = True
    signing: Signing = "both"
    api_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhookEndpoint:
    """A webhook endpoint to create. Otherwise as `WebhookEndpoint`.

    Attributes:
        secret: generated if None.
        organization_id: must be None, as the token decides the organization.
    """

    url: str
    format: WebhookFormat
    events: tuple[WebhookEventType, ...]
    name: str | None = None
    secret: str | None = None
    signing: Signing = "both"
    api_version: str | None = None
    organization_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointChange:
    """New values of a webhook endpoint; None leaves a value as it is, as the reference does.

    The stored URL is validated before `enabled` may become true.
    """

    url: str | None = None
    name: str | None = None
    format: WebhookFormat | None = None
    events: tuple[WebhookEventType, ...] | None = None
    secret: str | None = None
    enabled: bool | None = None
    signing: Signing | None = None
    api_version: str | None = None


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """How a webhook endpoint stands.

    Attributes:
        failures: events that have failed for good since the last success.
        queued: events that wait for their first attempt.
        retries: events that wait for another attempt.
        retry_at: when the first of those is due, by the organization's clock; None if there is none.
    """

    failures: int
    queued: int
    retries: int
    retry_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEvent:
    """An event queued for one endpoint.

    Attributes:
        id: its identifier, the `webhook-id` of each delivery.
        organization_id: whose it is.
        endpoint_id: where it goes.
        customer_id: the customer it tells about, if it tells about one.
        type: what happened.
        created_at: when it happened; the body's `timestamp`.
        modified_at: when it was last attempted or skipped; None if never.
        payload: the body; None once it is archived.
        api_version: the contract's version that the body names; None if it names none.
        attempts: how many deliveries were attempted in this cycle; a redelivery begins another.
        due_at: when the next attempt is due; None when there is none.
        succeeded: None while attempts are left.
        skipped: whether it was left out because its endpoint was disabled.
        last_http_code: of the last attempt; None where there was no answer.
    """

    id: UUID
    organization_id: UUID
    endpoint_id: UUID
    customer_id: UUID | None
    type: WebhookEventType
    created_at: datetime
    modified_at: datetime | None = None
    payload: bytes | None
    api_version: str | None = None
    attempts: int = 0
    due_at: datetime | None
    succeeded: bool | None = None
    skipped: bool = False
    last_http_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """One attempt to deliver an event.

    Attributes:
        id: its identifier.
        organization_id: whose it is.
        endpoint_id: where it went.
        event_id: what was sent.
        event_type: the type of the event.
        created_at: when the attempt ended.
        succeeded: whether the answer was 2xx.
        http_code: the answer's status; None without an answer.
        response: the beginning of the answer's body, or why there was none.
        duration: how long the attempt took.
    """

    id: UUID
    organization_id: UUID
    endpoint_id: UUID
    event_id: UUID
    event_type: WebhookEventType
    created_at: datetime
    succeeded: bool
    http_code: int | None
    response: str | None
    duration: timedelta


HttpCodeClass = Literal["2xx", "3xx", "4xx", "5xx"]
HTTP_CODE_CLASSES: Final[tuple[HttpCodeClass, ...]] = get_args(HttpCodeClass)

_PERCENTS = re.compile("%+")
# Characters: the longest text that is searched, an identifier's, with a `%` around each of its own.
_LONGEST_PATTERN = 2 * 36 + 1
# Of identifiers and HTTP codes, and what stands for other text.
_SEARCHED = re.compile(r"[0-9a-fA-F%_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryQuery:
    """Which deliveries a page has, newest first; a filter of None lets all pass.

    Attributes:
        page: which page.
        endpoint_ids: of endpoints that are not deleted, one of these.
        event_id: of this event.
        after: attempted later than this.
        before: attempted earlier than this.
        succeeded: with this outcome.
        query: a pattern of `ILIKE` that the delivery's id, the event's id or the HTTP code holds.
        http_code_class: with a status of this class.
        event_types: of one of these types.
    """

    page: PageRequest
    endpoint_ids: tuple[UUID, ...] | None = None
    event_id: UUID | None = None
    after: datetime | None = None
    before: datetime | None = None
    succeeded: bool | None = None
    query: str | None = None
    http_code_class: HttpCodeClass | None = None
    event_types: tuple[WebhookEventType, ...] | None = None

    @property
    def matches_nothing(self) -> bool:
        """Whether no delivery can match, whatever is stored."""
        pattern = _PERCENTS.sub("%", self.query or "")
        return (
            self.endpoint_ids == ()
            or self.event_types == ()
            or not _SEARCHED.fullmatch(pattern)
            or len(pattern) > _LONGEST_PATTERN
        )


@dataclass(frozen=True, slots=True)
class DeliveredEvent:
    """A delivery, and the event that it delivered.

    Attributes:
        delivery: one attempt.
        event: what was sent.
        attempt: which attempt of the event it was, counted from 1 and on through redeliveries.
    """

    delivery: WebhookDelivery
    event: WebhookEvent
    attempt: int


@dataclass(frozen=True, slots=True)
class Lane:
    """An endpoint for which deliveries are queued.

    Attributes:
        organization_id: whose it is.
        endpoint_id: which one.
        has_first: whether an event waits for its first attempt, which is due at once.
        retry_at: when the first retry is due; None if there is none.
    """

    organization_id: UUID
    endpoint_id: UUID
    has_first: bool
    retry_at: datetime | None


@dataclass(frozen=True, slots=True)
class StateTrigger:
    """A customer whose state has changed, of which endpoints are told when its changes have settled.

    Attributes:
        organization_id: whose customer it is.
        customer_id: which one.
        first_at: when its state first changed.
        due_at: when endpoints are told, by the organization's clock.
    """

    organization_id: UUID
    customer_id: UUID
    first_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Queued:
    """What is queued for one endpoint and may be attempted now.

    Attributes:
        endpoint: where it goes.
        first: events without an attempt, in the order in which they happened.
        retries: events whose retry is due, the longest due first.
    """

    endpoint: WebhookEndpoint
    first: list[WebhookEvent]
    retries: list[WebhookEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an attempt.

    Attributes:
        succeeded: whether the answer was 2xx.
        http_code: the answer's status; None without an answer.
        response: the beginning of the answer's body, or why there was none.
        duration: how long it took.
    """

    succeeded: bool
    http_code: int | None
    response: str | None
    duration: timedelta


@dataclass(frozen=True, slots=True)
class Attempted:
    """An event as it was before an attempt, and what became of that."""

    event: WebhookEvent
    outcome: Outcome

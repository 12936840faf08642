"""What requests and answers about webhooks hold. For descriptions only, as `answers` and `requests`."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import UUID4, AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema
from typing_extensions import TypeAliasType

from icefloe.api.description.answers import Answer, one_of
from icefloe.api.description.requests import PageParameters, described
from icefloe.api.schemas import webhooks as schemas
from icefloe.api.versions import VERSIONS
from icefloe.domain.values import webhooks

_ABSENT: Any = None  # the default of a field that may be left out and not be null
_URL = "https://example.com/api/webhooks"
_ORGANIZATION_ID = "1dbfc517-0bbf-4301-9ba8-555ca42b9737"
_ENDPOINT_ID = "7c1d5c0a-9f1e-4a53-8f2b-0d0f6a3b1e55"
_FIELDS = {
    "url": "Where events are sent: HTTPS to a public host, or HTTP to the server's own machine.",
    "name": "What people call it.",
    "api_version": "The version of the contract that the bodies of raw webhooks name.",
    "secret": "The secret that signs. One is generated if a new endpoint has none.",
    "format": "The form of the bodies: the data itself, or a message for Discord or Slack.",
    "events": "The types of events to send.",
    "organization_id": "Not with an organization's token, which says it already.",
    "enabled": "Whether events are sent.",
    "uses_standard_webhook_signature": "Whether Standard Webhooks' key signs (`true`), or the bytes of"
    " the whole secret (`false`). Null: both do, with a signature each.",
}

WebhookEventType = TypeAliasType(
    "WebhookEventType",
    Annotated[
        webhooks.WebhookEventType, one_of(*webhooks.EVENT_TYPES, description="What happened.")
    ],
)
WebhookFormat = TypeAliasType(
    "WebhookFormat",
    Annotated[
        webhooks.WebhookFormat, one_of(*webhooks.FORMATS, description="The form of the bodies.")
    ],
)
_ApiVersion = Annotated[str, WithJsonSchema({"type": "string", "enum": [*VERSIONS]})]


# --- answers ------------------------------------------------------------------------------------


class _Stored(Answer):
    created_at: datetime
    """When it was made."""

    modified_at: datetime | None
    """When it was last changed; null until it is."""

    id: UUID4
    """Its identifier here."""


class WebhookEndpoint(_Stored):
    """Where an organization's events are sent."""

    url: str = Field(examples=[_URL])
    """Its address, in the form that URL parsers give it."""

    name: str | None = None
    """What people call it."""

    api_version: _ApiVersion = _ABSENT
    """The version of the contract that the bodies of raw webhooks name. Only in answers to requests
    that name a `Polar-Version`."""

    format: WebhookFormat
    """The form of the bodies."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwk3vXbTdRmQ1c"])
    """The secret that signs."""

    organization_id: UUID4
    """Whose it is."""

    events: list[WebhookEventType]
    """The types of events that it is sent, as they were given."""

    enabled: bool
    """Whether events are sent. Ten events in a row that cannot be delivered disable it."""

    uses_standard_webhook_signature: bool = _ABSENT
    """Whether Standard Webhooks' key alone signs. Only in answers to requests that name a
    `Polar-Version`."""


class WebhookEvent(_Stored):
    """An event for one endpoint. It is attempted until it is delivered, ten times at most."""

    last_http_code: int | None = None
    """The status of the last answer; null if there was none."""

    succeeded: bool | None = None
    """Whether it was delivered; null while attempts are left."""

    skipped: bool
    """Whether it was left out because its endpoint was disabled."""

    api_version: _ApiVersion = _ABSENT
    """The version of the contract that its body names. Only in answers to requests that name a
    `Polar-Version`."""

    payload: str | None
    """The body; null once it is archived."""

    type: WebhookEventType
    """What happened."""

    is_archived: bool
    """Whether its body is gone, so that it cannot be delivered again."""


class WebhookDelivery(_Stored):
    """One attempt to deliver an event."""

    succeeded: bool
    """Whether the answer's status was 2xx."""

    http_code: int | None
    """The answer's status; null if there was no answer."""

    response: str | None
    """The beginning of the answer's body, or why there was no answer."""

    webhook_event: WebhookEvent
    """The event that was sent."""


WebhookRedelivery = TypeAliasType(
    "WebhookRedelivery",
    Annotated[
        None, WithJsonSchema({"type": "null", "description": "The event will be sent again."})
    ],
)


# --- bodies -------------------------------------------------------------------------------------


class WebhookEndpointCreate(schemas.NewEndpointBody):
    """A new webhook endpoint."""

    model_config = described(
        _FIELDS, {"url": _URL, "format": "raw", "events": ["customer.created"]}
    )

    format: WebhookFormat
    events: list[WebhookEventType] = Field(max_length=schemas.MAX_EVENTS)
    api_version: _ApiVersion | None = None


class WebhookEndpointUpdate(schemas.EndpointChangeBody):
    """What to change about a webhook endpoint; what is left out or null stays as it is."""

    model_config = described(_FIELDS, {"enabled": True})

    format: WebhookFormat | None = None
    events: Annotated[list[WebhookEventType], Field(max_length=schemas.MAX_EVENTS)] | None = None
    api_version: _ApiVersion | None = None


# --- places and query parameters ----------------------------------------------------------------


class _Places(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class WebhookEndpointPlaces(_Places):
    """What stands in the place of a webhook endpoint's path."""

    id: UUID4 = Field(examples=[_ENDPOINT_ID])
    """The webhook endpoint's identifier."""


class WebhookEventPlaces(_Places):
    """What stands in the place of a webhook event's path."""

    id: UUID4 = Field(examples=[_ENDPOINT_ID])
    """The webhook event's identifier, its `webhook-id`."""


class WebhookEndpointListParameters(PageParameters):
    """Which webhook endpoints to list."""

    organization_id: UUID4 | list[UUID4] | None = Field(default=None, examples=[_ORGANIZATION_ID])
    """Only endpoints of this organization, or of these."""


class WebhookDeliveryListParameters(PageParameters):
    """Which deliveries to list."""

    endpoint_id: UUID4 | list[UUID4] | None = None
    """Only deliveries to this endpoint, or to these; to a deleted one, none."""

    start_timestamp: AwareDatetime | None = None
    """Only deliveries after this moment, which has a time zone."""

    end_timestamp: AwareDatetime | None = None
    """Only deliveries before this moment, which has a time zone."""

    succeeded: bool | None = None
    """Only deliveries that succeeded, or only those that failed."""

    query: str | None = None
    """Only deliveries whose ID, event's ID or status holds this text, in any letter case. `%` stands
    for any characters, `_` for one."""

    http_code_class: Literal["2xx", "3xx", "4xx", "5xx"] | None = None
    """Only deliveries that were answered with a status of this class."""

    event_type: WebhookEventType | list[WebhookEventType] | None = None
    """Only deliveries of events of this type, or of these."""

"""The bodies that make and change webhook endpoints, and the query parameters of their lists.

The fields stand in the order in which the reference checks them.
"""

import functools
from typing import Annotated

from pydantic import (
    AfterValidator,
    AnyUrl,
    AwareDatetime,
    BeforeValidator,
    Field,
    UrlConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticKnownError

from icefloe.api import versions
from icefloe.api.schemas import queries
from icefloe.api.schemas.fields import Body, Schema, choice, context, refuse_absence
from icefloe.api.schemas.identifiers import Uuid4
from icefloe.api.schemas.lists import PageParameters
from icefloe.domain.values import limits, webhooks
from icefloe.domain.values.emails import EmailCheck
from icefloe.domain.values.webhooks import (
    HttpCodeClass,
    NewWebhookEndpoint,
    Signing,
    WebhookEndpointChange,
    WebhookEventType,
    WebhookFormat,
)
from icefloe.domain.webhooks import urls

MAX_URL = 2083
"""Characters; the reference's own limit."""
MAX_EVENTS = limits.MAX_LIST
"""Types of events that an endpoint may name, repeated ones too."""

_PUBLIC_ONLY = "public_only"


def _strip(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _standardise(url: AnyUrl, info: ValidationInfo) -> str:
    """The URL as text, if webhooks may be sent there."""
    public_only = bool((info.context or {}).get(_PUBLIC_ONLY))
    try:
        urls.check(url.scheme, url.host or "", public_only=public_only)
    except urls.SchemeRefused as error:
        raise PydanticKnownError("url_scheme", {"expected_schemes": "'https'"}) from error
    except urls.UnusableUrl as error:
        raise ValueError(str(error)) from error
    return str(url)


EndpointUrl = Annotated[
    AnyUrl,
    UrlConstraints(max_length=MAX_URL),
    BeforeValidator(_strip),
    AfterValidator(_standardise),
    WithJsonSchema({"type": "string", "format": "uri", "minLength": 1, "maxLength": MAX_URL}),
]
"""Where webhooks may be sent, in the form that URL parsers of browsers give it. It is a text."""

Name = Annotated[str, Field(max_length=limits.MAX_WEBHOOK_NAME)]
Secret = Annotated[
    str, Field(min_length=limits.MIN_WEBHOOK_SECRET, max_length=limits.MAX_WEBHOOK_SECRET)
]
Format = Annotated[WebhookFormat, choice(*webhooks.FORMATS)]
EventType = Annotated[WebhookEventType, choice(*webhooks.EVENT_TYPES)]
Events = Annotated[list[EventType], Field(max_length=MAX_EVENTS)]
ApiVersion = Annotated[str, choice(*versions.VERSIONS)]


class NewEndpointBody(Body):
    """A new webhook endpoint. It is enabled, whatever the body says."""

    url: EndpointUrl
    name: Name | None = None
    api_version: ApiVersion | None = None
    secret: Secret | None = None
    format: Format
    events: Events
    organization_id: Uuid4 | None = None
    uses_standard_webhook_signature: bool | None = None


class EndpointChangeBody(Body):
    """What to change about a webhook endpoint; what is absent or null stays as it is."""

    url: EndpointUrl | None = None
    name: Name | None = None
    api_version: ApiVersion | None = None
    secret: Secret | None = None
    format: Format | None = None
    events: Events | None = None
    enabled: bool | None = None
    uses_standard_webhook_signature: bool | None = None


class EndpointListParameters(PageParameters):
    """The parameters of a list of endpoints.

    `unknown` holds, each once, the names of parameters that mean nothing here.
    """

    organization_id: list[Uuid4] | None = None
    unknown: tuple[str, ...] = ()


class DeliveryListParameters(PageParameters):
    """The parameters of a list of deliveries, in the order in which the reference checks them.

    `unknown` holds, each once, the names of parameters that mean nothing here.
    """

    endpoint_id: list[Uuid4] | None = None
    start_timestamp: AwareDatetime | None = None
    end_timestamp: AwareDatetime | None = None
    succeeded: bool | None = None
    query: str | None = None
    http_code_class: HttpCodeClass | None = None
    event_type: list[EventType] | None = None
    unknown: tuple[str, ...] = ()


def validate_new_endpoint(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX, public_only: bool = False
) -> NewEndpointBody:
    """The body that makes a webhook endpoint.

    Args:
        value: the parsed JSON, or None where no body came.
        email_check: how much of addresses is checked; it has none.
        public_only: whether plain HTTP to this machine is refused.

    Raises:
        ValidationError: the value does not fit; `problems` tells the client why.
    """
    refuse_absence(NewEndpointBody.__name__, value)
    return NewEndpointBody.read(
        value, from_attributes=True, context=_context(email_check, public_only=public_only)
    )


def validate_endpoint_change(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX, public_only: bool = False
) -> EndpointChangeBody:
    """The body that changes a webhook endpoint. Arguments and errors as `validate_new_endpoint`."""
    refuse_absence(EndpointChangeBody.__name__, value)
    return EndpointChangeBody.read(
        value, from_attributes=True, context=_context(email_check, public_only=public_only)
    )


def new_endpoint(*, public_only: bool) -> Schema[NewEndpointBody]:
    """What a body that creates a webhook endpoint must be; `public_only` as for its validation."""
    validate = functools.partial(validate_new_endpoint, public_only=public_only)
    return Schema(validate, NewEndpointBody)


def endpoint_change(*, public_only: bool) -> Schema[EndpointChangeBody]:
    """What a body that changes a webhook endpoint must be; `public_only` as for its validation."""
    validate = functools.partial(validate_endpoint_change, public_only=public_only)
    return Schema(validate, EndpointChangeBody)


def new_endpoint_of(body: NewEndpointBody, default_version: str | None) -> NewWebhookEndpoint:
    """The endpoint that a body asks to be made.

    Args:
        body: the body.
        default_version: the version that its bodies name if this body chooses none.
    """
    return NewWebhookEndpoint(
        url=str(body.url),
        name=body.name,
        api_version=body.api_version or default_version,
        secret=body.secret,
        format=body.format,
        events=tuple(body.events),
        organization_id=body.organization_id,
        signing=_signing(body.uses_standard_webhook_signature) or "both",
    )


def change_of(body: EndpointChangeBody) -> WebhookEndpointChange:
    """The change that a body asks for."""
    return WebhookEndpointChange(
        url=None if body.url is None else str(body.url),
        name=body.name,
        api_version=body.api_version,
        secret=body.secret,
        format=body.format,
        events=None if body.events is None else tuple(body.events),
        enabled=body.enabled,
        signing=_signing(body.uses_standard_webhook_signature),
    )


def read_endpoint_list(query_string: bytes) -> EndpointListParameters:
    """The parameters of a list of endpoints.

    Of a parameter given twice the last one wins, except `organization_id`, which may be repeated.

    Raises:
        RequestInvalid: with every problem found.
    """
    return queries.read_list(
        EndpointListParameters, query_string, lists=frozenset({"organization_id"})
    )


def read_delivery_list(query_string: bytes) -> DeliveryListParameters:
    """The parameters of a list of deliveries.

    Of a parameter given twice the last one wins, except `endpoint_id` and `event_type`, which may be
    repeated.

    Raises:
        RequestInvalid: with every problem found.
    """
    return queries.read_list(
        DeliveryListParameters, query_string, lists=frozenset({"endpoint_id", "event_type"})
    )


def _signing(uses_standard: bool | None) -> Signing | None:  # noqa: FBT001 - a value of the wire
    if uses_standard is None:
        return None
    return "standard" if uses_standard else "whole"


def _context(email_check: EmailCheck, *, public_only: bool) -> dict[str, object]:
    return {**context(email_check), _PUBLIC_ONLY: public_only}

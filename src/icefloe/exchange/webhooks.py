"""Webhook endpoints as seeds and tests write them."""

from collections.abc import Sequence
from typing import Annotated, Literal, NotRequired, cast

from pydantic import UUID4, AfterValidator, ValidationError
from pydantic_core import Url
from typing_extensions import TypedDict

from icefloe.domain.values import limits, spelling
from icefloe.domain.values.webhooks import EVENT_TYPES, Signing, WebhookEventType, WebhookFormat
from icefloe.exchange.records import Text

_SCHEMES = frozenset({"http", "https"})
_MAX_URL = 2083
_NO_URL = "not the URL of a webhook handler, such as http://localhost:3000/webhooks"


def standardise(url: str) -> str:
    """A URL as it is stored: as a WHATWG URL parser writes it. Raises ValueError for none of HTTP."""
    try:
        read = Url(url.strip())
    except ValidationError:
        raise ValueError(_NO_URL) from None
    if read.scheme not in _SCHEMES or len(str(read)) > _MAX_URL:
        raise ValueError(_NO_URL)
    return str(read)


def _of_length(least: int, most: int) -> AfterValidator:
    def check(text: str) -> str:
        if not least <= len(text) <= most:
            raise ValueError(f"must have {least} to {most} characters")
        return text

    return AfterValidator(check)


def _as_event_type(text: str) -> str:
    if text not in EVENT_TYPES:
        raise ValueError(f"there is no such type of event{spelling.hint(text, EVENT_TYPES)}")
    return text


def read_events(given: Sequence[str] | None) -> tuple[WebhookEventType, ...]:
    """The types of events that are given, each of which there is; all of them for None."""
    return EVENT_TYPES if given is None else cast("tuple[WebhookEventType, ...]", tuple(given))


HandlerUrl = Annotated[Text, AfterValidator(standardise)]
EventType = Annotated[Text, AfterValidator(_as_event_type)]
Secret = Annotated[Text, _of_length(limits.MIN_WEBHOOK_SECRET, limits.MAX_WEBHOOK_SECRET)]
Name = Annotated[Text, _of_length(0, limits.MAX_WEBHOOK_NAME)]
ApiVersion = Literal["2026-04", "2026-10"]


class Webhook(TypedDict):
    """An endpoint of a seed."""

    id: NotRequired[UUID4 | None]
    url: HandlerUrl
    name: NotRequired[Name | None]
    events: NotRequired[list[EventType] | None]
    format: NotRequired[WebhookFormat | None]
    secret: NotRequired[Secret | None]
    signing: NotRequired[Signing | None]
    api_version: NotRequired[ApiVersion | None]

"""Polar's webhooks: whom one is about, once the client has verified that Polar sent it."""

from collections.abc import Mapping

from polar.webhooks import (
    PolarWebhookUnknownTypeError,
    PolarWebhookVerificationError,
    validate_event,
)

EVENTS = frozenset({"customer.updated"})


class Forged(Exception):
    """Polar did not sign the request with our secret."""


def find_customer(body: bytes, headers: Mapping[str, str], secret: str) -> str | None:
    """The external ID of the customer that a webhook is about; None if it is about something else.

    Raises:
        Forged: Polar did not sign the request, or signed it more than five minutes ago.
    """
    try:
        event = validate_event(body, dict(headers), secret, EVENTS, dict)
    except PolarWebhookVerificationError as error:
        raise Forged from error
    except PolarWebhookUnknownTypeError:  # not one of these events
        return None
    return event["data"]["external_id"]

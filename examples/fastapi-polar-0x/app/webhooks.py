"""Polar's webhooks: whom one is about, once the client has verified that Polar sent it."""

from collections.abc import Mapping

from polar_sdk.models import WebhookCustomerUpdatedPayload
from polar_sdk.webhooks import WebhookUnknownTypeError, WebhookVerificationError, validate_event

EVENTS = frozenset({"customer.updated"})


class Forged(Exception):
    """Polar did not sign the request with our secret."""


def find_customer(body: bytes, headers: Mapping[str, str], secret: str) -> str | None:
    """The external ID of the customer that a webhook is about; None if it is about something else.

    Raises:
        Forged: Polar did not sign the request, or signed it more than five minutes ago.
    """
    try:
        event = validate_event(body, dict(headers), secret)
    except WebhookVerificationError as error:
        raise Forged from error
    except WebhookUnknownTypeError:  # later than this client
        return None
    return event.data.external_id if isinstance(event, WebhookCustomerUpdatedPayload) else None

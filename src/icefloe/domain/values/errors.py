"""The errors the domain raises; each docstring is the message where none is given.

IcefloeError
├── NotFound                    nothing that the caller may see has that name
│   ├── CustomerNotFound
│   ├── MemberNotFound
│   ├── OrganizationNotFound
│   ├── TokenNotFound
│   ├── PersonNotFound
│   ├── MembershipNotFound
│   ├── InvitationNotFound
│   ├── InvoiceDoesNotExist
│   ├── ReceiptNotAllocated
│   ├── WebhookEndpointNotFound
│   └── WebhookEventNotFound
├── AuthenticationFailed        the token, password or link is not valid now
├── TooManyAttempts             wrong passwords came too often; says how long to wait
├── Duplicate                   a unique value is taken; says which field
├── RulesBroken                 values break the contract's rules; says which, and where (422)
│   └── BenefitPropertiesInvalid
├── NotPermitted                the caller may not do that, whatever the values (403)
│   ├── DisputeAutoAcceptNotEnabled
│   └── OffSessionChargesNotEnabled
├── SubscriptionRefused         a subscription's status does not allow the change
│   ├── AlreadyCanceledSubscription
│   ├── InactiveSubscription
│   ├── SubscriptionNotCanceled
│   ├── SubscriptionEnded
│   ├── CannotPauseSubscription
│   ├── NoScheduledPause
│   ├── NotPausedSubscription
│   ├── NotASeatBasedSubscription
│   └── NotAUnitBasedSubscription
├── MissingInvoiceBillingDetails  an order has no name or address for an invoice (422)
├── OrderNotDraft               an order cannot be finalized again (412)
├── InvalidValue                a value breaks a rule of ours; the message says which
├── StorageUnavailable          the database did not answer in time: try again
├── IncompatibleDatabase        the file is not one this program can use
└── ConfigurationError          a setting cannot be used; the message says what to do
"""

from dataclasses import dataclass
from uuid import UUID


class IcefloeError(Exception):
    """Something went wrong."""

    def __str__(self) -> str:
        return super().__str__() or (self.__doc__ or "").strip()


class NotFound(IcefloeError):
    """Not found"""  # noqa: D415 - the contract's own words


class CustomerNotFound(NotFound):
    """Not found"""  # noqa: D415 - the contract's own words


class MemberNotFound(NotFound):
    """Member not found"""  # noqa: D415 - the contract's own words


class OrganizationNotFound(NotFound):
    """There is no such organization."""


class TokenNotFound(NotFound):
    """There is no such token."""


class PersonNotFound(NotFound):
    """There is no such person."""


class InvoiceDoesNotExist(NotFound):
    """No invoice exists for the order."""


class ReceiptNotAllocated(NotFound):
    """No receipt is allocated for the order."""


class WebhookEndpointNotFound(NotFound):
    """Not found"""  # noqa: D415 - the contract's own words


class WebhookEventNotFound(NotFound):
    """Not found"""  # noqa: D415 - the contract's own words


class MembershipNotFound(NotFound):
    """The person is not in that organization."""


class InvitationNotFound(NotFound):
    """There is no such invitation, or it is not valid any more."""


class AuthenticationFailed(IcefloeError):
    """The access token provided is expired, revoked, malformed, or invalid for other reasons."""


class TooManyAttempts(IcefloeError):
    """Wrong passwords came too often.

    Attributes:
        wait_seconds: how long the next attempt must wait; 1 at least.
    """

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(f"too many attempts; try again in {wait_seconds} seconds")
        self.wait_seconds = wait_seconds


class Duplicate(IcefloeError):
    """A unique value is already taken.

    Attributes:
        field: the wire name of the field whose value is taken, such as `email`.
    """

    def __init__(self, field: str) -> None:
        super().__init__(f"another row has the same {field}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule.

    Attributes:
        kind: the contract's name for what is wrong, such as `value_error` or `missing`.
        place: where in the request the value stood: `body` or `query`, then the names of fields and the
            numbers of entries, from 0.
        message: what is wrong, in the contract's words.
        value: the value that broke the rule, as it was understood.
    """

    kind: str
    place: tuple[str | int, ...]
    message: str
    value: object = None


class RulesBroken(IcefloeError):
    """A change breaks rules that only the stored data can decide.

    Attributes:
        violations: every rule broken, in the contract's order.
    """

    def __init__(self, *violations: Violation) -> None:
        super().__init__("; ".join(violation.message for violation in violations))
        self.violations = violations


class BenefitPropertiesInvalid(RulesBroken):
    """What a benefit consists of cannot be given: it names what is not there."""


class NotPermitted(IcefloeError):
    """The caller may see it but not do that."""


class DisputeAutoAcceptNotEnabled(NotPermitted):
    """Disputes cannot be accepted automatically: this organization does not have that feature."""


class SubscriptionRefused(IcefloeError):
    """A subscription's status, or what it is of, does not allow a change."""

    words = "This subscription does not allow that."
    """What the wire says."""

    def __init__(self) -> None:
        super().__init__(self.words)


class AlreadyCanceledSubscription(SubscriptionRefused):
    """The subscription has ended, or is set to end with its period."""

    words = "This subscription is already canceled or will be at the end of the period."


class InactiveSubscription(SubscriptionRefused):
    """The subscription is neither active nor on trial."""

    def __init__(self, subscription_id: str = "") -> None:
        self.words = f"Subscription {subscription_id} is not active."
        super().__init__()


class SubscriptionNotCanceled(SubscriptionRefused):
    """The subscription is not set to end, so that it cannot be set to go on."""

    words = "Bad request"


class SubscriptionEnded(SubscriptionRefused):
    """The subscription has ended, so that it cannot be set to go on."""

    words = "Unavailable"


class CannotPauseSubscription(SubscriptionRefused):
    """The subscription is not active, or is set to end or to pause already."""

    words = "This subscription cannot be paused."


class NoScheduledPause(SubscriptionRefused):
    """The subscription is not set to pause."""

    words = "This subscription is not scheduled to be paused."


class NotPausedSubscription(SubscriptionRefused):
    """The subscription is not paused."""

    words = "This subscription is not paused."


class NotASeatBasedSubscription(SubscriptionRefused):
    """The subscription's product is not paid by the seat."""

    words = "This subscription does not support seat-based pricing."


class NotAUnitBasedSubscription(SubscriptionRefused):
    """The subscription's product is not paid by the unit."""

    words = "This subscription does not support unit-based pricing."


class OffSessionChargesNotEnabled(NotPermitted):
    """Orders cannot be made for a customer who is not there: no organization here has that feature."""

    def __init__(self, organization_id: UUID) -> None:
        super().__init__(
            f"Off-session charges are not enabled for this organization ({organization_id})."
            " Contact Polar support to opt in."
        )


class MissingInvoiceBillingDetails(IcefloeError):
    """Billing name and address are required to generate an invoice for this order."""


class OrderNotDraft(IcefloeError):
    """The order is no draft."""


class InvalidValue(IcefloeError):
    """A value breaks a rule."""


class StorageUnavailable(IcefloeError):
    """The database is busy; try again shortly."""


class IncompatibleDatabase(IcefloeError):
    """The database was made by a newer version of Icefloe."""


class ConfigurationError(IcefloeError):
    """A setting cannot be used."""

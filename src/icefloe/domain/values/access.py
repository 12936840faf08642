"""Subjects and scopes: who makes a request, and what it may do."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

# The reference's scope names. Those without a resource here grant nothing; tokens may have them, so
# that a token can be created with the scopes it has at the reference.
_READ_AND_WRITE = (
    "user", "organizations", "custom_fields", "discounts", "checkout_links", "checkouts",
    "transactions", "payouts", "products", "benefits", "events", "meters", "files", "subscriptions",
    "customers", "members", "wallets", "disputes", "customer_seats", "orders", "refunds", "metrics",
    "webhooks", "license_keys", "customer_portal", "notifications", "notification_recipients",
)  # fmt: skip
SCOPES: tuple[str, ...] = (
    "openid",
    "profile",
    "email",
    *(f"{resource}:{verb}" for resource in _READ_AND_WRITE for verb in ("read", "write")),
    "customer_meters:read",
    "customer_sessions:write",
    "member_sessions:write",
    "payments:read",
)

CUSTOMERS_READ = ("customers:read", "customers:write")
CUSTOMERS_WRITE = ("customers:write",)
MEMBERS_READ = ("members:read", "members:write")
MEMBERS_WRITE = ("members:write",)
ORGANIZATIONS_READ = ("organizations:read", "organizations:write")
ORGANIZATIONS_WRITE = ("organizations:write",)
WEBHOOKS_READ = ("webhooks:read", "webhooks:write")
WEBHOOKS_WRITE = ("webhooks:write",)
PRODUCTS_READ = ("products:read", "products:write")
PRODUCTS_WRITE = ("products:write",)
BENEFITS_READ = ("benefits:read", "benefits:write")
BENEFITS_WRITE = ("benefits:write",)
DISCOUNTS_READ = ("discounts:read", "discounts:write")
DISCOUNTS_WRITE = ("discounts:write",)
METERS_READ = ("meters:read", "meters:write")
METERS_WRITE = ("meters:write",)
SUBSCRIPTIONS_READ = ("subscriptions:read", "subscriptions:write")
SUBSCRIPTIONS_WRITE = ("subscriptions:write",)
EVENTS_READ = ("events:read", "events:write")
EVENTS_WRITE = ("events:write",)
CUSTOMER_METERS_READ = ("customer_meters:read",)
# The one resource that the scope for writing does not read.
ORDERS_READ = ("orders:read",)
ORDERS_WRITE = ("orders:write",)

USUAL_SCOPES = (
    *CUSTOMERS_READ,
    *MEMBERS_READ,
    *ORGANIZATIONS_READ,
    *WEBHOOKS_READ,
    *PRODUCTS_READ,
    *BENEFITS_READ,
    *DISCOUNTS_READ,
    *METERS_READ,
    *EVENTS_READ,
    *CUSTOMER_METERS_READ,
    *SUBSCRIPTIONS_READ,
    *ORDERS_READ,
    *ORDERS_WRITE,
)
"""Everything there is to read and write here: the scopes of a token that names none."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The organization that a token authenticates, and what the token allows.

    Attributes:
        organization_id: the only organization the subject may see.
        token_id: the token.
        scopes: what the token allows.
        expires_at: when the token stops being valid, or None.
    """

    organization_id: UUID
    token_id: UUID
    scopes: frozenset[str]
    expires_at: datetime | None = None

    def may(self, scopes: tuple[str, ...]) -> bool:
        """Whether the subject has any one of `scopes`; where none is named, it has."""
        return not scopes or not self.scopes.isdisjoint(scopes)

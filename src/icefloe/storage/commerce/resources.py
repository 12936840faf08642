"""The table of resources: the name of each, and the columns that follow from its documents.

A row here, and its table in the two engines' schemas, are all that storage needs to know of a resource.
Every table has besides `sequence` (the order of insertion), `organization_id`, `id`, `created_at`,
`deleted_at` and `document`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from icefloe.domain.values import collation, revenue
from icefloe.domain.values.documents import Document, Embedded, read_moment
from icefloe.storage import index_texts
from icefloe.storage.columns import Kind
from icefloe.storage.transaction import moment

_BEHIND_ALL = 2**63 - 1
"""Stands for no number and no moment: it sorts behind all others, as in the reference."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that follows from a document.

    Attributes:
        name: its name.
        kind: what it holds.
        of: what it holds for a document.
        write: what it holds for a value that a filter compares with.
    """

    name: str
    kind: Kind
    of: Callable[[Document], Any]
    write: Callable[[Any], Any] = lambda value: value


@dataclass(frozen=True, slots=True)
class Joined:
    """A column of another table, found by an identifier that a resource's own column has.

    Attributes:
        key: the resource's column.
        table: the other table.
        column: its column.
    """

    key: str
    table: str
    column: str


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource.

    Attributes:
        name: its name, which is its table's.
        columns: those of its own.
        sorting: the column for each property that lists are sorted by, where the names differ.
        quick: the columns by which an index sorts the objects that are not deleted.
        owners: columns that name what an object belongs to, the most selective first; the index
            `TABLE_by_OWNER` finds what one has.
        joined: by name, columns of other tables to filter and sort by.
        searched: the column of lower-cased text that lists are searched in.
        links: by name, which other objects a document is linked to, for filters by one of many.
        unique: by the column that a unique index ends with, the field of the wire that it guards. The
            index is named `TABLE_FIELD`.
    """

    name: str
    columns: tuple[Column, ...]
    sorting: Mapping[str, str] = field(default_factory=dict)
    quick: frozenset[str] = frozenset({"created_at"})
    owners: tuple[str, ...] = ()
    joined: Mapping[str, Joined] = field(default_factory=dict)
    searched: str | None = None
    links: Mapping[str, Callable[[Document], Iterable[UUID]]] = field(default_factory=dict)
    unique: Mapping[str, str] = field(default_factory=dict)

    def index_of(self, owner: str) -> str:
        """The index that finds what one owner has."""
        return f"{self.name}_by_{owner.removesuffix('_id')}"

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each column of the table, in the order of `database copy`."""
        return {
            "sequence": Kind.NUMBER,
            "organization_id": Kind.UUID,
            "id": Kind.UUID,
            "created_at": Kind.NUMBER,
            "deleted_at": Kind.NUMBER,
            "document": Kind.BYTES,
            **{column.name: column.kind for column in self.columns},
        }


# --- columns ------------------------------------------------------------------------------------


def text_column(name: str) -> Column:
    """A column with a document's text, compared as it is; null without one."""
    return Column(name, Kind.TEXT, lambda document: document[name])


def flag_column(name: str, of: Callable[[Document], bool] | None = None) -> Column:
    """A column with a document's boolean, or with what `of` finds."""
    return Column(name, Kind.FLAG, of or (lambda document: document[name]))


def id_column(name: str) -> Column:
    """A column with the identifier in a document's text; null without one."""
    return Column(
        name,
        Kind.UUID,
        lambda document: None if document[name] is None else UUID(document[name]),
    )


def number_column(name: str, of: Callable[[Document], int | None] | None = None) -> Column:
    """A column with a document's number, or with what `of` finds, to sort by."""
    return Column(name, Kind.NUMBER, _sorted(of or (lambda document: document[name])), _behind)


def moment_column(name: str) -> Column:
    """A column with a document's moment, to sort by and to compare with."""

    def find(document: Document) -> int | None:
        text = document[name]
        return None if text is None else moment(read_moment(text))

    return Column(name, Kind.NUMBER, _sorted(find), lambda value: _behind(moment(value)))


def plain_moment_column(name: str) -> Column:
    """A column with a document's moment, to compare with; null without one."""

    def find(document: Document) -> int | None:
        text = document[name]
        return None if text is None else moment(read_moment(text))

    return Column(name, Kind.NUMBER, find, moment)


def sort_key_column(name: str) -> Column:
    """A column `…_key` by which a document's text is sorted, in the reference's order."""

    def find(document: Document) -> bytes:
        text = document[name]
        if text is None:
            return collation.NO_TEXT
        return index_texts.of_sort_key(collation.sort_key(text))

    return Column(f"{name}_key", Kind.BYTES, find)


def sorted_text_column(name: str, of: Callable[[Document], str | None]) -> Column:
    """A column with the bytes of the text that `of` finds, to sort by."""

    def find(document: Document) -> bytes:
        text = of(document)
        return collation.NO_TEXT if text is None else text.encode()

    return Column(name, Kind.BYTES, find)


def search_column(name: str) -> Column:
    """A column `…_lower` with a document's text in the reference's lower case; null without one."""

    def find(document: Document) -> str | None:
        return None if document[name] is None else collation.lower(document[name])

    return Column(f"{name}_lower", Kind.TEXT, find, collation.lower)


def _sorted(of: Callable[[Document], int | None]) -> Callable[[Document], int]:
    return lambda document: _behind(of(document))


def _behind(number: int | None) -> int:
    return _BEHIND_ALL if number is None else number


def _embedded(key: str) -> Callable[[Document], list[UUID]]:
    """Finds what the list at a key of a document embeds."""
    return lambda document: [one.id for one in document[key] if isinstance(one, Embedded)]


# --- resources ----------------------------------------------------------------------------------

METERS = Resource(
    "meters",
    (
        sort_key_column("name"),
        search_column("name"),
        flag_column("is_archived", lambda meter: meter["archived_at"] is not None),
    ),
    sorting={"name": "name_key"},
    quick=frozenset({"name_key"}),
    searched="name_lower",
)

BENEFITS = Resource(
    "benefits",
    (text_column("type"), sort_key_column("description"), search_column("description")),
    # The reference's order for a portal of one customer; here the order of creation.
    sorting={"description": "description_key", "user_order": "created_at"},
    quick=frozenset({"created_at", "description_key"}),
    searched="description_lower",
)


def _find_static_price(product: Document) -> Document | None:
    """The price that a list of products is sorted by: the first one of a fixed or a chosen amount."""
    return next(
        (price for price in product["prices"] if price["amount_type"] in {"fixed", "custom"}), None
    )


def _find_amount_type(product: Document) -> str | None:
    price = _find_static_price(product)
    return None if price is None else price["amount_type"]


def _find_amount(product: Document) -> int | None:
    price = _find_static_price(product)
    if price is None:
        return None
    amount: int = price["price_amount" if "price_amount" in price else "minimum_amount"]
    return amount


PRODUCTS = Resource(
    "products",
    (
        sort_key_column("name"),
        search_column("name"),
        flag_column("is_archived"),
        flag_column("is_recurring"),
        text_column("visibility"),
        sorted_text_column("price_amount_type", _find_amount_type),
        number_column("price_amount", _find_amount),
    ),
    sorting={"name": "name_key"},
    quick=frozenset({"created_at", "name_key"}),
    searched="name_lower",
    links={"benefit_id": _embedded("benefits")},
)

DISCOUNTS = Resource(
    "discounts",
    (
        sort_key_column("name"),
        search_column("name"),
        sort_key_column("code"),
        search_column("code"),
        number_column("redemptions_count"),
        moment_column("ends_at"),
    ),
    sorting={"name": "name_key", "code": "code_key"},
    quick=frozenset({"created_at", "name_key"}),
    searched="name_lower",
    links={"product_id": _embedded("products")},
    unique={"code_lower": "code"},
)

# The reference's order of statuses; one that is set to end comes behind those that go on.
_STATUSES = (
    "incomplete",
    "incomplete_expired",
    "trialing",
    "active",
    "active until the end of the period",
    "paused",
    "past_due",
    "canceled",
    "unpaid",
)


def _rank_status(subscription: Document) -> int:
    status = subscription["status"]
    if status == "active" and subscription["cancel_at_period_end"]:
        return _STATUSES.index("active until the end of the period")
    return _STATUSES.index(status)


def _find_first_paid(subscription: Document) -> int | None:
    """The number of the first month at whose end a subscription is paid."""
    months = revenue.paid_months_of(subscription)
    return None if months is None else months.first


def _find_paid_until(subscription: Document) -> int | None:
    """The number of the first month at whose end a subscription is paid no more."""
    months = revenue.paid_months_of(subscription)
    return None if months is None else months.end


SUBSCRIPTIONS = Resource(
    "subscriptions",
    (
        text_column("status"),
        number_column("status_rank", _rank_status),
        id_column("customer_id"),
        id_column("product_id"),
        id_column("discount_id"),
        flag_column("cancel_at_period_end"),
        text_column("customer_cancellation_reason"),
        number_column("amount"),
        moment_column("started_at"),
        moment_column("current_period_end"),
        moment_column("ends_at"),
        moment_column("ended_at"),
        plain_moment_column("canceled_at"),
        text_column("currency"),
        Column("yearly_amount", Kind.NUMBER, revenue.yearly_amount_of),
        Column("paid_from", Kind.NUMBER, _find_first_paid),
        Column("paid_until", Kind.NUMBER, _find_paid_until),
    ),
    sorting={"status": "status_rank"},
    quick=frozenset({"started_at", "status_rank", "amount", "current_period_end"}),
    owners=("customer_id", "product_id"),
    joined={
        "external_customer_id": Joined("customer_id", "customers", "external_id"),
        "customer": Joined("customer_id", "customers", "name_key"),
        "product": Joined("product_id", "products", "name_key"),
        "discount": Joined("discount_id", "discounts", "name_key"),
    },
)

BENEFIT_GRANTS = Resource(
    "benefit_grants",
    (
        id_column("benefit_id"),
        id_column("customer_id"),
        id_column("member_id"),
        id_column("subscription_id"),
        flag_column("is_granted"),
        moment_column("granted_at"),
        moment_column("revoked_at"),
    ),
    owners=("customer_id", "benefit_id"),
    joined={"external_customer_id": Joined("customer_id", "customers", "external_id")},
)


def _find_billing_type(order: Document) -> str | None:
    """Whether an order's price is paid once or at intervals."""
    price = order["product_price"]
    return None if price is None else price["type"]


ORDERS = Resource(
    "orders",
    (
        id_column("customer_id"),
        id_column("product_id"),
        id_column("discount_id"),
        id_column("subscription_id"),
        id_column("checkout_id"),
        text_column("status"),
        Column("product_billing_type", Kind.TEXT, _find_billing_type),
        number_column("net_amount"),
        sort_key_column("invoice_number"),
        flag_column("has_invoice_number", lambda order: order["invoice_number"] is not None),
        flag_column("has_receipt_number", lambda order: order["receipt_number"] is not None),
    ),
    sorting={
        "amount": "net_amount",
        "invoice_number": "invoice_number_key",
        "subscription": "subscription_id",
    },
    quick=frozenset({"created_at", "net_amount", "invoice_number_key"}),
    owners=("customer_id", "subscription_id", "product_id"),
    joined={
        "external_customer_id": Joined("customer_id", "customers", "external_id"),
        "customer": Joined("customer_id", "customers", "email_key"),
        "product": Joined("product_id", "products", "name_key"),
        "discount": Joined("discount_id", "discounts", "name_key"),
    },
)

RESOURCES = (METERS, BENEFITS, PRODUCTS, DISCOUNTS, SUBSCRIPTIONS, BENEFIT_GRANTS, ORDERS)
"""All resources, in an order in which none embeds a later one."""

BY_NAME: Mapping[str, Resource] = {resource.name: resource for resource in RESOURCES}

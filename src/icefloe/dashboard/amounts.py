"""Amounts of money, prices and intervals, as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from icefloe.domain.values.products import ProductPriceAmountType as Kind

_WHOLE = frozenset(
    {
        "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv",
        "xaf", "xof", "xpf",
    }
)  # fmt: skip
"""Currencies whose smallest unit is the whole one. All others here have hundredths."""


def money(amount: int | Decimal, currency: str) -> str:
    """An amount in the smallest unit of its currency, such as `1,234.50 USD`.

    Parts of that unit are shown, as prices of use have them.
    """
    digits = 0 if currency in _WHOLE else 2
    value = Decimal(amount).scaleb(-digits)
    exact = value.normalize().as_tuple().exponent
    shown = max(digits, -exact if isinstance(exact, int) else digits)
    return f"{value:,.{shown}f} {currency.upper()}"


def describe_interval(interval: str | None, count: int | None) -> str:
    """How often something is paid: `every month`, `every 3 months`; `once` for None."""
    if interval is None:
        return "once"
    return f"every {interval}" if count in {None, 1} else f"every {count} {interval}s"


def describe_price(price: Mapping[str, Any]) -> str:
    """A price of a product, such as `29.00 USD`, without how often it is paid."""
    currency = price["price_currency"]
    match price["amount_type"]:
        case Kind.fixed:
            amount = price["price_amount"]
            return money(amount, currency) if amount else "free"
        case Kind.custom:
            return f"chosen by the customer, from {money(price['minimum_amount'], currency)}"
        case Kind.metered_unit:
            unit = money(Decimal(price["unit_amount"]), currency)
            return f"{unit} per unit of {price['meter']['name']}"
        case Kind.seat_based:
            return f"{money(price['price_per_seat'], currency)} per seat"
        case _:
            return f"{currency.upper()}, by the unit"


def describe_prices(prices: Iterable[Mapping[str, Any]]) -> str:
    """All prices of a product, such as `29.00 USD + 0.50 USD per unit of Calls`."""
    return " + ".join(map(describe_price, prices)) or "—"

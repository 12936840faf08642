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
    value = in_units(amount, currency)
    exact = value.as_tuple().exponent
    digits = max(_digits_of(currency), -exact if isinstance(exact, int) else 0)
    return f"{value:,.{digits}f} {currency.upper()}"


def in_units(amount: int | Decimal, currency: str) -> Decimal:
    """An amount in the smallest unit of its currency, in whole units, with the digits that it has."""
    value = Decimal(amount).scaleb(-_digits_of(currency)).normalize()
    # Normalised, a thousand is 1E+3, which texts would show.
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value


def _digits_of(currency: str) -> int:
    return 0 if currency in _WHOLE else 2


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
            least = price["minimum_amount"]
            return f"chosen by the customer{f', from {money(least, currency)}' if least else ''}"
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

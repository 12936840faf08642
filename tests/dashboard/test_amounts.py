"""Amounts, prices and intervals, as people read them."""

from decimal import Decimal
from typing import Any

import pytest

from icefloe.dashboard.amounts import describe_interval, describe_price, describe_prices, money
from icefloe.dashboard.plots import AmountPlot, Bar


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (0, "usd", "0.00 USD"),
        (5, "usd", "0.05 USD"),
        (123450, "eur", "1,234.50 EUR"),
        (100000, "usd", "1,000.00 USD"),
        (-100, "usd", "-1.00 USD"),
        (500, "jpy", "500 JPY"),
        (10000, "jpy", "10,000 JPY"),
        (Decimal("0.125"), "usd", "0.00125 USD"),
        (Decimal("12.500000000000"), "usd", "0.125 USD"),
        (Decimal("0.5"), "jpy", "0.5 JPY"),
        (2**62, "usd", "46,116,860,184,273,879.04 USD"),
    ],
)
def test_money(amount: int | Decimal, currency: str, text: str) -> None:
    """An amount has its currency's digits, thousands apart, and parts of the smallest unit."""
    assert money(amount, currency) == text


@pytest.mark.parametrize(
    ("price", "text"),
    [
        ({"amount_type": "fixed", "price_amount": 2900}, "29.00 USD"),
        ({"amount_type": "fixed", "price_amount": 0}, "free"),
        ({"amount_type": "custom", "minimum_amount": 500}, "chosen by the customer, from 5.00 USD"),
        ({"amount_type": "custom", "minimum_amount": None}, "chosen by the customer"),
        (
            {"amount_type": "metered_unit", "unit_amount": "0.5", "meter": {"name": "Calls"}},
            "0.005 USD per unit of Calls",
        ),
        ({"amount_type": "seat_based", "price_per_seat": 1000}, "10.00 USD per seat"),
        ({"amount_type": "unit_based"}, "USD, by the unit"),
    ],
)
def test_prices(price: dict[str, Any], text: str) -> None:
    """Each kind of price says what is paid."""
    assert describe_price({"price_currency": "usd", **price}) == text


def test_several_prices() -> None:
    """A product's prices add up; one without any has a dash."""
    price = {"amount_type": "fixed", "price_amount": 100, "price_currency": "usd"}

    assert describe_prices([price, price]) == "1.00 USD + 1.00 USD"
    assert describe_prices([]) == "—"


@pytest.mark.parametrize(
    ("interval", "count", "text"),
    [
        (None, None, "once"),
        ("month", 1, "every month"),
        ("year", None, "every year"),
        ("week", 2, "every 2 weeks"),
    ],
)
def test_intervals(interval: str | None, count: int | None, text: str) -> None:
    """How often something is paid."""
    assert describe_interval(interval, count) == text


@pytest.mark.parametrize(
    ("amounts", "currency", "figures"),
    [
        ([0, 0], "usd", ["0", "0.01"]),
        ([2900, 11600], "usd", ["0", "50", "100", "150"]),
        ([3], "usd", ["0", "0.01", "0.02", "0.03"]),
        ([150_000_000, 1], "usd", ["0", "0.5 M", "1 M", "1.5 M"]),
        ([400], "jpy", ["0", "100", "200", "300", "400"]),
    ],
)
def test_axis(amounts: list[int], currency: str, figures: list[str]) -> None:
    """The axis of a plot of amounts has whole units of the currency."""
    assert _plot(amounts, currency).figures == figures


def test_description() -> None:
    """The sentence about a plot of amounts says where it begins and ends, and the most."""
    description = _plot([1000, 5000, 2900], "usd").description

    assert description == (
        "Month 1 to Month 3: from 10.00 USD to 29.00 USD, the most 50.00 USD (Month 2)."
    )
    assert _plot([0], "usd").description == "Month 1 to Month 1: Nothing."


def _plot(amounts: list[int], currency: str) -> AmountPlot:
    """A plot of amounts, one a month."""
    return AmountPlot(
        id="plot",
        title="Amounts",
        heading="Month",
        unit=currency,
        currency=currency,
        nothing="Nothing",
        bars=[Bar(one, f"Month {at}", str(at)) for at, one in enumerate(amounts, start=1)],
    )

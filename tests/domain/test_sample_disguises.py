"""The made-up values of recordings: nobody is told by them, and they are the same each time."""

from typing import Any

import pytest

from icefloe.domain.values import tax_ids
from icefloe.domain.values.tax_id_formats import FORMATS_BY_COUNTRY
from icefloe.exchange.records import read_entry
from icefloe.sample.customers import customers
from icefloe.sample.disguises import Disguises

SAMPLE: list[dict[str, Any]] = list(customers())


@pytest.fixture(scope="module")
def disguised() -> list[dict[str, Any]]:
    """The sample's customers in disguise."""
    disguises = Disguises(SAMPLE)
    return [disguises.disguise_customer(customer) for customer in SAMPLE]


def test_nobody_is_told(disguised: list[dict[str, Any]]) -> None:
    """Nobody has an address, a street or a tax number that was theirs, and hardly a name."""
    same_name = 0
    for before, after in zip(SAMPLE, disguised, strict=True):
        assert after["email"] != before["email"]
        assert after["tax_id"] is None or after["tax_id"] != before["tax_id"]
        same_name += before["name"] is not None and before["name"] == after["name"]
    # Both are drawn from the same lists.
    assert same_name <= 3


def test_addresses_are_unique(disguised: list[dict[str, Any]]) -> None:
    """No two have the same address, letter case aside, and all are of reserved domains."""
    emails = {one["email"].lower() for one in disguised}

    assert len(emails) == len(SAMPLE)
    assert {email.rpartition("@")[2] for email in emails} == {
        "example.com",
        "example.org",
        "example.net",
    }


def test_the_shape_stays(disguised: list[dict[str, Any]]) -> None:
    """What was null is null, what was not is not, but for tax numbers that cannot be made."""
    for before, after in zip(SAMPLE, disguised, strict=True):
        assert before.keys() == after.keys()
        for name in before.keys() - {"tax_id"}:
            assert (before[name] is None) == (after[name] is None), name
        for name, value in (before["billing_address"] or {}).items():
            assert (value is None) == (after["billing_address"][name] is None), name


def test_tax_numbers_are_right(disguised: list[dict[str, Any]]) -> None:
    """A made-up tax number is right for the country of the address, as far as the domain knows."""
    made = [
        one
        for one in disguised
        if one["tax_id"] is not None and one["billing_address"]["country"] in FORMATS_BY_COUNTRY
    ]

    for one in made:
        number, kind = one["tax_id"]
        assert tax_ids.validate(number, one["billing_address"]["country"]).format == kind
    assert len(made) > 80


def test_an_import_takes_them(disguised: list[dict[str, Any]]) -> None:
    """Everybody in disguise has the form that an import takes."""
    assert [entry.problem for entry in (read_entry("", one) for one in disguised)] == [None] * 1000


def test_whoever_else_there_is(disguised: list[dict[str, Any]]) -> None:
    """A disguise follows from the customer alone."""
    for number in range(0, 1000, 50):
        alone = Disguises([SAMPLE[number]]).disguise_customer(SAMPLE[number])
        assert alone == disguised[number]


def test_one_person_in_two_places() -> None:
    """A member who is a customer too has the customer's address."""
    disguises = Disguises(SAMPLE[:2])
    customer = disguises.disguise_customer(SAMPLE[1])
    member = {"id": "m", "email": SAMPLE[1]["email"].upper(), "name": "X", "external_id": None}

    assert disguises.disguise_member(member)["email"] == customer["email"]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Ann", "ask ANN, not Joann or annual", "ask {name}, not Joann or annual"),
        ("Ann", "user_ann7", "user_{name}7"),
        ("佐藤", "佐藤さん", "{name}さん"),
        ("A.*", "A.* is no pattern, ABC", "{name} is no pattern, ABC"),
        ("Ann", "nobody", "nobody"),
        ("İrem", "İrem", "{name}"),
        ("Ann Lee", "ann lee and Ann Lee", "{name} and {name}"),
    ],
)
def test_names_in_notes(name: str, text: str, expected: str) -> None:
    """A name in a note is made up wherever it stands by itself, and is no pattern."""
    customer = {"id": "c", "email": None, "name": name, "metadata": {"note": text}}

    made = Disguises([customer]).disguise_customer(customer)

    assert made["metadata"]["note"] == expected.format(name=made["name"])


def test_addresses_in_notes() -> None:
    """An address in a note is made up, whoever's it is, and numbers and booleans are left."""
    customer = {
        "id": "c",
        "email": "me@own.example",
        "name": "me",
        "metadata": {
            "own": "ME@own.example",
            "other": "<you@other.example>, me",
            "again": "you@other.example",
            "n": 5,
            "b": True,
        },
    }

    made = Disguises([customer]).disguise_customer(customer)

    notes = made["metadata"]
    assert notes["own"] == made["email"]
    assert notes["other"] == f"<{notes['again']}>, {made['name']}"
    assert "other.example" not in str(notes)
    assert (notes["n"], notes["b"]) == (5, True)


def test_what_a_customer_has() -> None:
    """An order has its customer's made-up name and address; what a customer said is left out."""
    customer = next(one for one in SAMPLE if one["billing_address"] and one["name"])
    disguises = Disguises(SAMPLE)
    made = disguises.disguise_customer(customer)
    order = {
        "id": "4bdf2346-4192-4206-a183-fc96d5052f95",
        "billing_name": customer["name"],
        "billing_address": customer["billing_address"],
        "metadata": {"of": f"{customer['name']} <{customer['email']}>", "seats": 3},
        "custom_field_data": {"friend": "bob@secret.example"},
        "total_amount": 100,
    }
    subscription = {"id": order["id"], "customer_cancellation_comment": "I am Bob"}

    disguised = disguises.disguise_holding(order, customer)

    friend = disguised.pop("custom_field_data")["friend"]
    assert "secret" not in friend
    assert "@example" in friend
    assert disguised == {
        "id": order["id"],
        "billing_name": made["name"],
        "billing_address": made["billing_address"],
        "metadata": {"of": f"{made['name']} <{made['email']}>", "seats": 3},
        "total_amount": 100,
    }
    other = disguises.disguise_holding({**order, "billing_name": "Another Ltd"}, customer)
    assert other["billing_name"] not in {"Another Ltd", made["name"]}
    assert disguises.disguise_holding(subscription, customer) == {
        "id": order["id"],
        "customer_cancellation_comment": None,
    }

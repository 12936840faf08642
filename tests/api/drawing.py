"""Customers and requests at random, drawn so that texts collide and requests find somebody."""

import string
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from icefloe.domain.values import collation

Customer = dict[str, Any]

# Few letters of many scripts, so that texts collide, contain one another and differ in case alone.
LETTERS = (
    "aAbB zZ0 9%_\\-.+'\"éÉeEñøßẞİiIsåÅжЖ中文の한ΣςğĞאبüÜ🚢\t\n"
    "\u0131\u017f\u03c3\u0301\U0001f9ca"  # dotless i, long s, sigma, a combining accent, an ice cube
)
LOCAL_LETTERS = string.ascii_letters + "0+_-éÉжЖ中"
DOMAINS = ["a.no", "A.NO", "b.se", "bücher.de", "пример.рф"]
KEYS = ["plan", "Plan", "seats", "a.b", "ключ", "x[y", "q'", "a b", "0"]
VALUES: list[str | float | bool] = [
    *("gold", "Gold", "5", "5.0", "true", " ", "1.5", "é", "-0.0", "%", "a_b"),
    *(5, 0, -1, 10**20, 5.0, 1.5, -0.0, 1e21, 1e-7, 0.1, 2.5e-9, -1.25e22, True, False),
]
MOMENTS = [
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00.000001Z",
    "2025-12-31T23:59:59Z",
    "1969-07-20T20:17:00Z",
]
SORTINGS = ["created_at", "-created_at", "email", "-email", "name", "-name"]


def text_of(value: object) -> str:
    """The text by which a filter compares a metadata value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        plain = format(Decimal(repr(value)), "f")
        return "0.0" if plain == "-0.0" else plain
    return str(value)


def text_from(source: Random, letters: str, longest: int) -> str:
    """A text of some of the letters."""
    return "".join(source.choices(letters, k=source.randint(1, longest)))


def value_from(source: Random) -> str | float | bool:
    """A metadata value; often one that others have too, or that is written like another."""
    if source.random() < 0.8:
        return source.choice(VALUES)
    return source.choice([source.randint(-(10**18), 10**18), source.uniform(-1e9, 1e9) / 7])


def customer_from(source: Random) -> Customer:
    """A customer who has some of the few texts, moments and values that there are."""

    def name() -> str | None:
        return None if source.random() < 0.2 else text_from(source, LETTERS, 6)

    return {
        "id": str(UUID(int=source.getrandbits(128), version=4)),
        "created_at": source.choice(MOMENTS),
        "email": f"{text_from(source, LOCAL_LETTERS, 3)}@{source.choice(DOMAINS)}",
        "name": name(),
        "billing_name": name(),
        # As it is stored: without space around it.
        "external_id": None
        if source.random() < 0.3
        else text_from(source, "aAbB_%/ é0", 4).strip() or None,
        "metadata": {source.choice(KEYS): value_from(source) for _ in range(source.randint(0, 5))},
        "deleted_at": "2026-02-01T00:00:00Z" if source.random() < 0.15 else None,
    }


def customers_from(source: Random) -> list[Customer]:
    """Customers who may be kept together: each id, and while live address and external id, once."""
    taken: set[tuple[str, str]] = set()
    kept = []
    for _ in range(source.choice([0, 1, 5, 15, 40, 60])):
        one = customer_from(source)
        marks = {("id", one["id"])}
        if one["deleted_at"] is None:
            marks.add(("email", collation.lower(one["email"])))
            if one["external_id"] is not None:
                marks.add(("external_id", one["external_id"]))
        if not marks & taken:
            taken |= marks
            kept.append(one)
    return kept


def pairs_from(source: Random, kept: list[Customer]) -> list[tuple[str, str]]:
    """A request's pairs; most of them ask for something that some customer has."""
    one = source.choice(kept) if kept else customer_from(source)
    pairs: list[tuple[str, str]] = []
    if source.random() < 0.1:
        email = one["email"]
        pairs.append(("email", source.choice([email, email.lower(), email.upper(), email[1:]])))
    if source.random() < 0.5:
        pairs.append(("query", _query_from(source, one)))
    for _ in range(source.choice([0, 0, 0, 1, 1, 2, 3])):
        key = source.choice(sorted(one["metadata"]) or KEYS)
        value = one["metadata"].get(key, "x")
        if source.random() < 0.3:
            key, value = source.choice(KEYS), value_from(source)
        pairs.append((f"metadata[{key}]", text_of(value)))
    if source.random() < 0.2:
        pairs.append(("active", source.choice(["true", "false"])))
    pairs += [("sorting", source.choice(SORTINGS)) for _ in range(source.choice([0, 1, 1, 2, 3]))]
    source.shuffle(pairs)
    return pairs


def _query_from(source: Random, one: Customer) -> str:
    """A piece of one of a customer's texts, sometimes in another case; or a sign of its own."""
    if source.random() < 0.2:
        return source.choice(["", " ", "%", "_", "\\", "a", "é", "@", ".no", "zz"])
    held: tuple[str | None, ...] = (
        one["email"],
        one["name"],
        one["billing_name"],
        one["external_id"],
    )
    whole = source.choice([held_text for held_text in held if held_text is not None])
    first = source.choice([0, source.randrange(len(whole))])
    piece = whole[first : first + source.randint(1, 3)]
    return source.choice([piece, piece.upper(), piece.lower()])

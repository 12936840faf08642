"""The table of requests whose times are measured, with the aim for each, on any server."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

PATH = "/v1/customers/"
WALK_LIMIT = 100
# For any answer to bad input, in milliseconds; and for the walk of a million customers, in seconds.
BAD_INPUT_MS = 250.0
WALK_SECONDS = {"sqlite": 5.0, "postgres": 10.0}

_LIMIT = 10
_SINGLE_SORTS = ("created_at", "-created_at", "email", "-email", "name", "-name")
_TWO_SORTS = (
    ("name", "email"),
    ("name", "-created_at"),
    ("-name", "email"),
    ("-created_at", "name"),
)
_BILLION = 10**9


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a list request; all must hold.

    Attributes:
        email: the exact address, letter case aside.
        query: text anywhere in address or name, or at the start of the external id.
        metadata: pairs of a key, each once, and its value as text.
        active: whether the customer has a subscription; None for either.
    """

    email: str | None = None
    query: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    active: bool | None = None

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters that ask for them."""
        found = [(f"metadata[{key}]", value) for key, value in self.metadata]
        found += [("email", self.email)] if self.email is not None else []
        found += [("query", self.query)] if self.query is not None else []
        found += [("active", str(self.active).lower())] if self.active is not None else []
        return found

    def matches(self, customer: Mapping[str, Any], *, is_active: bool = False) -> bool:
        """Whether they keep a customer in the wire's form, as the contract says."""
        if self.active is not None and self.active != is_active:
            return False
        notes = customer["metadata"]
        if any(key not in notes or str(notes[key]) != value for key, value in self.metadata):
            return False
        address = customer["email"].lower()
        if self.email is not None and address != self.email.lower():
            return False
        if self.query is None:
            return True
        wanted = self.query.lower()
        return (
            wanted in address
            or wanted in (customer["name"] or "").lower()
            or (customer["external_id"] or "").lower().startswith(wanted)
        )


EVERYBODY = Filters()


@dataclass(frozen=True, slots=True)
class Aims:
    """What is aimed at with a million customers, in milliseconds, by engine.

    Attributes:
        warm: half of the answers take no longer.
        first: the first answer of a process takes no longer; None where nothing is said of it.
    """

    warm: Mapping[str, float]
    first: Mapping[str, float] | None = None

    @classmethod
    def of(cls, *warm: float, first: tuple[float, float] | None = None) -> "Aims":
        """Aims on SQLite and on PostgreSQL, in this order."""
        engines = ("sqlite", "postgres")
        later = None if first is None else dict(zip(engines, first, strict=True))
        return cls(dict(zip(engines, warm, strict=True)), later)


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of request.

    Attributes:
        name: what the tables call it.
        group: which kinds it belongs with.
        paths: requests of the kind, each another, so that where there are several none is remembered.
        aims: what is aimed at.
        filters: what the first path's list is narrowed by; None where it asks for one customer.
        total: how many customers the first path's list has on all pages; None as before.
    """

    name: str
    group: str
    paths: tuple[str, ...]
    aims: Aims
    filters: Filters | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Examples:
    """Values that are in the data; a shape without a value that it needs is left out.

    Attributes:
        ids: of several customers.
        emails: the addresses of several.
        external_ids: those of several.
        unique: pairs of metadata that one customer each has.
        common: a pair that many have.
        two: two pairs that some customers both have.
        plan_and_word: a pair and a text that some customers both have.
        rare: a word of a name that few have.
        fresh: several words, each of which very few customers have.
        texts: texts that many have, of one, two and more letters.
        subscribed: ids of several who have a subscription.
    """

    ids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    external_ids: tuple[str, ...] = ()
    unique: tuple[tuple[str, str], ...] = ()
    common: tuple[str, str] | None = None
    two: tuple[tuple[str, str], ...] = ()
    plan_and_word: tuple[tuple[str, str], str] | None = None
    rare: str | None = None
    fresh: tuple[str, ...] = ()
    texts: tuple[str, ...] = field(default=())
    subscribed: tuple[str, ...] = ()


def path_of(
    filters: Filters = EVERYBODY,
    *,
    sorting: tuple[str, ...] = (),
    page: int = 1,
    limit: int = _LIMIT,
) -> str:
    """The path of a list request."""
    pairs = [*filters.pairs, *(("sorting", name) for name in sorting)]
    pairs += [("page", str(page))] if page > 1 else []
    pairs += [("limit", str(limit))] if limit != _LIMIT else []
    return f"{PATH}?{urlencode(pairs, safe='[]')}" if pairs else PATH


def shapes(examples: Examples, total_of: Callable[[Filters], int]) -> list[Shape]:
    """The table.

    Args:
        examples: values to ask for.
        total_of: how many customers filters find.
    """
    return [
        *_sorts(total_of),
        *_deep(total_of),
        *_single(examples, total_of),
        *_metadata(examples, total_of),
        *_texts(examples, total_of),
        *_deep_filtered(examples, total_of),
        *_active(examples, total_of),
    ]


def bad_input() -> dict[str, str]:
    """Requests that ask for too much, by name."""
    many = [(f"metadata[key_{at}]", "pro") for at in range(200)]
    values = [("metadata[plan]", f"value {at}") for at in range(200)]
    sorts = [("sorting", name) for name in (*_SINGLE_SORTS, *_SINGLE_SORTS, *_SINGLE_SORTS)]
    sorts += [("sorting", "name"), ("sorting", "-email")]
    return {
        "a query of 10,000 letters": path_of(Filters(query="a" * 10_000)),
        "a query of 10,000 characters, in words": path_of(Filters(query="customer " * 1_111)),
        "200 metadata filters": f"{PATH}?{urlencode(many, safe='[]')}",
        "200 values of one metadata filter": f"{PATH}?{urlencode(values, safe='[]')}",
        "page=10^12": path_of(page=1000 * _BILLION),
        "page=10^12 of a filtered list": path_of(Filters(query="a"), page=1000 * _BILLION),
        "20 sorting parameters": f"{PATH}?{urlencode(sorts)}",
    }


def _sorts(total_of: Callable[[Filters], int]) -> list[Shape]:
    orders = [*((name,) for name in _SINGLE_SORTS), *_TWO_SORTS]
    return [
        _list("page 1", ("sorting=" + ",".join(order)), Aims.of(0.1, 0.5), total_of, sorting=order)
        for order in orders
    ]


def _deep(total_of: Callable[[Filters], int]) -> list[Shape]:
    last = max(1, math.ceil(total_of(EVERYBODY) / _LIMIT))
    return [
        _list("deep pages", f"sorting={name}, {where}", Aims.of(0.5, 1.5), total_of, (name,), page)
        for name in _SINGLE_SORTS
        for where, page in (("middle page", max(1, last // 2)), ("last page", last))
    ]


def _single(examples: Examples, total_of: Callable[[Filters], int]) -> list[Shape]:
    group, aims = "one customer", Aims.of(0.1, 0.5)
    external = tuple(f"{PATH}external/{quote(one, safe='')}" for one in examples.external_ids)
    ids = tuple(f"{PATH}{one}" for one in examples.ids)
    addresses = [Filters(email=one) for one in examples.emails]
    found = [_varied(group, "email, exact", aims, total_of, addresses)] if addresses else []
    found += [Shape("GET by external id", group, external, aims)] if external else []
    found += [Shape("GET by id", group, ids, aims)] if ids else []
    return found


def _metadata(examples: Examples, total_of: Callable[[Filters], int]) -> list[Shape]:
    group, found = "metadata", []
    one, several = Aims.of(1, 2, first=(50, 100)), Aims.of(2, 3, first=(100, 150))
    if examples.common is not None:
        wanted = Filters(metadata=(examples.common,))
        found.append(_list(group, _words(wanted), one, total_of, filters=wanted))
    if examples.unique:
        each = [Filters(metadata=(pair,)) for pair in examples.unique]
        key = examples.unique[0][0]
        found.append(_varied(group, f"metadata[{key}], one customer", one, total_of, each))
    if examples.two:
        wanted = Filters(metadata=examples.two)
        found.append(_list(group, _words(wanted), several, total_of, filters=wanted))
    if examples.plan_and_word is not None:
        pair, word = examples.plan_and_word
        wanted = Filters(query=word, metadata=(pair,))
        found.append(_list(group, _words(wanted), several, total_of, filters=wanted))
    return found


def _texts(examples: Examples, total_of: Callable[[Filters], int]) -> list[Shape]:
    group, found = "query", []
    if examples.rare is not None:
        wanted = Filters(query=examples.rare)
        found.append(_list(group, _words(wanted), Aims.of(3, 5), total_of, filters=wanted))
    if examples.fresh:
        each = [Filters(query=word) for word in examples.fresh]
        found.append(_varied(group, "query, a fresh rare word", Aims.of(3, 5), total_of, each))
    aims = Aims.of(3, 5, first=(250, 250))
    for text in examples.texts:
        wanted = Filters(query=text)
        found.append(_list(group, _words(wanted), aims, total_of, filters=wanted))
    return found


def _deep_filtered(examples: Examples, total_of: Callable[[Filters], int]) -> list[Shape]:
    wanted: list[tuple[Filters, tuple[str, ...]]] = []
    if examples.common is not None:
        common = Filters(metadata=(examples.common,))
        wanted += [(common, ()), (common, ("name",))]
    if examples.texts:
        wanted.append((Filters(query=examples.texts[0]), ()))
    found = []
    for filters, order in wanted:
        page = max(1, math.ceil(total_of(filters) / _LIMIT) // 2)
        words = [_words(filters), *(f"sorting={name}" for name in order), "middle page"]
        shape = _list(
            "deep filtered pages", ", ".join(words), Aims.of(10, 20), total_of, order, page, filters
        )
        found.append(shape)
    return found


def _active(examples: Examples, total_of: Callable[[Filters], int]) -> list[Shape]:
    """Lists of the customers who have a subscription, or have none; and what one has."""
    if not examples.subscribed:
        return []
    group, active = "active", Filters(active=True)
    few, deep = Aims.of(1, 2, first=(50, 100)), Aims.of(10, 20)
    found = [
        _list(group, _words(active), few, total_of, filters=active),
        _list(group, "active=true, sorting=name", few, total_of, ("name",), filters=active),
        _list(group, "active=false", few, total_of, filters=Filters(active=False)),
    ]
    if examples.common is not None:
        both = Filters(metadata=(examples.common,), active=True)
        aims = Aims.of(2, 3, first=(100, 150))
        found.append(_list(group, _words(both), aims, total_of, filters=both))
    middle = max(1, math.ceil(total_of(active) / _LIMIT) // 2)
    for order in ((), ("name",), ("-email",)):
        words = [_words(active), *(f"sorting={name}" for name in order), "middle page"]
        found.append(_list(group, ", ".join(words), deep, total_of, order, middle, active))
    states = tuple(f"{PATH}{one}/state" for one in examples.subscribed)
    return [*found, Shape("GET state", "state", states, Aims.of(0.3, 1.5))]


def _list(
    group: str,
    name: str,
    aims: Aims,
    total_of: Callable[[Filters], int],
    sorting: tuple[str, ...] = (),
    page: int = 1,
    filters: Filters = EVERYBODY,
) -> Shape:
    path = path_of(filters, sorting=sorting, page=page)
    return Shape(name, group, (path,), aims, filters, total_of(filters))


def _varied(
    group: str,
    name: str,
    aims: Aims,
    total_of: Callable[[Filters], int],
    each: list[Filters],
) -> Shape:
    paths = tuple(path_of(one) for one in each)
    return Shape(name, group, paths, aims, each[0], total_of(each[0]))


def _words(filters: Filters) -> str:
    """Filters as a table shows them."""
    return "&".join(f"{name}={value}" for name, value in filters.pairs)

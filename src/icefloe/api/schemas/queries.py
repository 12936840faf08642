"""Query strings: pairs of names and values → a schema's parameters, and what is wrong with them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import parse_qsl

from pydantic import ValidationError

from icefloe.api import deep_object
from icefloe.api.errors import RequestInvalid
from icefloe.api.schemas.models import Model
from icefloe.api.schemas.problems import problems, shown

Parameters = TypeVar("Parameters", bound=Model)

MAX_PAIRS = 4000
"""How many parameters a query string may have, repeated ones counted."""


class _Readings(NamedTuple):
    """What the reference calls the two readings of a parameter that may be one value or many.

    It names both in the places of its errors; the names are its validation library's internal ones.
    """

    one: str
    many: str


def _readings(kind: str) -> _Readings:
    many = f"json-or-python[json=list[{kind}],python=chain[is-instance[Sequence],function-wrap[sequence_validator()]]]"  # noqa: E501 - one name
    return _Readings(kind, many)


_IDENTIFIERS = _readings("uuid")
_ONE_OR_MANY: Final = {
    **dict.fromkeys(
        (
            "benefit_id", "checkout_id", "customer_id", "discount_id", "endpoint_id", "exclude_id",
            "id", "member_id", "meter_id", "organization_id", "product_id", "subscription_id",
        ),
        _IDENTIFIERS,
    ),
    "event_type": _readings("str-enum[WebhookEventType]"),
    "source": _readings("str-enum[EventSource]"),
    "columns": _readings("str-enum[SubscriptionExportColumn]"),
    "customer_cancellation_reason": _readings("str-enum[CustomerCancellationReason]"),
    "status": _readings("str-enum[SubscriptionStatus]"),
    "type": _readings("str-enum[BenefitType]"),
}  # fmt: skip
_UNKNOWN = "unknown"
_METADATA = "metadata"
_LISTS = frozenset({"sorting"})


def read_pairs(query_string: bytes) -> list[tuple[str, str]]:
    """The names and values in a query string, in order; what is not UTF-8 in them is replaced.

    Raises:
        RequestInvalid: it has more than `MAX_PAIRS`.
    """
    text = query_string.decode("latin-1")
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PAIRS)
    except ValueError as error:
        problem = {
            "type": "too_long",
            "loc": ["query"],
            "msg": f"The query string should have at most {MAX_PAIRS} parameters",
            "input": None,
            "ctx": {"max_length": MAX_PAIRS},
        }
        raise RequestInvalid([problem]) from error


def gather(
    pairs: Iterable[tuple[str, str]], *, lists: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The values by name: of several the last, but all of them for the names in `lists`."""
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in lists:
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    return values


def read_list(
    model: type[Parameters], query_string: bytes, *, lists: frozenset[str] = _LISTS
) -> Parameters:
    """The parameters of a list.

    Args:
        model: has a field `unknown` for the names of the parameters that it does not have. If it has
            a field `metadata`, that gets the pairs of key and value of `metadata[key]=value`.
        query_string: as it came.
        lists: the parameters that may be repeated.

    Raises:
        RequestInvalid: with every problem found.
    """
    names = frozenset(model.model_fields) - {_UNKNOWN, _METADATA}
    takes_metadata = _METADATA in model.model_fields
    known: list[tuple[str, str]] = []
    notes: list[tuple[str, str]] = []
    unknown: dict[str, None] = {}
    for name, value in read_pairs(query_string):
        if name in names:
            known.append((name, value))
        elif takes_metadata and (key := deep_object.metadata_key(name)) is not None:
            notes.append((key, value))
        else:
            unknown[name] = None
    values = gather(known, lists=lists)
    values[_UNKNOWN] = tuple(unknown)
    if takes_metadata:
        values[_METADATA] = tuple(notes)
    return validate(model, values)


def validate(model: type[Parameters], values: dict[str, Any]) -> Parameters:
    """The parameters that the values give.

    Args:
        model: may name in `one_or_many` its parameters that may be one value or many, with what the
            reference calls their kind.
        values: by name.

    Raises:
        RequestInvalid: with every problem found, as the reference reports them.
    """
    try:
        return model.read(values)
    except ValidationError as error:
        own = getattr(model, "one_or_many", {})
        readings = _ONE_OR_MANY | {name: _readings(kind) for name, kind in own.items()}
        raise RequestInvalid(_problems(error, values, readings)) from error


def _problems(
    error: ValidationError, values: dict[str, Any], one_or_many: Mapping[str, _Readings]
) -> list[dict[str, Any]]:
    """The problems as the reference reports them.

    A parameter that is missing has no input; what may be one value or many is wrong in two readings.
    """
    reported: list[dict[str, Any]] = []
    told: set[str] = set()
    for problem in problems(error, prefix=("query",)):
        name = problem["loc"][1]
        readings = one_or_many.get(name)
        if problem["type"] == "missing":
            problem["input"] = None
        elif readings is not None and isinstance(values.get(name), list):
            if name not in told:
                told.add(name)
                reported.append(_wrong_as_one(problem, readings, values[name]))
            problem["loc"].insert(2, readings.many)
        reported.append(problem)
    return reported


def _wrong_as_one(problem: dict[str, Any], readings: _Readings, given: list[str]) -> dict[str, Any]:
    """What is wrong with the list that was given, read as one value.

    Args:
        problem: what is wrong with one of its values.
        readings: the names of the two readings.
        given: the list.
    """
    wrong = {**problem, "loc": [*problem["loc"][:2], readings.one], "input": shown(given)}
    if readings is _IDENTIFIERS:
        wrong["type"] = "uuid_type"
        wrong["msg"] = "UUID input should be a string, bytes or UUID object"
        wrong.pop("ctx", None)
    return wrong

"""Strict mode: parameters that are otherwise ignored are errors."""

import functools
from collections.abc import Sequence
from typing import Any

from icefloe.api import deep_object
from icefloe.api.errors import Problem, RequestInvalid
from icefloe.api.messages import Request
from icefloe.api.routing import Route
from icefloe.api.schemas import queries
from icefloe.api.schemas.problems import MAX_PROBLEMS, shown
from icefloe.domain.values.listing import MAX_LIMIT

_METADATA = "metadata"


def check(request: Request, route: Route) -> None:
    """Check the query string of a request.

    Raises:
        RequestInvalid: it has parameters that the route does not know, or a limit that would be
            lowered.
    """
    known = _find_parameters(route.parameters)
    problems = [
        problem
        for name, value in queries.read_pairs(request.query_string)
        if (problem := _judge(name, value, known)) is not None
    ]
    if problems:
        raise RequestInvalid(problems)


def find_refused(value: object, unknown: Sequence[tuple[str, ...]]) -> list[Problem]:
    """The problems that a body's unknown fields are: of the first `MAX_PROBLEMS` of them.

    Args:
        value: the body's JSON value.
        unknown: where in it the unknown fields are.
    """
    return [_extra(("body", *place), _find_in(value, place)) for place in unknown[:MAX_PROBLEMS]]


def _find_in(value: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        value = value[name]
    return value


def _extra(place: tuple[str, ...], value: object, hint: str = "") -> Problem:
    return {
        "type": "extra_forbidden",
        "loc": [shown(name) for name in place],
        "msg": f"Extra inputs are not permitted{hint}",
        "input": shown(value),
    }


def _judge(name: str, value: str, known: frozenset[str]) -> Problem | None:
    takes_metadata = _METADATA in known
    if takes_metadata and deep_object.metadata_key(name) is not None:
        return None
    if name == _METADATA or name not in known:
        hint = deep_object.find_hint(name) if takes_metadata else ""
        return _extra(("query", name), value, hint)
    if name == "limit" and _read_integer(value) > MAX_LIMIT:
        return {
            "type": "less_than_equal",
            "loc": ["query", name],
            "msg": f"Input should be less than or equal to {MAX_LIMIT}",
            "input": shown(value),
            "ctx": {"le": MAX_LIMIT},
        }
    return None


def _read_integer(text: str) -> int:
    """The whole number in a text; 0 for anything else, which the endpoint refuses itself."""
    try:
        # Python refuses very long numbers; the first digits already exceed any limit.
        return int(text[:100])
    except ValueError:
        return 0


@functools.cache
def _find_parameters(name: str | None) -> frozenset[str]:
    """The query parameters that a schema of the routing table names."""
    if name is None:
        return frozenset()
    # Imported late: only strict requests need to know what the descriptions say.
    from icefloe.api.description import openapi  # noqa: PLC0415 - see above

    fields = openapi.find_type(name).model_fields
    return frozenset(key for key, field in fields.items() if not field.json_schema_extra)

"""Query strings: pairs of names and values → a schema's parameters, and what is wrong with them."""

from collections.abc import Iterable
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError

from icefloe.api.errors import RequestInvalid
from icefloe.api.schemas.problems import problems, shown

Parameters = TypeVar("Parameters", bound=BaseModel)

MAX_PAIRS = 4000
"""How many parameters a query string may have, repeated ones counted."""

# The reference takes one identifier or many, and names both readings in its errors' places; the
# second name is its validation library's internal one.
_ONE = "uuid"
_MANY = "json-or-python[json=list[uuid],python=chain[is-instance[Sequence],function-wrap[sequence_validator()]]]"  # noqa: E501 - one name
_ONE_OR_MANY = "organization_id"
_UNKNOWN = "unknown"
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


def read_list(model: type[Parameters], query_string: bytes) -> Parameters:
    """The parameters of a list whose only repeated one is `sorting`.

    Args:
        model: has a field `unknown` for the names of the parameters that it does not have.
        query_string: as it came.

    Raises:
        RequestInvalid: with every problem found.
    """
    names = frozenset(model.model_fields) - {_UNKNOWN}
    pairs = read_pairs(query_string)
    values = gather([pair for pair in pairs if pair[0] in names], lists=_LISTS)
    values[_UNKNOWN] = tuple(dict.fromkeys(name for name, _ in pairs if name not in names))
    return validate(model, values)


def validate(model: type[Parameters], values: dict[str, Any]) -> Parameters:
    """The parameters that the values give.

    Raises:
        RequestInvalid: with every problem found, as the reference reports them.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise RequestInvalid(_problems(error, values)) from error


def _problems(error: ValidationError, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The problems as the reference reports them.

    A parameter that is missing has no input; one of many wrong identifiers is wrong in two readings.
    """
    reported: list[dict[str, Any]] = []
    both_reported = False
    for problem in problems(error, prefix=("query",)):
        if problem["type"] == "missing":
            problem["input"] = None
        elif isinstance(values.get(problem["loc"][1]), list) and problem["loc"][1] == _ONE_OR_MANY:
            if not both_reported:
                reported.append(_wrong_as_one(values[_ONE_OR_MANY]))
                both_reported = True
            problem["loc"].insert(2, _MANY)
        reported.append(problem)
    return reported


def _wrong_as_one(given: list[str]) -> dict[str, Any]:
    return {
        "type": "uuid_type",
        "loc": ["query", _ONE_OR_MANY, _ONE],
        "msg": "UUID input should be a string, bytes or UUID object",
        "input": shown(given),
    }

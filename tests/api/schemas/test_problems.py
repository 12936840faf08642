"""Problems can be sent, whatever the client sent."""

import json
import math

import pytest
from pydantic import TypeAdapter, ValidationError

from icefloe.api.schemas import members
from icefloe.api.schemas.problems import encodable, problems


def test_entries_have_the_wire_s_keys_in_its_order() -> None:
    """Type, place, words, input and context, and no link to Pydantic's documentation."""
    with pytest.raises(ValidationError) as caught:
        members.validate_new_member({"email": "x", "name": "n" * 257})

    assert [list(problem) for problem in problems(caught.value)] == [
        ["type", "loc", "msg", "input", "ctx"],
        ["type", "loc", "msg", "input", "ctx"],
    ]


def test_places_begin_where_the_caller_says() -> None:
    """Problems can be told of other parts of a request than its body."""
    with pytest.raises(ValidationError) as caught:
        members.validate_new_member({})

    assert problems(caught.value, prefix=("row", 7))[0]["loc"] == ["row", 7, "email"]


def test_exceptions_in_a_context_are_empty_objects() -> None:
    """A value error's context names the error without telling more of it."""
    with pytest.raises(ValidationError) as caught:
        members.validate_member_change({"name": "a\0"})

    assert problems(caught.value)[0]["ctx"] == {"error": {}}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
        ("a\ud800b", "a\ufffdb"),
        ({"\udfff": ["\ud800", 1.5, None, True]}, {"\ufffd": ["\ufffd", 1.5, None, True]}),
        (10**4000, 10**4000),
        (10**5000, "…"),
    ],
    ids=["nan", "infinity", "text", "nested", "digits", "too many digits"],
)
def test_what_json_cannot_hold_is_replaced(value: object, shown: object) -> None:
    """Everything else is shown as it came."""
    assert encodable(value) == shown


def test_deep_input_is_cut() -> None:
    """Input nested deeper than an encoder bears is shown to a depth of 200."""
    nested: list[object] = []
    for _ in range(5_000):
        nested = [nested]
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(int).validate_python(nested)

    sent = json.dumps(problems(caught.value)[0]["input"], ensure_ascii=False)

    assert sent == "[" * 200 + '"…"' + "]" * 200

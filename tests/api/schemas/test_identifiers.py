"""UUIDs are read in all their spellings, and refused in words that no installed version changes."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from icefloe.api.schemas.identifiers import AnyUuid, Uuid4
from icefloe.api.schemas.problems import problems

VERSION_4 = "3f2c1d60-1b2a-4c3d-8e4f-5a6b7c8d9e0f"
VERSION_7 = "0198f2a4-7c11-7a31-b1d2-6f0e5a4c3b21"
ANY: TypeAdapter[UUID] = TypeAdapter(AnyUuid)
FOUR: TypeAdapter[UUID] = TypeAdapter(Uuid4)


@pytest.mark.parametrize("spelling", ["{}", "{{{}}}", "urn:uuid:{}"])
@pytest.mark.parametrize("identifier", [VERSION_4, VERSION_4.upper()])
def test_all_spellings_are_read(identifier: str, spelling: str) -> None:
    """Letter case, braces and the URN prefix make no difference."""
    assert FOUR.validate_python(spelling.format(identifier)) == UUID(VERSION_4)


def test_hyphens_may_be_missing() -> None:
    """32 hexadecimal digits are a UUID too."""
    assert FOUR.validate_python(VERSION_4.replace("-", "")) == UUID(VERSION_4)


def test_any_version_can_be_asked_for() -> None:
    """Only one of the two kinds of field minds the version."""
    assert ANY.validate_python(VERSION_7) == UUID(VERSION_7)
    with pytest.raises(ValidationError, match="UUID version 4 expected"):
        FOUR.validate_python(VERSION_7)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("12", "invalid length: expected length 32 for simple format, found 2"),
        ("", "invalid length: expected length 32 for simple format, found 0"),
        ("h", "invalid character: found `h` at 1"),
        ("é0-🐧", "invalid character: found `é` at 1"),
        ("0-0é", "invalid character: found `é` at 4"),
        ("{z}", "invalid character: found `z` at 2"),
        ("urn:uuid:z", "invalid character: found `z` at 10"),
        ("{zf2c1d60-1b2a-4c3d-8e4f-5a6b7c8d9e0f}", "invalid character: found `z` at 1"),
        ("1-2", "invalid group count: expected 5, found 2"),
        ("{}", "invalid group count: expected 5, found 1"),
        ("1-2-3-4-5", "invalid group length in group 0: expected 8, found 1"),
        (VERSION_4[:-1], "invalid group length in group 4: expected 12, found 11"),
        (f"{{{VERSION_4}0}}", "invalid group length in group 4: expected 12, found 15"),
    ],
)
def test_malformed_text_is_explained(text: str, complaint: str) -> None:
    """The complaint says what was found, and where."""
    with pytest.raises(ValidationError) as caught:
        ANY.validate_python(text)

    assert problems(caught.value, prefix=("path", "id")) == [
        {
            "type": "uuid_parsing",
            "loc": ["path", "id"],
            "msg": f"Input should be a valid UUID, {complaint}",
            "input": text,
            "ctx": {"error": complaint},
        }
    ]


@pytest.mark.parametrize("adapter", [ANY, FOUR])
def test_as_text(adapter: TypeAdapter[UUID]) -> None:
    """What was read is a UUID in Python and a text in JSON, and nothing warns of either."""
    found = adapter.validate_python(VERSION_4.upper())

    assert adapter.dump_python(found) == UUID(VERSION_4)
    assert adapter.dump_python(found, mode="json") == VERSION_4


@pytest.mark.parametrize("value", [None, 5, True, 1.5, [], {}])
def test_other_values_are_no_uuids(value: object) -> None:
    """Only text is read."""
    with pytest.raises(ValidationError, match="UUID input should be a string"):
        FOUR.validate_python(value)


@given(st.text(st.characters(codec=None)) | st.text("-{}0f:urnuid", max_size=46))
def test_any_text_is_a_uuid_or_refused(text: str) -> None:
    """Whatever the text, the answer is a UUID or one problem."""
    try:
        found = ANY.validate_python(text)
    except ValidationError as error:
        entries = problems(error)
    else:
        assert ANY.validate_python(str(found)) == found
        return
    assert len(entries) == 1

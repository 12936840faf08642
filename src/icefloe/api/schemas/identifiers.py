"""UUIDs as clients send them, with the reference's words where one is wrong.

Pydantic's own words for a malformed UUID change with its version (2.14 no longer says which length
it expected). The contract holds those of Pydantic 2.13, which come from the Rust crate `uuid` 1.23;
they are given here whatever version is installed.
"""

import re
from itertools import islice
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticKnownError

from icefloe.api.schemas.problems import MAX_PROBLEMS

_HEX = "[0-9a-fA-F]"
_HYPHENATED = rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_ACCEPTED = re.compile(
    rf"(?:{_HEX}{{32}}|{_HYPHENATED}|\{{{_HYPHENATED}\}}|urn:uuid:{_HYPHENATED})"
)
_FOREIGN_CHARACTER = re.compile(r"[^0-9a-fA-F-]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_URN = "urn:uuid:"
_HYPHENATED_LENGTH = 36
_GROUP_LENGTHS = (8, 4, 4, 4, 12)
_VERSION = 4


def read_any(value: object) -> UUID:
    """The UUID a client wrote: with or without hyphens, in {braces}, or as `urn:uuid:…`.

    Raises:
        PydanticKnownError: `uuid_type`, `string_unicode` or `uuid_parsing`, for a validator to
            pass on.
    """
    if not isinstance(value, str):
        raise PydanticKnownError("uuid_type")
    if _ACCEPTED.fullmatch(value):
        return UUID(value)
    if _SURROGATE.search(value):
        raise PydanticKnownError("string_unicode")
    raise PydanticKnownError("uuid_parsing", {"error": complaint(value)})


def read_version_4(value: object) -> UUID:
    """The UUID of version 4 a client wrote.

    Raises:
        PydanticKnownError: as `read_any`, or `uuid_version`.
    """
    identifier = read_any(value)
    if identifier.version != _VERSION:
        raise PydanticKnownError("uuid_version", {"expected_version": _VERSION})
    return identifier


def _cut_short(values: list[str]) -> list[str]:
    """The values up to the last malformed one that an answer tells of: all, unless there are many."""
    malformed = (end for end, value in enumerate(values, 1) if not _ACCEPTED.fullmatch(value))
    return values[: next(islice(malformed, MAX_PROBLEMS - 1, None), None)]


def complaint(text: str) -> str:
    """What is wrong with a malformed UUID; a position counts bytes of UTF-8, from 1."""
    bare, offset = _without_wrapping(text)
    if offset and len(bare.encode()) == _HYPHENATED_LENGTH:
        return complaint(bare)  # the crate has dropped the wrapping by then, and forgets it
    foreign = _FOREIGN_CHARACTER.search(bare)
    if foreign:
        position = len(bare[: foreign.start()].encode()) + offset + 1
        return f"invalid character: found `{foreign[0]}` at {position}"
    if "-" not in bare and not offset:
        return f"invalid length: expected length 32 for simple format, found {len(text)}"
    groups = bare.split("-")
    if len(groups) != len(_GROUP_LENGTHS):
        return f"invalid group count: expected 5, found {len(groups)}"
    for index, length in enumerate(map(len, groups[:-1])):
        if length != _GROUP_LENGTHS[index]:
            return _group_complaint(index, length)
    # The last group is measured to the end of the whole text, from where it begins in the bare one.
    return _group_complaint(len(groups) - 1, len(text) - bare.rindex("-") - 1)


def _without_wrapping(text: str) -> tuple[str, int]:
    """The text without braces or `urn:uuid:`, and how many bytes have gone from its beginning."""
    if len(text) > 1 and text.startswith("{") and text.endswith("}"):
        return text[1:-1], 1
    if text.startswith(_URN):
        return text.removeprefix(_URN), len(_URN)
    return text, 0


def _group_complaint(index: int, length: int) -> str:
    return (
        f"invalid group length in group {index}: expected {_GROUP_LENGTHS[index]}, found {length}"
    )


# Pydantic takes the text of a value of `PlainValidator` for a wrong type, and warns.
_AS_TEXT = PlainSerializer(str, return_type=str, when_used="json-unless-none")

AnyUuid = Annotated[
    UUID,
    PlainValidator(read_any),
    _AS_TEXT,
    WithJsonSchema({"type": "string", "format": "uuid"}),
]
"""A UUID of any version."""

Uuid4 = Annotated[
    UUID,
    PlainValidator(read_version_4),
    _AS_TEXT,
    WithJsonSchema({"type": "string", "format": "uuid4"}),
]
"""A UUID of version 4, as all ids made by the service are."""

Uuids4 = Annotated[list[Uuid4], BeforeValidator(_cut_short)]
"""Any number of UUIDs of version 4. To find what is wrong with thousands takes 40 ms of processor."""

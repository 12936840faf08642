"""What stands in a path: identifiers."""

from collections.abc import Callable, Mapping
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from icefloe.api.errors import RequestInvalid
from icefloe.api.schemas.identifiers import AnyUuid, Uuid4
from icefloe.api.schemas.problems import problems

_ANY_UUID = TypeAdapter(AnyUuid)
_UUID4 = TypeAdapter(Uuid4)

Parameters = TypeVar("Parameters")


class MemberPlaces(BaseModel):
    """A customer's id and that of a member, which may be of any version."""

    model_config = ConfigDict(frozen=True)

    id: Uuid4
    member_id: AnyUuid


def read_uuid4(text: str, name: str) -> UUID:
    """The identifier that stands at `name` in a path; must be of version 4.

    Raises:
        RequestInvalid: it is not one.
    """
    try:
        return _UUID4.validate_python(text)
    except ValidationError as error:
        raise RequestInvalid(problems(error, prefix=("path", name))) from error


def read_uuid4_and_query(
    text: str, name: str, read_query: Callable[[bytes], Parameters], query_string: bytes
) -> tuple[UUID, Parameters]:
    """The identifier at `name` in a path, and the parameters that `read_query` reads.

    Raises:
        RequestInvalid: with what is wrong with either, the path's first.
    """
    try:
        identifier = read_uuid4(text, name)
    except RequestInvalid as error:
        try:
            read_query(query_string)
        except RequestInvalid as other:
            raise RequestInvalid([*error.problems, *other.problems]) from other
        raise
    return identifier, read_query(query_string)


def read_any_uuid(text: str, name: str) -> UUID:
    """The identifier, of any version, that stands at `name` in a path. Raises RequestInvalid."""
    try:
        return _ANY_UUID.validate_python(text)
    except ValidationError as error:
        raise RequestInvalid(problems(error, prefix=("path", name))) from error


def read_member_places(places: Mapping[str, str]) -> MemberPlaces:
    """The identifiers in the path of a customer's member.

    Raises:
        RequestInvalid: with what is wrong with either.
    """
    try:
        return MemberPlaces.model_validate(places)
    except ValidationError as error:
        raise RequestInvalid(problems(error, prefix=("path",))) from error


def read_external_id(text: str, name: str) -> str:
    """The external id that stands at `name` in a path, where it is to be kept.

    Raises:
        RequestInvalid: it is blank, has spaces around it, or a character that cannot be kept.
    """
    if text.strip() != text or "\0" in text:
        raise RequestInvalid(
            [
                {
                    "type": "value_error",
                    "loc": ["path", name],
                    "msg": "Value error, This value contains invalid characters",
                    "input": text,
                }
            ]
        )
    return text

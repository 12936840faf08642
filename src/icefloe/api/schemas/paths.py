"""What stands in a path: identifiers."""

from collections.abc import Callable, Mapping
from typing import TypeVar
from uuid import UUID

from pydantic import ConfigDict, TypeAdapter, ValidationError

from icefloe.api.errors import RequestInvalid
from icefloe.api.schemas.identifiers import AnyUuid, Uuid4
from icefloe.api.schemas.models import Model
from icefloe.api.schemas.problems import problems, shown
from icefloe.domain.values import limits

_ANY_UUID = TypeAdapter(AnyUuid)
_UUID4 = TypeAdapter(Uuid4)

Parameters = TypeVar("Parameters")


class MemberPlaces(Model):
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
        return MemberPlaces.read(places)
    except ValidationError as error:
        raise RequestInvalid(problems(error, prefix=("path",))) from error


def read_external_id(text: str, name: str) -> str:
    """The external id that stands at `name` in a path, for a customer that may be made with it.

    Raises:
        RequestInvalid: it is too long or blank, has spaces around it, or a NUL character.
    """
    if len(text) > limits.MAX_EXTERNAL_ID:
        most = limits.MAX_EXTERNAL_ID
        message = f"String should have at most {most} characters"
        raise _refused("string_too_long", name, message, text, ctx={"max_length": most})
    if text.strip() != text or "\0" in text:
        message = "Value error, This value contains invalid characters"
        raise _refused("value_error", name, message, text)
    return text


def _refused(kind: str, name: str, message: str, text: str, **more: object) -> RequestInvalid:
    place = ["path", name]
    problem = {"type": kind, "loc": place, "msg": message, "input": shown(text), **more}
    return RequestInvalid([problem])

"""The kinds of fault: their parameters, and what each does to a request or its response."""

from __future__ import annotations

import asyncio
import fnmatch
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from icefloe.api import authentication
from icefloe.control import exact_json, messages
from icefloe.control.faults import answers
from icefloe.control.faults.connections import Ending
from icefloe.control.messages import BufferedRequest, BufferedResponse

_TOO_MANY_REQUESTS = 429
_SERVICE_UNAVAILABLE = 503
_DEFAULT_RETRY_AFTER = 60  # seconds, as the reference's limit is per minute
_MAX_SECONDS = 60.0
_SUCCESS = range(200, 300)
_ENVELOPE = frozenset({"items", "pagination"})
_UNKNOWN = "unknown"


class _Fault(BaseModel):
    """What all kinds have in common: which requests they match. None matches any.

    Attributes:
        method: the HTTP method, in any letter case.
        path: a glob whose `*` matches slashes too; a slash at the end is ignored.
        times: how many requests it applies to.
        skip: how many matching requests pass before it first applies.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    method: Annotated[str, Field(pattern="^[A-Za-z]+$", max_length=20)] | None = None
    path: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    times: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    skip: Annotated[int, Field(ge=0, le=1_000_000)] = 0

    def fits(self, request: BufferedRequest) -> bool:
        """Whether it matches a request."""
        path = (
            request.path.removeprefix("/api")
            if request.path.startswith("/api/v1/")
            else request.path
        )
        if self.method is not None and self.method.upper() != request.method:
            return False
        glob = "/v1/*" if self.path is None else self.path
        bare = path.rstrip("/")
        return any(fnmatch.fnmatchcase(one, glob) for one in (path, bare, f"{bare}/"))

    @property
    def is_last(self) -> bool:
        """Whether it ends the request, so that no later fault applies."""
        return False

    async def wait(self) -> None:
        """Wait, if the fault is a delay."""

    def answer_instead(self, request: BufferedRequest) -> BufferedResponse | Ending | None:  # noqa: ARG002 - the kinds' own
        """What the client gets instead, without the API being asked; None if the API must answer."""
        return None

    def change(self, response: BufferedResponse) -> BufferedResponse:
        """The response as the fault changes it."""
        return response

    def end(self, response: BufferedResponse) -> Ending | None:  # noqa: ARG002 - the kinds' own
        """How the connection ends in place of the response; None if the response is sent."""
        return None


class StatusFault(_Fault):
    """A response with that status; the API is not asked."""

    kind: Literal["status"]
    status: Annotated[int, Field(ge=400, le=599)]
    retry_after: Annotated[int, Field(ge=0, le=86_400)] | None = None

    @model_validator(mode="after")
    def _check_retry_after(self) -> Self:
        if self.retry_after is not None and self.status not in {
            _TOO_MANY_REQUESTS,
            _SERVICE_UNAVAILABLE,
        }:
            raise ValueError("retry_after goes with the statuses 429 and 503")
        return self

    @property
    def is_last(self) -> bool:
        """It answers."""
        return True

    def answer_instead(self, request: BufferedRequest) -> BufferedResponse:
        """The answer of that status."""
        seconds = self.retry_after
        if seconds is None and self.status == _TOO_MANY_REQUESTS:
            seconds = _DEFAULT_RETRY_AFTER
        return answers.answer(self.status, request, seconds)


class DelayFault(_Fault):
    """The ordinary response, later."""

    kind: Literal["delay"]
    seconds: Annotated[float, Field(ge=0, le=_MAX_SECONDS, allow_inf_nan=False)]

    async def wait(self) -> None:
        """Wait so many seconds of real time."""
        await asyncio.sleep(self.seconds)


class DropFault(_Fault):
    """The connection ends without a response: before the request is carried out, or after."""

    kind: Literal["drop"]
    after: bool = False

    @property
    def is_last(self) -> bool:
        """Nothing comes after it."""
        return True

    def answer_instead(self, request: BufferedRequest) -> Ending | None:  # noqa: ARG002 - as the others
        """The end of the connection, unless the request must be carried out first."""
        return None if self.after else Ending()

    def end(self, response: BufferedResponse) -> Ending | None:  # noqa: ARG002 - as the others
        """The end of the connection, if the request has been carried out."""
        return Ending() if self.after else None


class CutFault(_Fault):
    """The connection ends within the response's body; if there is no body, without a response.

    Attributes:
        at: which part of the body is sent.
    """

    kind: Literal["cut"]
    at: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.5

    def end(self, response: BufferedResponse) -> Ending:
        """The end of the connection."""
        if not response.body:
            return Ending()
        whole = messages.with_body(response, response.body)
        return Ending(whole, int(len(response.body) * self.at))


class ContentTypeFault(_Fault):
    """The ordinary body under another type."""

    kind: Literal["content_type"]
    content_type: Annotated[str, Field(pattern="^[\\x20-\\x7e]+$", max_length=200)]

    def change(self, response: BufferedResponse) -> BufferedResponse:
        """The answer with another type."""
        headers = messages.replace_header(
            response.headers, b"content-type", self.content_type.encode()
        )
        return BufferedResponse(response.status, headers, response.body)


class FieldFault(_Fault):
    """A field of each customer or member, or of a list's envelope, is changed in a successful response.

    Attributes:
        field: its name; a dot goes into an object, or into each object of an array.
        change: `missing`, `null`, `value`, or `unknown`: a text that no client expects there.
        value: the value with `value`.
    """

    kind: Literal["field"]
    field: Annotated[str, Field(min_length=1, max_length=200)]
    change_to: Annotated[Literal["missing", "null", "unknown", "value"], Field(alias="change")]
    value: Any = None

    @model_validator(mode="after")
    def _check_value(self) -> Self:
        if ("value" in self.model_fields_set) != (self.change_to == "value"):
            raise ValueError('value goes with the change "value", and that with a value')
        exact_json.write(self.value)
        return self

    def change(self, response: BufferedResponse) -> BufferedResponse:
        """The response with the field changed; unchanged unless it is JSON."""
        if response.status not in _SUCCESS:
            return response
        try:
            document = exact_json.read(response.body)
        except ValueError:
            return response
        names = self.field.split(".")
        for target in _targets(document, names[0]):
            for place in _places(target, names):
                self._change_in(place, names[-1])
        return messages.with_body(response, exact_json.write(document))

    def _change_in(self, place: dict[str, Any], name: str) -> None:
        if self.change_to == "missing":
            place.pop(name, None)
        else:
            place[name] = _UNKNOWN if self.change_to == "unknown" else self.value


def _targets(document: object, name: str) -> list[Any]:
    """The objects that may have a field of that name: the envelope, the items, or the whole."""
    if not isinstance(document, dict):
        return []
    is_list = document.keys() >= _ENVELOPE and isinstance(document["items"], list)
    if name in _ENVELOPE:
        return [document] if is_list else []
    return document["items"] if is_list else [document]


def _places(value: object, names: list[str]) -> Iterator[dict[str, Any]]:
    """The objects that have, or could have, the field at the end of a path of names."""
    if isinstance(value, list):
        for item in value:
            yield from _places(item, names)
    elif isinstance(value, dict):
        if len(names) == 1:
            yield value
        elif names[0] in value:
            yield from _places(value[names[0]], names[1:])


class TokenFault(_Fault):
    """The token is refused and nothing is done; both reasons look the same to the client."""

    kind: Literal["token"]
    reason: Literal["expired", "revoked"]

    @property
    def is_last(self) -> bool:
        """It answers."""
        return True

    def answer_instead(self, request: BufferedRequest) -> BufferedResponse:
        """401."""
        return answers.render(authentication.invalid_token(), request)


class StaleFault(_Fault):
    """Reads show the data as it was when the fault was added; `stand_in` carries that out."""

    kind: Literal["stale"]

    def fits(self, request: BufferedRequest) -> bool:
        """Whether it matches a request; it matches only reads."""
        return request.method == "GET" and super().fits(request)


Kind = (
    StatusFault
    | DelayFault
    | DropFault
    | CutFault
    | ContentTypeFault
    | FieldFault
    | TokenFault
    | StaleFault
)

_READER: TypeAdapter[Kind] = TypeAdapter(Annotated[Kind, Field(discriminator="kind")])


def read(value: object) -> Kind:
    """The fault that a JSON value describes. Raises pydantic's ValidationError."""
    return _READER.validate_python(value)

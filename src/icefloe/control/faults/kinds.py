"""The kinds of fault: what each takes, and what it does to a request or its answer."""

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
    """What all kinds have in common: which requests it is for. None is any.

    Attributes:
        method: the HTTP method, in any letter case.
        path: a glob, `*` of which stands for slashes too; a last slash counts for nothing.
        times: how many requests it is for.
        skip: how many matching requests pass before the first of them.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    method: Annotated[str, Field(pattern="^[A-Za-z]+$", max_length=20)] | None = None
    path: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    times: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    skip: Annotated[int, Field(ge=0, le=1_000_000)] = 0

    def fits(self, request: BufferedRequest) -> bool:
        """Whether it is for such a request."""
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
        """Whether no other fault has a say in the request after it."""
        return False

    async def wait(self) -> None:
        """Let the time pass that it takes."""

    def answer_instead(self, request: BufferedRequest) -> BufferedResponse | Ending | None:  # noqa: ARG002 - the kinds' own
        """What becomes of the request, which does not act then; None where it goes on."""
        return None

    def change(self, response: BufferedResponse) -> BufferedResponse:
        """The answer as the fault leaves it."""
        return response

    def end(self, response: BufferedResponse) -> Ending | None:  # noqa: ARG002 - the kinds' own
        """How the connection ends instead of the answer; None where it is sent."""
        return None


class StatusFault(_Fault):
    """An answer of that status, without anything being done."""

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
    """The ordinary answer, later."""

    kind: Literal["delay"]
    seconds: Annotated[float, Field(ge=0, le=_MAX_SECONDS, allow_inf_nan=False)]

    async def wait(self) -> None:
        """Let so many seconds pass, of real time."""
        await asyncio.sleep(self.seconds)


class DropFault(_Fault):
    """The connection ends without an answer: before the request has acted, or after."""

    kind: Literal["drop"]
    after: bool = False

    @property
    def is_last(self) -> bool:
        """Nothing comes after it."""
        return True

    def answer_instead(self, request: BufferedRequest) -> Ending | None:  # noqa: ARG002 - as the others
        """The end of the connection, where the request is not to act."""
        return None if self.after else Ending()

    def end(self, response: BufferedResponse) -> Ending | None:  # noqa: ARG002 - as the others
        """The end of the connection, where the request has acted."""
        return Ending() if self.after else None


class CutFault(_Fault):
    """The connection ends within the answer's body. Without a body there is no answer at all.

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
    """A field of each customer or member of a good answer, or of a list's envelope, is not as it was.

    Attributes:
        field: its name; a dot goes into an object, or into each object of an array.
        change: `missing`, `null`, `value`, or `unknown`: a text that is of no list of known ones,
            and a key that no client knows where there was none.
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
        """The answer with the field changed; as it is where it is not one of JSON objects."""
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
    """The objects in which a field of that name is to be looked for."""
    if not isinstance(document, dict):
        return []
    is_list = document.keys() >= _ENVELOPE and isinstance(document["items"], list)
    if name in _ENVELOPE:
        return [document] if is_list else []
    return document["items"] if is_list else [document]


def _places(value: object, names: list[str]) -> Iterator[dict[str, Any]]:
    """The objects that hold, or could hold, what the last of the names names."""
    if isinstance(value, list):
        for item in value:
            yield from _places(item, names)
    elif isinstance(value, dict):
        if len(names) == 1:
            yield value
        elif names[0] in value:
            yield from _places(value[names[0]], names[1:])


class TokenFault(_Fault):
    """The token is refused, and nothing done; on the wire the two reasons are one."""

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
    """A read answers as everything stood when the fault was added. Carried out by the application."""

    kind: Literal["stale"]

    def fits(self, request: BufferedRequest) -> bool:
        """Whether it is for such a request: a read alone."""
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

"""The kinds of fault of delivery: their parameters, and what each does to an attempt."""

from __future__ import annotations

import asyncio
import fnmatch
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    TypeAdapter,
    field_validator,
)

from icefloe.domain.values.webhooks import EVENT_TYPES, Outcome, WebhookEndpoint, WebhookEvent
from icefloe.domain.webhooks import signing

_MAX_SECONDS = 60.0
_MAX_AGE = 1_000_000_000.0
# A handler refuses what is older than five minutes.
_DEFAULT_AGE = 3600.0
# In the words of an attempt to which there was really no answer.
_CLOSED = "Server disconnected without sending a response."
_REFUSED = "All connection attempts failed"
_HELD_BACK = "Held back by the fault reorder"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to deliver an event, before it is made.

    Attributes:
        endpoint: where it goes.
        event: what is delivered.
        sent_at: the moment that is signed.
        may_be_held_back: whether the message may be sent after another one.
    """

    endpoint: WebhookEndpoint
    event: WebhookEvent
    sent_at: datetime
    may_be_held_back: bool = True


class _Fault(BaseModel):
    """What all kinds have in common: which attempts they match. None matches any.

    Attributes:
        type: a glob for the event's type, such as `customer.*`.
        endpoint_id: the endpoint.
        times: how many attempts it applies to.
        skip: how many matching attempts pass before it first applies.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    type: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    endpoint_id: Annotated[UUID, Field(strict=False), PlainSerializer(str)] | None = None
    times: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    skip: Annotated[int, Field(ge=0, le=1_000_000)] = 0

    @field_validator("type")
    @classmethod
    def _check_type(cls, value: str | None) -> str | None:
        if value is not None and not fnmatch.filter(EVENT_TYPES, value):
            raise ValueError("there is no such type of event")
        return value

    def fits(self, attempt: Attempt) -> bool:
        """Whether it matches an attempt."""
        if self.endpoint_id not in {None, attempt.endpoint.id}:
            return False
        return self.type is None or fnmatch.fnmatchcase(attempt.event.type, self.type)

    @property
    def is_last(self) -> bool:
        """Whether nothing is sent, so that no later fault applies."""
        return self.fail() is not None

    @property
    def copies(self) -> int:
        """How many times the message is sent."""
        return 1

    @property
    def holds_back(self) -> bool:
        """Whether the event must be sent again after the one that follows it."""
        return False

    async def wait(self) -> None:
        """Wait, if the fault is a delay."""

    def change(self, attempt: Attempt) -> Attempt:
        """The attempt as the fault changes it."""
        return attempt

    def fail(self) -> Outcome | None:
        """What becomes of the attempt if nothing is sent; None if the message is sent."""
        return None

    def lose(self, outcome: Outcome) -> Outcome:
        """What becomes of the attempt after the message was sent."""
        return outcome

    def ends_with(self, endpoint: WebhookEndpoint) -> bool:  # noqa: ARG002 - the kinds' own
        """Whether it is over when an endpoint is disabled."""
        return False


class DuplicateFault(_Fault):
    """The same message is sent twice."""

    kind: Literal["duplicate"]

    @property
    def copies(self) -> int:
        """Two."""
        return 2


class ReorderFault(_Fault):
    """The message is sent after the one that follows it."""

    kind: Literal["reorder"]

    @property
    def holds_back(self) -> bool:
        """It does."""
        return True

    def fits(self, attempt: Attempt) -> bool:
        """Whether it matches an attempt whose message may be held back."""
        return attempt.may_be_held_back and super().fits(attempt)

    def fail(self) -> Outcome:
        """It is not sent yet."""
        return _failure(_HELD_BACK)


class DelayFault(_Fault):
    """The message is sent later."""

    kind: Literal["delay"]
    seconds: Annotated[float, Field(ge=0, le=_MAX_SECONDS, allow_inf_nan=False)]

    async def wait(self) -> None:
        """Wait so many seconds of real time."""
        await asyncio.sleep(self.seconds)


class DropFault(_Fault):
    """The message is lost, or with `after` the handler's answer to it."""

    kind: Literal["drop"]
    after: bool = False

    def fail(self) -> Outcome | None:
        """No answer, unless the message must be sent first."""
        return None if self.after else _failure(_CLOSED)

    def lose(self, outcome: Outcome) -> Outcome:
        """No answer, whatever it was."""
        return replace(outcome, succeeded=False, http_code=None, response=_CLOSED)


class WrongKeyFault(_Fault):
    """The message is signed with a key that the handler does not have."""

    kind: Literal["wrong_key"]

    def change(self, attempt: Attempt) -> Attempt:
        """The attempt with another secret."""
        endpoint = replace(attempt.endpoint, secret=signing.make_secret(secrets.randbelow))
        return replace(attempt, endpoint=endpoint)


class StaleTimestampFault(_Fault):
    """The message is signed as if it had been sent before.

    Attributes:
        seconds: how long before.
    """

    kind: Literal["stale_timestamp"]
    seconds: Annotated[float, Field(ge=0, le=_MAX_AGE, allow_inf_nan=False)] = _DEFAULT_AGE

    def change(self, attempt: Attempt) -> Attempt:
        """The attempt at an earlier moment."""
        return replace(attempt, sent_at=attempt.sent_at - timedelta(seconds=self.seconds))


class EndpointDownFault(_Fault):
    """Attempts fail as if the application did not listen; without `times`, until it is disabled."""

    kind: Literal["endpoint_down"]

    def fail(self) -> Outcome:
        """No connection."""
        return _failure(_REFUSED)

    def ends_with(self, endpoint: WebhookEndpoint) -> bool:
        """It is, unless it was asked for so many attempts."""
        return self.times is None and self.endpoint_id in {None, endpoint.id}


Kind = (
    DuplicateFault
    | ReorderFault
    | DelayFault
    | DropFault
    | WrongKeyFault
    | StaleTimestampFault
    | EndpointDownFault
)

_READER: TypeAdapter[Kind] = TypeAdapter(Annotated[Kind, Field(discriminator="kind")])


def read(value: object) -> Kind:
    """The fault that a JSON value describes. Raises pydantic's ValidationError."""
    return _READER.validate_python(value)


def _failure(response: str) -> Outcome:
    return Outcome(succeeded=False, http_code=None, response=response, duration=timedelta())

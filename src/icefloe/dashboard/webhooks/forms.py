"""The form that creates and changes a webhook endpoint: its fields, the API body they make, its errors.

The body is judged by the API's own schemas: the rules and their words are the same. Which keys sign is
no field of the API's, which knows only two of the three ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from icefloe.domain.values.errors import RulesBroken
from icefloe.domain.values.webhooks import EVENT_TYPES, SIGNINGS, Signing, WebhookEndpoint

EVERYTHING = "*"
"""The box that stands for all types of events."""

# Nouns of what happens on this server; events of others can be ticked, but are not sent.
_NOUNS_HERE = ("customer", "member", "organization")
_NO_EVENT = "Tick at least one event: an endpoint without any is sent nothing."

Body = TypeVar("Body")


class FormWrong(Exception):
    """The form has errors, field by field."""


@dataclass(frozen=True, slots=True)
class EventGroup:
    """The types of events about one noun.

    Attributes:
        noun: as the types begin.
        title: the same for people.
        types: in the reference's order.
    """

    noun: str
    title: str
    types: tuple[str, ...]


@dataclass(slots=True)
class EndpointForm:
    """A webhook endpoint as it stands in a form.

    Attributes:
        url: as typed.
        name: as typed; empty for none.
        format: the value of the choice.
        secret: as typed; empty for one that the server makes.
        signing: the value of the choice.
        events: the types that are ticked, also by a box for several.
        errors: what is wrong, by the name of the field.
    """

    url: str = ""
    name: str = ""
    format: str = "raw"
    secret: str = ""
    signing: str = "both"
    events: tuple[str, ...] = ()
    errors: dict[str, str] = field(default_factory=dict)

    def new_body(self) -> dict[str, Any]:
        """The body that makes the endpoint."""
        body: dict[str, Any] = {"url": self.url, "format": self.format, "events": [*self.events]}
        if self.name:
            body["name"] = self.name
        if self.secret:
            body["secret"] = self.secret
        return body

    def change_body(self, endpoint: WebhookEndpoint) -> dict[str, Any]:
        """The PATCH body: only the fields whose value in the form differs from the stored one."""
        body: dict[str, Any] = {}
        if self.url != endpoint.url:
            body["url"] = self.url
        if self.name != (endpoint.name or ""):
            body["name"] = self.name
        if self.format != endpoint.format:
            body["format"] = self.format
        if set(self.events) != set(endpoint.events):
            body["events"] = [*self.events]
        return body

    @property
    def chosen_signing(self) -> Signing | None:
        """Which keys sign; None where the form names no way to."""
        return next((one for one in SIGNINGS if one == self.signing), None)

    def check(self) -> None:
        """Note what is wrong that no schema refuses."""
        if self.chosen_signing is None:
            self.errors["signing"] = "Choose which keys sign."
        if not self.events:
            self.errors["events"] = _NO_EVENT

    def judge(self, validate: Callable[[object], Body], body: object) -> Body:
        """The body as a schema has it. Raises FormWrong, also for what was wrong before."""
        try:
            judged = validate(body)
        except ValidationError as error:
            for problem in error.errors():
                self._tell(problem["loc"], problem["msg"])
            raise FormWrong from error
        if self.errors:
            raise FormWrong
        return judged

    def refuse(self, error: RulesBroken) -> None:
        """Say at each field which rule its value breaks."""
        for violation in error.violations:
            self._tell(violation.place[1:], violation.message)

    def _tell(self, place: Iterable[str | int], text: str) -> None:
        name = next((str(step) for step in place), "url")
        self.errors.setdefault(name, text.removeprefix("Value error, "))


def form_of(endpoint: WebhookEndpoint) -> EndpointForm:
    """The form that shows an endpoint as it is, without its secret."""
    return EndpointForm(
        url=endpoint.url,
        name=endpoint.name or "",
        format=endpoint.format,
        signing=endpoint.signing,
        events=endpoint.events,
    )


def ticked_types(types: Iterable[str], groups: Iterable[str]) -> tuple[str, ...]:
    """The types that are ticked: by themselves, with their noun, or with everything.

    Types that do not exist come last, for a schema to refuse them.
    """
    given, nouns = list(dict.fromkeys(types)), set(groups)
    known = [
        kind
        for kind in EVENT_TYPES
        if kind in given or EVERYTHING in nouns or _noun_of(kind) in nouns
    ]
    return (*known, *[kind for kind in given if kind not in EVENT_TYPES])


def event_groups() -> tuple[list[EventGroup], list[EventGroup]]:
    """All types of events by noun: those of what happens on this server, and all others."""
    by_noun: dict[str, list[str]] = {}
    for kind in EVENT_TYPES:
        by_noun.setdefault(_noun_of(kind), []).append(kind)
    groups = [
        EventGroup(noun, noun.replace("_", " ").capitalize(), tuple(types))
        for noun, types in by_noun.items()
    ]
    here = [group for group in groups if group.noun in _NOUNS_HERE]
    return here, [group for group in groups if group.noun not in _NOUNS_HERE]


def _noun_of(kind: str) -> str:
    return kind.partition(".")[0]

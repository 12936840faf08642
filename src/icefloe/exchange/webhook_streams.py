"""Listening to an account's webhooks, and forwarding them to an application under development."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from icefloe.domain.values.errors import ConfigurationError
from icefloe.exchange import accounts
from icefloe.exchange.problems import printable

# Seconds. The server says something every fifteen.
_SILENCE_SECONDS = 60.0
_CONNECT_SECONDS = 10.0
# As long as a delivery waits for its answer.
_FORWARD_SECONDS = 10.0
# Bytes of an event.
_MOST_BYTES = 16 * 1024 * 1024
_ORGANIZATIONS = "/v1/organizations/"
_DATA = b"data:"


class StreamLost(Exception):
    """The stream has ended or cannot be opened now; it may be opened again later."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The stream is open.

    Attributes:
        secret: what signs its webhooks.
    """

    secret: str


@dataclass(frozen=True, slots=True)
class HeardWebhook:
    """A webhook of the stream.

    Attributes:
        id: its `webhook-id`.
        body: as it is delivered.
        headers: as they are delivered.
    """

    id: str
    body: str
    headers: Mapping[str, str]

    @property
    def type(self) -> str:
        """What happened; `unknown` if the body does not say."""
        kind = self._value.get("type")
        return printable(kind) if isinstance(kind, str) else "unknown"

    @property
    def subject(self) -> str:
        """The id of what it happened to; empty if the body does not say."""
        data = self._value.get("data")
        found = data.get("id") if isinstance(data, dict) else None
        return printable(found) if isinstance(found, str) else ""

    @property
    def _value(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What became of a webhook that was forwarded.

    Attributes:
        http_code: the application's answer; None without one.
        error: why there was none.
        milliseconds: how long it took.
    """

    http_code: int | None
    error: str | None
    milliseconds: float


class _Payload(BaseModel):
    webhook_event_id: str
    payload: str


class _Event(BaseModel):
    """An event of the stream, as far as it matters what form it has."""

    key: str
    secret: str = ""
    payload: _Payload | None = None
    headers: dict[str, str] = {}


class _Organization(BaseModel):
    id: UUID


class _Organizations(BaseModel):
    items: list[_Organization]


_EVENT: TypeAdapter[_Event] = TypeAdapter(_Event)
_PAGE: TypeAdapter[_Organizations] = TypeAdapter(_Organizations)


class Listener:
    """Listens to an account at a server that speaks the contract."""

    def __init__(self, url: str, token: str) -> None:
        """Name the account.

        Args:
            url: where the API is, with `/v1` or without.
            token: shown to that server, and to no other.

        Raises:
            ConfigurationError: that is no URL, or no token.
        """
        self._url = accounts.find_server(url)
        timeout = httpx.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS)
        self._client = accounts.make_client(self._url, token, timeout)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def find_organization(self) -> UUID:
        """The organization of the token.

        Raises:
            ConfigurationError: the server does not say, or the token may not read organizations.
        """
        try:
            answer = self._client.get(_ORGANIZATIONS, params={"limit": 1})
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise ConfigurationError(accounts.why_unreachable(self._url, error)) from error
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise self._refused()
        if answer.status_code == httpx.codes.OK:
            try:
                items = _PAGE.validate_json(answer.content).items
            except ValidationError:
                items = []
            if items:
                return items[0].id
        raise ConfigurationError(
            f"{self._url} does not say whose token that is: give --organization,"
            " or a token with the scope organizations:read"
        )

    def listen(self, organization_id: UUID) -> Iterator[Connected | HeardWebhook]:
        """What the stream of an organization tells, until it is lost.

        Raises:
            StreamLost: the stream has ended, or the server cannot be reached.
            ConfigurationError: the server refuses it.
        """
        try:
            with self._client.stream("GET", f"/v1/cli/listen/{organization_id}") as answer:
                self._check(answer)
                for data in _read_data(answer.iter_bytes()):
                    yield from _read_event(data)
        except httpx.RequestError as error:
            raise StreamLost(accounts.why_unreachable(self._url, error)) from error
        raise StreamLost(f"{self._url} has ended the stream")

    def _check(self, answer: httpx.Response) -> None:
        """Raises StreamLost or ConfigurationError unless the answer is a stream."""
        status = answer.status_code
        if status == httpx.codes.UNAUTHORIZED:
            raise self._refused()
        if status == httpx.codes.FORBIDDEN:
            raise ConfigurationError("the token may not listen: it needs the scope webhooks:read")
        if status in {httpx.codes.NOT_FOUND, httpx.codes.UNPROCESSABLE_ENTITY}:
            raise ConfigurationError(f"the token is no token of that organization at {self._url}")
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise StreamLost(f"{self._url} answers {status}")
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            raise ConfigurationError(f"{self._url} does not answer as Polar's API does")

    def _refused(self) -> ConfigurationError:
        return ConfigurationError(f"{self._url} does not know the token, or no longer")


class Forwarder:
    """Forwards webhooks to an address, byte for byte."""

    def __init__(self, url: str) -> None:
        """Name the address. Raises ConfigurationError: that is no URL."""
        if not url.startswith(("http://", "https://")):
            raise ConfigurationError(
                f"{url!r} is not a URL such as http://localhost:3000/api/webhooks"
            )
        try:
            self._url = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise ConfigurationError(f"{url!r} is not a URL: {error}") from error
        # No proxy leads to an application on this machine.
        self._client = httpx.Client(
            timeout=_FORWARD_SECONDS, verify=url.startswith("https://"), trust_env=False
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def forward(self, webhook: HeardWebhook) -> Forwarded:
        """Send a webhook with its headers, and tell what became of it."""
        started = time.perf_counter()
        code, reason = None, None
        try:
            with self._client.stream(
                "POST", self._url, content=webhook.body.encode(), headers=dict(webhook.headers)
            ) as answer:
                code = answer.status_code
        except (httpx.RequestError, httpx.InvalidURL, ValueError) as error:
            reason = printable(str(error)) or type(error).__name__
        return Forwarded(code, reason, (time.perf_counter() - started) * 1000)


def _read_data(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The data of server-sent events; comments and other fields are left out. Raises StreamLost."""
    data: list[bytes] = []
    for line in _read_lines(parts):
        if line.startswith(_DATA):
            data.append(line.removeprefix(_DATA).removeprefix(b" "))
        elif not line and data:
            yield b"\n".join(data)
            data = []


def _read_lines(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Lines without their ends. httpx would also split at what is a line's end in Unicode alone."""
    rest = b""
    for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r")
        if len(rest) > _MOST_BYTES:
            raise StreamLost("an event of the stream is too long")


def _read_event(data: bytes) -> Iterator[Connected | HeardWebhook]:
    """What an event tells; nothing if it is of a kind that is not known here."""
    try:
        event = _EVENT.validate_json(data)
    except ValidationError:
        return
    if event.key == "connected":
        yield Connected(event.secret)
    elif event.key == "webhook.created" and event.payload is not None:
        yield HeardWebhook(event.payload.webhook_event_id, event.payload.payload, event.headers)

"""Webhooks of an organization, as a test receives them, waits for them and lets them go wrong."""

import contextlib
import itertools
import json
import time
import urllib.parse
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from icefloe.domain.values.webhooks import Signing
from icefloe.domain.webhooks.signing import sign
from icefloe.testing import deliveries
from icefloe.testing.connection import Connection
from icefloe.testing.control import Control
from icefloe.testing.deliveries import Deliveries, Delivery
from icefloe.testing.delivery_faults import DeliveryFaults
from icefloe.testing.errors import NotDelivered, Refused
from icefloe.testing.listener import Listener

# The longest that one request waits: shorter than a connection's timeout.
_SLICE_SECONDS = 10.0
# A handler that has just been imported may need seconds for its first answer, and has ten of them.
_PATIENCE_SECONDS = 2.0
_PATIENCE_SLICES = 15
_LOOK_SECONDS = 0.5
# Deliveries that an error lists.
_MOST_SHOWN = 20
_TIMED_OUT = 408
_USER_AGENT = "polar.sh webhooks"


class _TimedOut(Exception):
    """What was waited for has not come."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as the stand-in sends it, to call a handler with.

    Attributes:
        headers: by their names in lower case.
        body: what is signed, byte for byte.
    """

    headers: dict[str, str]
    body: bytes


class Endpoint:
    """A webhook endpoint: where events are sent.

    Attributes:
        id: what the server calls it by.
        url: where events are sent.
        secret: signs what is sent.
        events: the types of the events that are sent.
        signing: which keys sign: `both`, `whole` or `standard`.
        api_version: the contract's version that raw bodies name; None if they name none.
    """

    def __init__(self, control: Control, made: dict[str, Any]) -> None:
        self._control = control
        self.id: str = made["id"]
        self.url: str = made["url"]
        self.secret: str = made["secret"]
        self.events: tuple[str, ...] = tuple(made["events"])
        self.signing: Signing = made["signing"]
        self.api_version: str | None = made["api_version"]

    @property
    def enabled(self) -> bool:
        """Whether events are sent; ten that failed in a row disable an endpoint."""
        return any(
            one["id"] == self.id and one["enabled"]
            for one in self._control.get("endpoints")["items"]
        )

    def remove(self) -> None:
        """Remove it: what waits to be sent is not sent any more."""
        self._control.delete(f"endpoints/{self.id}")

    def __repr__(self) -> str:
        return f"<Endpoint {self.url}>"


class Webhooks:
    """The webhooks of one organization.

    Attributes:
        deliveries: what was sent, and what was answered.
        faults: what goes wrong on the way.
    """

    def __init__(self, base_url: str, control: Control) -> None:
        self._control = control
        # Its own connection: a handler of the test's process may ask the server meanwhile.
        self._waiting = Connection(base_url)
        self._waiter = control.through(self._waiting)
        self._listeners: list[Listener] = []
        self._returned: dict[str, int] = {}
        self.deliveries = Deliveries(control)
        self.faults = DeliveryFaults(control)

    @property
    def endpoints(self) -> list[Endpoint]:
        """The endpoints, oldest first."""
        return [Endpoint(self._control, one) for one in self._control.get("endpoints")["items"]]

    def endpoint(
        self,
        url: str,
        *,
        events: Sequence[str] | None = None,
        secret: str | None = None,
        format: str = "raw",  # noqa: A002 - the contract's name
        signing: str = "both",
        api_version: str | None = None,
    ) -> Endpoint:
        """Send what happens from now on to a URL.

        Args:
            url: of the application's handler.
            events: the types of the events; all unless given.
            secret: signs what is sent; a new one unless given.
            format: of the bodies: `raw`, `slack` or `discord`.
            signing: which key signs, for a verifier that takes one signature only: `whole`, as
                polar-sdk 0.x has it, or `standard`, as Standard Webhooks has it; `both` by default.
            api_version: the contract's version that raw bodies name, such as `2026-10`, for clients
                that want one; none by default.

        Raises:
            Refused: the server does not take one of these; says which.
        """
        asked: dict[str, Any] = {
            "url": url,
            "format": format,
            "signing": signing,
            "api_version": api_version,
        }
        if events is not None:
            asked["events"] = list(events)
        if secret is not None:
            asked["secret"] = secret
        return Endpoint(self._control, self._control.post("endpoints", asked))

    def deliver_to(
        self,
        app: Any,
        path: str = "/",
        *,
        events: Sequence[str] | None = None,
        secret: str | None = None,
        signing: str = "both",
        api_version: str | None = None,
        lifespan: bool = True,
    ) -> Endpoint:
        """Send what happens from now on to an application in this process, over HTTP.

        It is served on a free port of this machine until the organization is removed: in a thread, an
        ASGI application on an event loop of its own.

        Args:
            app: an ASGI or a WSGI application.
            path: of its handler.
            events: the types of the events; all unless given.
            secret: signs what is sent; a new one unless given.
            signing: which key signs, as for `endpoint`.
            api_version: what raw bodies name, as for `endpoint`.
            lifespan: whether to start and stop an ASGI application, as a server does.

        Raises:
            RuntimeError: the application cannot be started; says why.
            Refused: the server does not take one of these; says which.
        """
        listener = Listener(app, lifespan=lifespan)
        self._listeners.append(listener)
        url = urllib.parse.urljoin(listener.url, path)
        return self.endpoint(
            url, events=events, secret=secret, signing=signing, api_version=api_version
        )

    def wait_for(self, type: str, *, timeout: float = 5.0) -> Delivery:  # noqa: A002 - the field's name
        """The next delivery of a type of event that this has not returned yet, once it was attempted.

        The handler may have failed: `succeeded`, `status` and `answer` say so.

        Args:
            type: of the event, such as `customer.created`.
            timeout: how many real seconds to wait; half a minute more while deliveries are under way.

        Raises:
            NotDelivered: none came; the message lists those that did.
        """
        after = self._returned.get(type, 0)
        for seconds in itertools.chain(_slices(timeout), self._while_under_way()):
            asked = {"type": type, "after": after, "timeout": seconds}
            with contextlib.suppress(_TimedOut):
                found = deliveries.read(self._wait("deliveries/wait", asked))
                self._returned[type] = found.number
                return found
        raise NotDelivered(self._explain(type, timeout, after))

    def wait_idle(self, *, timeout: float = 30.0) -> None:
        """Wait until nothing is due or under way: all that has happened was attempted.

        What failed is attempted again when the organization's clock gets there.

        Args:
            timeout: how many real seconds to wait at most.

        Raises:
            NotDelivered: something is still under way.
        """
        for seconds in _slices(timeout):
            with contextlib.suppress(_TimedOut):
                self._wait("idle", {"timeout": seconds})
                return
        raise NotDelivered(f"deliveries are still under way after {timeout:g} s")

    def redeliver(self, event: Delivery | str) -> None:
        """Send an event again, as the dashboard's button does.

        Args:
            event: a delivery of it, or its id.

        Raises:
            Refused: there is no such event.
        """
        event_id = event.event_id if isinstance(event, Delivery) else event
        self._control.post(f"events/{event_id}/redeliver")

    def signed_request(
        self,
        event: Delivery | str,
        data: Mapping[str, Any] | None = None,
        *,
        secret: str | None = None,
        timestamp: float | None = None,
    ) -> SignedRequest:
        """A signed request, to call a handler with directly.

        Args:
            event: a delivery, whose body is sent again; or a type of event, with its data.
            data: what the event tells of, such as a customer, for a type.
            secret: signs the request; that of the delivery's endpoint unless given, or of the newest
                endpoint for a type.
            timestamp: when it was sent, in seconds since 1970; now unless given.

        Raises:
            ValueError: a type has no data; or there is no endpoint, and no secret is given.
        """
        endpoint = None
        if secret is None:
            endpoint = self._find_endpoint(event)
            secret = endpoint.secret
        if isinstance(event, Delivery):
            webhook_id, body = event.event_id, event.body
        else:
            version = None if endpoint is None else endpoint.api_version
            webhook_id, body = str(uuid.uuid4()), _make_body(event, version, data)
        sent = int(time.time() if timestamp is None else timestamp)
        keys: Signing = "both" if endpoint is None else endpoint.signing
        return SignedRequest(
            {
                "user-agent": _USER_AGENT,
                "content-type": "application/json",
                "webhook-id": webhook_id,
                "webhook-timestamp": str(sent),
                "webhook-signature": sign(secret, keys, webhook_id, sent, body),
            },
            body,
        )

    def close(self) -> None:
        """Stop the applications that are served here."""
        self._waiting.close()
        while self._listeners:
            self._listeners.pop().close()

    def _wait(self, path: str, asked: dict[str, Any]) -> Any:
        """What the server answers to a wait. Raises _TimedOut, and Refused for another reason."""
        try:
            return self._waiter.post(path, asked)
        except Refused as refused:
            if refused.status == _TIMED_OUT:
                raise _TimedOut from refused
            raise

    def _while_under_way(self) -> Iterator[float]:
        """Waits of some seconds, as long as deliveries are under way; the last is only a look."""
        for _ in range(_PATIENCE_SLICES):
            with contextlib.suppress(_TimedOut):
                self._wait("idle", {"timeout": _LOOK_SECONDS})
                break
            yield _PATIENCE_SECONDS
        yield 0.0

    def _find_endpoint(self, event: Delivery | str) -> Endpoint:
        there = self.endpoints
        if isinstance(event, Delivery):
            there = [one for one in there if one.id == event.endpoint_id]
        if not there:
            raise ValueError("say by secret=… what signs the request: there is no such endpoint")
        return there[-1]

    def _explain(self, wanted: str, timeout: float, after: int) -> str:
        """Why nothing was returned: what was delivered instead, or that nothing could be."""
        nothing = f"no {wanted} was delivered within {timeout:g} s"
        came = [str(one) for one in self.deliveries]
        if came:
            again = " again" if after else ""
            shown = [f"  {one}" for one in came[-_MOST_SHOWN:]]
            if len(came) > _MOST_SHOWN:
                shown.insert(0, f"  ({len(came) - _MOST_SHOWN} before these)")
            return f"{nothing}{again}; delivered were:\n" + "\n".join(shown)
        there = self.endpoints
        if not there:
            return f"{nothing}: there is no endpoint; make one before anything happens"
        if not any(wanted in one.events for one in there):
            return f"{nothing}: no endpoint is sent such events"
        return f"{nothing}, and nothing else"

    def __repr__(self) -> str:
        return f"<Webhooks {self.endpoints}>"


def _slices(timeout: float) -> Iterator[float]:
    """A wait in parts, of which each is one request; one at least."""
    left = max(timeout, 0.0)
    while True:
        seconds = min(left, _SLICE_SECONDS)
        yield seconds
        left -= seconds
        if left <= 0:
            return


def _make_body(kind: str, api_version: str | None, data: Mapping[str, Any] | None) -> bytes:
    if data is None:
        raise ValueError(f"a {kind} needs its data: signed_request({kind!r}, customer)")
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    version = {} if api_version is None else {"api_version": api_version}
    whole = {"type": kind, "timestamp": now, **version, "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()

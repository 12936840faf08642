"""Cookies: the session, the message for the next page, and the tokens of forms.

Each cookie is signed under the server's secret, so that a made-up one never reaches the database.
A form's token is derived from the visitor's cookie and not stored.
"""

import base64
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from icefloe.asgi import origins
from icefloe.dashboard.mount import PATH

SESSION = "icefloe_session"
VISITOR = "icefloe_visitor"
MESSAGE = "icefloe_message"
LAST = "icefloe_organization"
FIELD = "csrf"
HEADER = "x-csrf-token"

_DAYS_60 = 60 * 24 * 3600  # the server ends a session earlier, where it is not used
_MESSAGE_SECONDS = 60
_MAX_MESSAGE = 500

Mood = Literal["good", "bad"]


@dataclass(frozen=True, slots=True)
class Message:
    """A message from one page for the next, such as that something was saved."""

    text: str
    mood: Mood = "good"


class Cookies:
    """Reads and sets the dashboard's cookies."""

    def __init__(self, secret: bytes, root: str = PATH) -> None:
        """Make it.

        Args:
            secret: the server's, from which the keys of cookies and forms are derived.
            root: the path of the dashboard as browsers have it: they send cookies to no other.
        """
        self._root = root
        self._signing = hmac.digest(secret, b"icefloe dashboard cookies", "sha256")
        self._forms = hmac.digest(secret, b"icefloe dashboard forms", "sha256")

    # --- who ------------------------------------------------------------------------------------

    def find_session(self, request: Request) -> str | None:
        """The session of the browser's cookie, if its signature is ours; it may have ended."""
        return self._find(request, SESSION)

    def set_session(self, request: Request, response: Response, session: str) -> None:
        """Give the browser a session."""
        self._set(request, response, SESSION, session, _DAYS_60)
        response.delete_cookie(VISITOR, self._root)

    def drop_session(self, response: Response) -> None:
        """Take the session's cookie from the browser."""
        response.delete_cookie(SESSION, self._root)

    def find_visitor(self, request: Request) -> str | None:
        """The id of a browser before sign-in; None for a new browser."""
        return self._find(request, VISITOR)

    def set_visitor(self, request: Request, response: Response, visitor: str) -> None:
        """Give a browser an id, until it is closed."""
        self._set(request, response, VISITOR, visitor, None)

    # --- forms ----------------------------------------------------------------------------------

    def form_token(self, shown: str) -> str:
        """The token of each form, derived from the session or, before sign-in, the visitor's id."""
        return hmac.digest(self._forms, shown.encode(), "sha256").hex()

    def is_form_token(self, shown: str, token: object) -> bool:
        """Whether a form has the right token; compares in constant time."""
        brought = token.encode() if isinstance(token, str) else b""
        return hmac.compare_digest(self.form_token(shown).encode(), brought)

    # --- messages -------------------------------------------------------------------------------

    def set_message(self, request: Request, response: Response, message: Message) -> None:
        """Show a message on the next page."""
        text = json.dumps([message.text[:_MAX_MESSAGE], message.mood])
        value = base64.b32encode(text.encode()).decode().replace("=", "-")
        self._set(request, response, MESSAGE, value, _MESSAGE_SECONDS)

    def find_message(self, request: Request) -> Message | None:
        """The message for this page."""
        value = self._find(request, MESSAGE)
        if value is None:
            return None
        text, mood = json.loads(base64.b32decode(value.replace("-", "=")))
        return Message(text, cast("Mood", mood))

    def drop_message(self, response: Response) -> None:
        """Forget the message, once it was shown."""
        response.delete_cookie(MESSAGE, self._root)

    # --- where ----------------------------------------------------------------------------------

    def set_last(self, request: Request, response: Response, organization: str) -> None:
        """Store the organization that was visited last."""
        if self.find_last(request) != organization:
            self._set(request, response, LAST, organization, _DAYS_60)

    def find_last(self, request: Request) -> str | None:
        """The organization that was visited last."""
        return self._find(request, LAST)

    # --- how ------------------------------------------------------------------------------------

    def _find(self, request: Request, name: str) -> str | None:
        value, _, signature = request.cookies.get(name, "").rpartition(".")
        is_ours = hmac.compare_digest(self._sign(name, value), signature.encode())
        return value if value and is_ours else None

    def _set(
        self, request: Request, response: Response, name: str, value: str, seconds: int | None
    ) -> None:
        response.set_cookie(
            name,
            f"{value}.{self._sign(name, value).decode()}",
            max_age=seconds,
            path=self._root,
            secure=find_scheme(request) == "https",
            httponly=True,
            samesite="lax",
        )

    def _sign(self, name: str, value: str) -> bytes:
        return hmac.digest(self._signing, f"{name}={value}".encode(), "sha256").hex().encode()


def new_visitor() -> str:
    """A random id for a new browser."""
    return secrets.token_urlsafe(32)


def find_scheme(request: Request) -> str:
    """The scheme that the browser used, `http` or `https`."""
    return origins.find_scheme(request.url.scheme, request.headers.get("x-forwarded-proto"))


def find_origin(request: Request) -> str | None:
    """Where the browser reached this server; None where its `Host` is malformed."""
    return origins.find_origin(find_scheme(request), request.headers.get("host"))


def is_from_here(request: Request, public_url: str | None) -> bool:
    """Whether a form was sent from one of our own pages, by headers that no page can forge.

    Args:
        request: with the form.
        public_url: where browsers reach this server, if that is set.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    if origin is None:
        return True
    if origin == public_url:
        return True
    try:
        sender = urlsplit(origin).netloc
    except ValueError:  # no address at all, such as `http://[`
        return False
    hosts = {request.headers.get("host"), request.headers.get("x-forwarded-host")}
    return sender in hosts - {None, ""}

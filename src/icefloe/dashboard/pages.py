"""A page: its path, its access, and the checks before its functions are called.

The order: session, access, method, form; then session and access again, which may have ended while the
form arrived; and the form's token.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from icefloe.asgi.arrival import BodiesTooMany, BodyIncomplete, BodyTooSlow
from icefloe.dashboard import bodies
from icefloe.dashboard.count_cache import CountCache
from icefloe.dashboard.rendering import Templates
from icefloe.dashboard.sessions import Cookies
from icefloe.dashboard.visits import Visit

if TYPE_CHECKING:
    from icefloe.log import Log
    from icefloe.services import Services

READS = ("GET", "HEAD")
_STALE = "stale_form.html"

Handler = Callable[[Visit], Awaitable[Response]]


class Access(enum.Enum):
    """The people that may see a page."""

    ANYBODY = enum.auto()
    PERSON = enum.auto()
    """People who are signed in."""
    MEMBER = enum.auto()
    """Members of the organization whose slug stands in the path's place `slug`."""
    OWNER_TO_SEND = enum.auto()
    """The same, but only its owners may send the form."""
    OWNER = enum.auto()
    """Owners of that organization."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        path: under `/dashboard`, with places such as `{slug}`.
        show: answers GET; None for a page that only takes a form.
        submit: answers POST; None for a page without a form.
        access: the people that may see it.
        max_bytes: of a form's body.
        too_large: the template of the answer to a larger form.
    """

    path: str
    show: Handler | None
    submit: Handler | None = None
    access: Access = Access.MEMBER
    max_bytes: int = bodies.MAX_FORM_BYTES
    too_large: str = "too_large.html"

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that it answers."""
        return (*(READS if self.show else ()), *(("POST",) if self.submit else ()))


class NoSuchPage(Exception):
    """There is no such page, or the person may not know of it."""


class Refused(Exception):
    """The page refuses the request.

    Attributes:
        status: of the answer.
        template: of the page that says why, and what to do.
    """

    def __init__(self, status: int, template: str) -> None:
        super().__init__(template)
        self.status = status
        self.template = template


@dataclass(frozen=True, slots=True)
class Desk:
    """What all pages share."""

    services: Services
    cookies: Cookies
    templates: Templates
    log: Log
    counts: CountCache

    def receive(self, request: Request) -> Visit:
        """A visit, whose person is not known yet."""
        return Visit(request, self.services, self.cookies, self.templates, self.log, self.counts)


async def serve(page: Page | None, visit: Visit) -> Response:
    """The answer to a visit of a page; None for an address without a page.

    Raises:
        NoSuchPage: there is none, or the person may not know of it.
        Refused: the method is wrong, or the form too large or not ours, or the person no owner.
    """
    if page is None:
        raise NoSuchPage
    if not _may_go_on(page, visit):
        return visit.ask_to_sign_in()
    method = visit.request.method
    handler = page.show if method in READS else page.submit
    if handler is None or method not in page.methods:
        raise Refused(405, "wrong_method.html")
    if method in READS:
        return await handler(visit)
    try:
        await _read_form(page, visit)
        await visit.recognise()
        if not _may_go_on(page, visit):
            return visit.ask_to_sign_in()
        if not visit.is_form_ours():
            raise Refused(403, _STALE)
        return await handler(visit)
    finally:
        await visit.form.close()  # of what was uploaded


def _may_go_on(page: Page, visit: Visit) -> bool:
    """Whether a page can be had without signing in first. Raises NoSuchPage, Refused."""
    if page.access is Access.ANYBODY:
        return True
    if visit.person is None:
        return False
    if page.access is Access.PERSON:
        return True
    if not visit.enter(visit.place("slug")):
        raise NoSuchPage
    is_sent = visit.request.method == "POST"
    is_owners = page.access is Access.OWNER or (page.access is Access.OWNER_TO_SEND and is_sent)
    if is_owners and not visit.is_owner:
        raise Refused(403, "owners_only.html")
    return True


async def _read_form(page: Page, visit: Visit) -> None:
    """Read the form that a visit brings. Raises Refused.

    The head decides first: the form of another site is not read.
    """
    length = visit.request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > page.max_bytes:
        raise Refused(413, page.too_large)
    if not visit.may_send_form():
        raise Refused(403, _STALE)
    try:
        visit.form = await bodies.read_form(visit.request, page.max_bytes, visit.is_form_token)
    except bodies.TooLarge as error:
        raise Refused(413, page.too_large) from error
    except bodies.Unreadable as error:
        raise Refused(400, "unreadable_form.html") from error
    except bodies.NotOurs as error:
        raise Refused(403, _STALE) from error
    except BodyTooSlow as error:
        raise Refused(408, "incomplete_form.html") from error
    except BodiesTooMany as error:
        raise Refused(503, "crowded.html") from error
    except BodyIncomplete as error:
        raise Refused(400, "incomplete_form.html") from error

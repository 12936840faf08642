"""A page: its path, who may see it, and what has to be so before its functions are called.

In this order: the person of the session, the method, who may see it, the form and that it is ours.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive

from icefloe.arrival import BodyCutShort, BodyTooSlow
from icefloe.dashboard.counts import Counts
from icefloe.dashboard.rendering import Templates
from icefloe.dashboard.sessions import Cookies
from icefloe.dashboard.visits import Visit

if TYPE_CHECKING:
    from icefloe.log import Log
    from icefloe.services import Services

MAX_FORM_BYTES = 1024 * 1024
_MAX_FIELDS = 1000
READS = ("GET", "HEAD")

# What it says of broken forms is nobody's news: without a handler it would stand on the terminal.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

Handler = Callable[[Visit], Awaitable[Response]]


class Access(enum.Enum):
    """Who may see a page."""

    ANYBODY = enum.auto()
    PERSON = enum.auto()
    """Whoever is signed in."""
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
        show: answers GET; None where there is only something to send.
        submit: answers POST; None where there is nothing to send.
        access: who may see it.
        max_bytes: how much a form may bring.
        too_large: the template of what is said where it brings more.
    """

    path: str
    show: Handler | None
    submit: Handler | None = None
    access: Access = Access.MEMBER
    max_bytes: int = MAX_FORM_BYTES
    too_large: str = "too_large.html"

    @property
    def methods(self) -> tuple[str, ...]:
        """What it may be asked by."""
        return (*(READS if self.show else ()), *(("POST",) if self.submit else ()))


class NoSuchPage(Exception):
    """There is no such page, or none that this person may know of."""


class Refused(Exception):
    """The page cannot be had in this way.

    Attributes:
        status: of the answer.
        template: the page that says why, and what to do.
    """

    def __init__(self, status: int, template: str) -> None:
        super().__init__(template)
        self.status = status
        self.template = template


@dataclass(frozen=True, slots=True)
class Desk:
    """What every page needs to be served."""

    services: Services
    cookies: Cookies
    templates: Templates
    log: Log
    counts: Counts

    def receive(self, request: Request) -> Visit:
        """A visit of whoever it is."""
        return Visit(request, self.services, self.cookies, self.templates, self.log, self.counts)

    async def recognise(self, visit: Visit) -> None:
        """See who makes a visit, by the session that the browser shows."""
        session = self.cookies.find_session(visit.request)
        found = None if session is None else await self.services.sessions.find(session)
        if found is not None:
            visit.session, visit.person = session, found[1]
            visit.memberships = sorted(
                await self.services.memberships.find_of_person(visit.person.id),
                key=lambda one: (one[0].name.casefold(), one[0].slug),
            )


async def serve(page: Page | None, visit: Visit) -> Response:
    """The answer to a visit of a page; None is an address that has none.

    Raises:
        NoSuchPage: or none that the person may know of.
        Refused: another method, too large a form, one that is not ours, or not an owner's.
    """
    if page is None:
        raise NoSuchPage
    request = visit.request
    handler = page.show if request.method in READS else page.submit
    if page.access is not Access.ANYBODY:
        if visit.person is None:
            return visit.ask_to_sign_in()
        if page.access is not Access.PERSON and not visit.enter(visit.place("slug")):
            raise NoSuchPage
        if page.access is Access.OWNER and not visit.is_owner:
            raise Refused(403, "owners_only.html")
    if handler is None or request.method not in page.methods:
        raise Refused(405, "wrong_method.html")
    if request.method == "POST":
        await _read_form(page, visit)
        if not visit.is_form_ours():
            raise Refused(403, "stale_form.html")
        if page.access is Access.OWNER_TO_SEND and not visit.is_owner:
            raise Refused(403, "owners_only.html")
    try:
        return await handler(visit)
    finally:
        await visit.form.close()  # of what was uploaded


async def _read_form(page: Page, visit: Visit) -> None:
    length = visit.request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > page.max_bytes:
        raise Refused(413, page.too_large)
    bounded = Request(visit.request.scope, _bounded(visit.request.receive, page))
    try:
        visit.form = await bounded.form(
            max_files=1, max_fields=_MAX_FIELDS, max_part_size=MAX_FORM_BYTES
        )
    except (FormParserError, MultiPartException, LookupError, UnicodeError) as error:
        raise Refused(400, "unreadable_form.html") from error
    except BodyCutShort as error:
        raise Refused(400, "incomplete_form.html") from error
    except BodyTooSlow as error:
        raise Refused(408, "incomplete_form.html") from error
    try:
        # Some character sets, such as `unicode_escape`, give text that can be sent nowhere.
        for name, value in visit.form.multi_items():
            name.encode()
            (value if isinstance(value, str) else value.filename or "").encode()
    except UnicodeEncodeError as error:
        await visit.form.close()
        raise Refused(400, "unreadable_form.html") from error


def _bounded(receive: Receive, page: Page) -> Receive:
    """Gives a body as long as it is no larger than it may be."""
    left = page.max_bytes

    async def part() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise Refused(413, page.too_large)
        return message

    return part

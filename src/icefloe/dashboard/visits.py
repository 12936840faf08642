"""A visit: one request to the dashboard, its person, and the ways to answer it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from icefloe.dashboard import sessions
from icefloe.dashboard.count_cache import CountCache
from icefloe.dashboard.mount import PATH
from icefloe.dashboard.rendering import Templates
from icefloe.domain.values.access import SCOPES, Subject

if TYPE_CHECKING:
    from icefloe.dashboard.sessions import Cookies, Message, Mood
    from icefloe.domain.values.memberships import Role
    from icefloe.domain.values.organizations import Organization
    from icefloe.domain.values.people import Person
    from icefloe.log import Log
    from icefloe.services import Services

SEE_OTHER = 303
UNPROCESSABLE = 422
_ALL_SCOPES = frozenset(SCOPES)
_UNAUTHORIZED = 401

# Paths of ours under /dashboard: an organization of such a slug goes by its id.
RESERVED = frozenset(
    {"account", "first", "invitations", "organizations", "sign-in", "sign-out", "static"}
)


class Visit:
    """One request to the dashboard.

    Attributes:
        request: as it came.
        services: what the domain offers.
        log: where failures of ours are noted.
        counts: the cache of slow counts.
        person: the person who is signed in, or None.
        session: the session's value as the cookie has it, or None.
        memberships: the person's organizations and their role in each, by name.
        entered: the organization whose page it is; None on pages of none.
        form: the fields that were sent, on POST.
    """

    def __init__(
        self,
        request: Request,
        services: Services,
        cookies: Cookies,
        templates: Templates,
        log: Log,
        counts: CountCache,
    ) -> None:
        self.request = request
        self.services = services
        self.cookies = cookies
        self.log = log
        self.counts = counts
        self.person: Person | None = None
        self.session: str | None = None
        self.memberships: list[tuple[Organization, Role]] = []
        self.form = FormData()
        self._templates = templates
        self.entered: Organization | None = None
        self._role: Role | None = None
        self._new_visitor: str | None = None
        self._message: Message | None = None

    # --- who and where --------------------------------------------------------------------------

    async def recognise(self) -> None:
        """Find the person by the session that the browser shows, and the person's memberships.

        Rights may end while a form arrives or an answer is sent: call it again then. The page's
        organization must be entered anew.
        """
        self.person, self.session, self.memberships = None, None, []
        self.entered, self._role = None, None
        session = self.cookies.find_session(self.request)
        found = None if session is None else await self.services.sessions.find(session)
        if found is None:
            return
        self.session, self.person = session, found[1]
        self.memberships = sorted(
            await self.services.memberships.find_of_person(self.person.id),
            key=lambda one: (one[0].name.casefold(), one[0].slug),
        )

    @property
    def someone(self) -> Person:
        """The person; for pages that require one."""
        assert self.person is not None  # noqa: S101 - the page's access sees to it
        return self.person

    @property
    def organization(self) -> Organization:
        """The organization whose page it is, of which the person is a member."""
        assert self.entered is not None  # noqa: S101 - the page's access sees to it
        return self.entered

    @property
    def subject(self) -> Subject:
        """The organization, with all scopes: a member may do what the organization's tokens may."""
        return Subject(self.organization.id, self.someone.id, _ALL_SCOPES)

    @property
    def is_owner(self) -> bool:
        """Whether the person is an owner of the page's organization."""
        return self._role == "owner"

    @property
    def is_partial(self) -> bool:
        """Whether htmx asks, and wants a part of the page only."""
        headers = self.request.headers
        return "hx-request" in headers and "hx-history-restore-request" not in headers

    @property
    def address(self) -> str:
        """The client's address, as far as the server knows it."""
        client = self.request.scope.get("client")
        return str(client[0]) if client else ""

    @property
    def root(self) -> str:
        """The path of the dashboard as browsers have it, such as `/dashboard`."""
        return self.services.base_path + PATH

    @property
    def path(self) -> str:
        """The path of this request as the browser has it."""
        return self.services.base_path + str(self.request.scope["path"])

    @property
    def server_url(self) -> str:
        """Where clients reach this server, such as `http://127.0.0.1:8000`, with the base path.

        The setting counts; without one, the request's `Host`, and the server's own address where that
        is malformed.
        """
        found = self.services.public_url or sessions.find_origin(self.request)
        return (found or self._own_url) + self.services.base_path

    @property
    def _own_url(self) -> str:
        host, port = self.request.scope["server"]
        return f"{self.request.url.scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    def place(self, name: str) -> str:
        """The text in a place of the page's path, such as `customer_id`."""
        return str(self.request.path_params[name])

    def place_id(self, name: str) -> UUID | None:
        """The same as an id; None where it is none."""
        return _find_id(self.place(name))

    def field(self, name: str) -> str:
        """What was sent in a field of the form, without space around it; empty where nothing was."""
        return self.secret_field(name).strip()

    def secret_field(self, name: str) -> str:
        """The same, to the letter: for passwords."""
        value = self.form.get(name, "")
        return "" if isinstance(value, UploadFile) else value

    def field_id(self, name: str) -> UUID | None:
        """The same as an id; None where it is none."""
        return _find_id(self.field(name))

    def fields(self, name: str) -> list[str]:
        """All values that were sent under a name, such as ticked boxes."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def href(self, path: str = "", organization: Organization | None = None) -> str:
        """The address of an organization's page: of the visit's own, unless another is given."""
        one = organization or self.organization
        base = f"{self.root}/{one.id if one.slug in RESERVED else one.slug}"
        return f"{base}/{path}" if path else base

    def enter(self, slug: str) -> bool:
        """Enter the organization with a slug or id; False if the person is not a member of it."""
        # By id first: a slug may look like the id of another organization.
        for read in (lambda one: str(one.id), lambda one: one.slug):
            for organization, role in self.memberships:
                if read(organization) == slug:
                    self.entered, self._role = organization, role
                    return True
        return False

    def home(self) -> str:
        """The address of the organization visited last, else of the person's first."""
        if not self.memberships:
            return f"{self.root}/organizations/new"
        last = self.cookies.find_last(self.request)
        organizations = [organization for organization, _ in self.memberships]
        chosen = (one for one in organizations if one.id.hex == last)
        return self.href(organization=next(chosen, organizations[0]))

    # --- forms ----------------------------------------------------------------------------------

    @property
    def form_token(self) -> str:
        """The token of the page's forms."""
        return self.cookies.form_token(self._shown())

    def may_send_form(self) -> bool:
        """Whether a form may be one that this visitor was given, by the head of the request alone."""
        public_url = self.services.public_url
        if self._known is None or not sessions.is_from_here(self.request, public_url):
            return False
        brought = self.request.headers.get(sessions.HEADER)
        return brought is None or self.is_form_token(brought)

    def is_form_ours(self) -> bool:
        """Whether the form that was sent is one that this visitor was given."""
        brought = self.request.headers.get(sessions.HEADER) or self.form.get(sessions.FIELD)
        return self.may_send_form() and self.is_form_token(brought)

    def is_form_token(self, brought: object) -> bool:
        """Whether a value is the token of this visitor's forms."""
        return self._known is not None and self.cookies.is_form_token(self._known, brought)

    @property
    def _known(self) -> str | None:
        """The browser's id: its session, or the visitor's id before sign-in; None if it is new."""
        return self.session or self.cookies.find_visitor(self.request)

    def _shown(self) -> str:
        """The browser's id; a new browser is given one."""
        known = self._known or self._new_visitor
        if known is None:
            known = self._new_visitor = sessions.new_visitor()
        return known

    # --- answers --------------------------------------------------------------------------------

    def render(
        self, template: str, *, status: int = 200, block: str | None = None, **values: Any
    ) -> Response:
        """A page.

        Args:
            template: its file in `templates/`.
            status: the answer's; 422 for a form that has errors.
            block: only this block of it, for htmx to put into the page.
            values: what the template is filled with, besides `visit`.
        """
        message = self.cookies.find_message(self.request) if block is None else None
        filled = {"visit": self, "message": message, **values}
        filled["errors"] = _Errors(values.get("errors", {}))
        response = HTMLResponse(self._templates.render(template, filled, block), status)
        if message is not None:
            self.cookies.drop_message(response)
        return self.settle(response)

    def redirect(self, path: str, text: str | None = None, mood: Mood = "good") -> Response:
        """Redirect to another page, which shows the text."""
        response = RedirectResponse(path, SEE_OTHER)
        if text is not None:
            self.cookies.set_message(self.request, response, sessions.Message(text, mood))
        return self.settle(response)

    def ask_to_sign_in(self) -> Response:
        """Redirect to the sign-in page, which leads back here."""
        back = self.path
        if self.request.url.query:
            back += f"?{self.request.url.query}"
        if self.request.method not in {"GET", "HEAD"} or back == self.root:
            path = f"{self.root}/sign-in"
        else:
            path = f"{self.root}/sign-in?next={quote(back, safe='')}"
        if self.is_partial:
            # A redirect would be followed, and the sign-in page put into the middle of another.
            return Response(status_code=_UNAUTHORIZED, headers={"HX-Redirect": path})
        return self.redirect(path)

    def settle(self, response: Response) -> Response:
        """Set the cookies that later visits need."""
        if self.entered is not None:
            self.cookies.set_last(self.request, response, self.entered.id.hex)
        if self._new_visitor is not None:
            self.cookies.set_visitor(self.request, response, self._new_visitor)
        return response


class _Errors(dict[str, str]):
    """Error texts by form field; None for a field without one."""

    def __missing__(self, name: str) -> None:
        return None


def _find_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None

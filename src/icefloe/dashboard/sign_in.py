"""Signing in and out."""

from urllib.parse import unquote, urlsplit

from starlette.responses import Response

from icefloe.dashboard import rendering
from icefloe.dashboard.visits import UNPROCESSABLE, Visit
from icefloe.domain.values import errors
from icefloe.domain.values.people import Person

_TOO_MANY = 429


async def go_on(visit: Visit) -> Response:
    """From `/dashboard` to where the person was last."""
    return visit.redirect(visit.home())


async def show(visit: Visit) -> Response:
    """The form; a person who is signed in already is redirected."""
    if visit.person is not None:
        return visit.redirect(_next(visit) or visit.home())
    return await _render(visit)


async def submit(visit: Visit) -> Response:
    """Sign in."""
    email, password = visit.field("email"), visit.secret_field("password")
    wrong = {}
    if not email:
        wrong["email"] = "Enter your e-mail address."
    if not password:
        wrong["password"] = "Enter your password."  # noqa: S105 - a sentence
    if wrong:
        return await _render(visit, wrong)
    try:
        person = await visit.services.people.authenticate(email, password, address=visit.address)
    except errors.TooManyAttempts as error:
        response = visit.render(
            "sign_in_later.html", status=_TOO_MANY, wait=rendering.in_words(error.wait_seconds)
        )
        response.headers["Retry-After"] = str(error.wait_seconds)
        return response
    except errors.AuthenticationFailed:
        return await _render(
            visit, {"email": "That e-mail address and password do not belong together."}
        )
    return await begin(visit, person, _next(visit))


async def begin(
    visit: Visit, person: Person, path: str | None = None, text: str | None = None
) -> Response:
    """Sign a person in, in a new session, and go on to a page, which says the text first."""
    if visit.session is not None:
        await visit.services.sessions.end(visit.session)
    agent = visit.request.headers.get("user-agent", "")[:200]
    session = await visit.services.sessions.begin(person, user_agent=agent)
    response = visit.redirect(path or visit.root, text)
    visit.cookies.set_session(visit.request, response, session)
    return response


async def sign_out(visit: Visit) -> Response:
    """Sign out, here."""
    if visit.session is not None:
        await visit.services.sessions.end(visit.session)
    response = visit.redirect(f"{visit.root}/sign-in", "You are signed out.")
    visit.cookies.drop_session(response)
    return response


async def _render(visit: Visit, wrong: dict[str, str] | None = None) -> Response:
    return visit.render(
        "sign_in.html",
        status=UNPROCESSABLE if wrong else 200,
        errors=wrong or {},
        email=visit.field("email"),
        next=_next(visit) or "",
        is_nobody=await visit.services.people.is_nobody(),
    )


def _next(visit: Visit) -> str | None:
    """The page to go on to after signing in, if it is one of ours."""
    wanted = visit.field("next") or visit.request.query_params.get("next", "")
    try:
        parts = urlsplit(wanted)
    except ValueError:  # no address at all, such as `//[`
        return None
    is_ours = parts.path.startswith(f"{visit.root}/") and not (parts.scheme or parts.netloc)
    is_ours = is_ours and ".." not in unquote(parts.path).split("/")
    return wanted if is_ours and wanted.isprintable() and "\\" not in wanted else None

"""A person's own account: name, password, and signing out everywhere."""

from starlette.responses import Response

from icefloe.dashboard import rendering, sign_in
from icefloe.dashboard.pages import NoSuchPage
from icefloe.dashboard.visits import UNPROCESSABLE, Visit
from icefloe.domain.people import passwords
from icefloe.domain.values import errors


async def show(visit: Visit) -> Response:
    """The account."""
    return _render(visit)


async def submit(visit: Visit) -> Response:
    """Do what the form's button says."""
    match visit.field("do"):
        case "rename":
            return await _rename(visit)
        case "change-password":
            return await _change_password(visit)
        case "sign-out":
            return await _sign_out(visit)
    raise NoSuchPage


async def _rename(visit: Visit) -> Response:
    try:
        await visit.services.people.rename(visit.someone.id, visit.field("name"))
    except errors.InvalidValue as error:
        return _render(visit, {"name": rendering.sentence(error)})
    return visit.redirect(_here(visit), "Your name is saved.")


async def _change_password(visit: Visit) -> Response:
    old, new = visit.secret_field("old"), visit.secret_field("new")
    try:
        passwords.check(new, visit.someone.email)
    except errors.InvalidValue as error:
        return _render(visit, {"new": rendering.sentence(error)})
    try:
        changed = await visit.services.people.change_password(visit.someone.id, old, new)
    except errors.AuthenticationFailed:
        return _render(visit, {"old": "That is not your current password."})
    except errors.TooManyAttempts as error:
        wait = rendering.in_words(error.wait_seconds)
        return _render(visit, {"old": f"That was wrong several times: try again in {wait}."})
    # In a new session: a thief of the old one's cookie is signed out as well.
    return await sign_in.begin(
        visit,
        changed,
        _here(visit),
        "Your password is changed, and you are signed out everywhere else.",
    )


async def _sign_out(visit: Visit) -> Response:
    is_everywhere = visit.field("where") != "elsewhere"
    but = None if is_everywhere else visit.session
    await visit.services.sessions.end_all(visit.someone.id, but=but)
    if not is_everywhere:
        return visit.redirect(_here(visit), "You are signed out everywhere else.")
    response = visit.redirect(f"{visit.root}/sign-in", "You are signed out everywhere.")
    visit.cookies.drop_session(response)
    return response


def _here(visit: Visit) -> str:
    return f"{visit.root}/account"


def _render(visit: Visit, wrong: dict[str, str] | None = None) -> Response:
    typed = visit.form.get("name")
    return visit.render(
        "account.html",
        status=UNPROCESSABLE if wrong else 200,
        errors=wrong or {},
        name=visit.someone.name if typed is None else typed,
    )

"""The one-time link: whoever follows it becomes the first person."""

from starlette.responses import Response

from icefloe.dashboard import sign_in
from icefloe.dashboard.entrance import PATH
from icefloe.dashboard.pages import NoSuchPage
from icefloe.dashboard.visits import UNPROCESSABLE, Visit
from icefloe.domain import errors


async def show(visit: Visit) -> Response:
    """The form, as long as there is nobody."""
    if not await visit.services.people.is_nobody():
        return visit.redirect(f"{PATH}/sign-in", "That link has been used. Sign in.", "bad")
    return _render(visit)


async def submit(visit: Visit) -> Response:
    """Make the first person and sign them in."""
    try:
        person = await visit.services.people.create_first(
            visit.field("email"),
            visit.secret_field("password"),
            name=visit.field("name"),
            token=visit.place("token"),
        )
    except errors.AuthenticationFailed as error:
        raise NoSuchPage from error
    except errors.InvalidValue as error:
        return _render(visit, {"email": str(error)})
    return await sign_in.begin(visit, person.id)


def _render(visit: Visit, wrong: dict[str, str] | None = None) -> Response:
    return visit.render(
        "first.html",
        status=UNPROCESSABLE if wrong else 200,
        errors=wrong or {},
        name=visit.field("name"),
        email=visit.field("email"),
    )

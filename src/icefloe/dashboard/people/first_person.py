"""The one-time link, by which the first person makes an account."""

from starlette.responses import Response

from icefloe.dashboard import rendering, sign_in
from icefloe.dashboard.pages import NoSuchPage
from icefloe.dashboard.people import registration
from icefloe.dashboard.visits import UNPROCESSABLE, Visit
from icefloe.domain.values import errors


async def show(visit: Visit) -> Response:
    """The form, while no person exists."""
    people = visit.services.people
    if not await people.is_nobody():
        return _has_been_used(visit)
    if not await people.is_first_token(visit.place("token")):
        raise NoSuchPage
    return _render(visit)


async def submit(visit: Visit) -> Response:
    """Create the first person, and sign them in."""
    people = visit.services.people
    if not await people.is_nobody():
        return _has_been_used(visit)
    if not await people.is_first_token(visit.place("token")):
        raise NoSuchPage
    wrong = registration.find_mistakes(visit)
    if wrong:
        return _render(visit, wrong)
    try:
        person = await people.create_first(
            visit.field("email"),
            visit.secret_field("password"),
            name=visit.field("name"),
            token=visit.place("token"),
        )
    except errors.AuthenticationFailed:
        return _has_been_used(visit)
    except errors.InvalidValue as error:
        return _render(visit, {"name": rendering.sentence(error)})
    return await sign_in.begin(visit, person)


def _has_been_used(visit: Visit) -> Response:
    return visit.redirect(
        f"{visit.root}/sign-in", "That link has been used already: it works once.", "bad"
    )


def _render(visit: Visit, wrong: dict[str, str] | None = None) -> Response:
    return visit.render(
        "first.html",
        status=UNPROCESSABLE if wrong else 200,
        errors=wrong or {},
        name=visit.field("name"),
        email=visit.field("email"),
    )

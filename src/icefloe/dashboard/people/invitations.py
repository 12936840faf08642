"""An invitation's link: a person joins the organization, signed in or with a new account."""

from starlette.responses import Response

from icefloe.dashboard import rendering, sign_in
from icefloe.dashboard.people import registration
from icefloe.dashboard.visits import UNPROCESSABLE, Visit
from icefloe.domain.values import errors
from icefloe.domain.values.invitations import Invitation
from icefloe.domain.values.organizations import Organization

_GONE = 410


async def show(visit: Visit) -> Response:
    """What the link invites to."""
    found = await visit.services.invitations.find(visit.place("token"))
    return _render(visit, *found) if found else _gone(visit)


async def submit(visit: Visit) -> Response:
    """Join."""
    found = await visit.services.invitations.find(visit.place("token"))
    if found is None:
        return _gone(visit)
    try:
        if visit.person is not None:
            return await _join(visit, found[1])
        return await _join_as_new(visit, found)
    except errors.InvitationNotFound:
        return _gone(visit)


async def _join(visit: Visit, organization: Organization) -> Response:
    try:
        await visit.services.invitations.accept(visit.place("token"), visit.someone.id)
    except errors.InvalidValue as error:
        text = f"{rendering.sentence(error)} You are signed in as {visit.someone.email}."
        return visit.redirect(visit.path, text, "bad")
    except errors.Duplicate:
        return visit.redirect(visit.href(organization=organization), "You are in it already.")
    return visit.redirect(visit.href(organization=organization), f"Welcome to {organization.name}.")


async def _join_as_new(visit: Visit, found: tuple[Invitation, Organization]) -> Response:
    wrong = registration.find_mistakes(visit)
    if wrong:
        return _render(visit, *found, wrong)
    try:
        person, organization = await visit.services.invitations.accept_as_new(
            visit.place("token"),
            visit.field("email"),
            visit.secret_field("password"),
            name=visit.field("name"),
        )
    except errors.Duplicate:
        wrong = {"email": "This e-mail address has an account already: sign in instead, see below."}
        return _render(visit, *found, wrong)
    except errors.InvalidValue as error:
        return _render(visit, *found, {"email": rendering.sentence(error)})
    return await sign_in.begin(visit, person, visit.href(organization=organization))


def _gone(visit: Visit) -> Response:
    return visit.render("invitation_gone.html", status=_GONE)


def _render(
    visit: Visit,
    invitation: Invitation,
    organization: Organization,
    wrong: dict[str, str] | None = None,
) -> Response:
    return visit.render(
        "invitation.html",
        status=UNPROCESSABLE if wrong else 200,
        errors=wrong or {},
        invitation=invitation,
        organization=organization,
        is_in_it=any(one.id == organization.id for one, _ in visit.memberships),
        name=visit.field("name"),
        email=visit.field("email") or invitation.email or "",
    )

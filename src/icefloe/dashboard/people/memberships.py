"""The people of an organization, their roles, and open invitations."""

from starlette.responses import Response

from icefloe.dashboard import rendering
from icefloe.dashboard.mount import PATH
from icefloe.dashboard.pages import NoSuchPage
from icefloe.dashboard.visits import UNPROCESSABLE, Visit
from icefloe.domain.values import emails, errors
from icefloe.domain.values.memberships import ROLES, Role
from icefloe.domain.values.people import Person

_PEOPLE = "settings/people"


async def show_all(visit: Visit) -> Response:
    """The people, and the open invitations."""
    return await _render_all(visit)


async def submit(visit: Visit) -> Response:
    """Invite a person, or revoke an invitation."""
    match visit.field("do"):
        case "invite":
            return await _invite(visit)
        case "revoke":
            return await _revoke(visit)
    raise NoSuchPage


async def leave(visit: Visit) -> Response:
    """Remove oneself."""
    try:
        me = visit.someone.id
        await visit.services.memberships.remove(visit.organization.id, me, by=me)
    except errors.InvalidValue as error:
        return visit.redirect(visit.href(_PEOPLE), rendering.sentence(error), "bad")
    return visit.redirect(visit.root, f"You have left {visit.organization.name}.")


async def show(visit: Visit) -> Response:
    """One person: the role, and the form that removes them."""
    return _render(visit, *await _get(visit))


async def change(visit: Visit) -> Response:
    """Give a person another role, or remove them."""
    person, role = await _get(visit)
    memberships, organization = visit.services.memberships, visit.organization
    name = person.name or person.email
    try:
        if visit.field("do") == "remove":
            await memberships.remove(organization.id, person.id, by=visit.someone.id)
            told = f"{name} is removed, and sees nothing of {organization.name} any more."
        else:
            wanted = _find_role(visit)
            if wanted is None:
                return _render(visit, person, role, {"role": "Choose a role."})
            await memberships.change_role(organization.id, person.id, wanted, by=visit.someone.id)
            told = f"{name} is {'an owner' if wanted == 'owner' else 'a member'} now."
    except errors.InvalidValue as error:
        return _render(visit, person, role, {"role": rendering.sentence(error)})
    is_self = person.id == visit.someone.id
    return visit.redirect(visit.root if is_self else visit.href(_PEOPLE), told)


async def _invite(visit: Visit) -> Response:
    email, role = visit.field("email"), _find_role(visit)
    wrong = {}
    if email:
        try:
            emails.standardise(email, emails.EmailCheck.ANY_DOMAIN)
        except errors.InvalidValue:
            wrong["email"] = "Enter an e-mail address, such as ada@example.com, or leave it empty."
    if role is None:
        wrong["role"] = "Choose a role."
    if wrong or role is None:
        return await _render_all(visit, wrong)
    try:
        invitation, token = await visit.services.invitations.create(
            visit.organization.id, role, email or None, by=visit.someone.id
        )
    except errors.Duplicate:
        wrong = {"email": f"{email} is in {visit.organization.name} already."}
        return await _render_all(visit, wrong)
    # The link is not stored: a page after a redirect could not show it.
    link = f"{visit.server_url}{PATH}/invitations/{token}"
    return visit.render("invitation_created.html", invitation=invitation, link=link)


async def _revoke(visit: Visit) -> Response:
    invitation_id = visit.field_id("invitation_id")
    if invitation_id is None:
        raise NoSuchPage
    await visit.services.invitations.revoke(
        invitation_id, organization_id=visit.organization.id, by=visit.someone.id
    )
    return visit.redirect(visit.href(_PEOPLE), "The invitation is taken back: its link is dead.")


async def _get(visit: Visit) -> tuple[Person, Role]:
    person_id = visit.place_id("person_id")
    for person, role in await visit.services.memberships.find_of_organization(
        visit.organization.id
    ):
        if person.id == person_id:
            return person, role
    raise NoSuchPage


def _find_role(visit: Visit) -> Role | None:
    return next((role for role in ROLES if role == visit.field("role")), None)


async def _render_all(visit: Visit, wrong: dict[str, str] | None = None) -> Response:
    services, organization = visit.services, visit.organization
    people = await services.memberships.find_of_organization(organization.id)
    return visit.render(
        "people.html",
        status=UNPROCESSABLE if wrong else 200,
        errors=wrong or {},
        people=people,
        invitations=await services.invitations.find_open(organization.id),
        names={person.id: person.name or person.email for person, _ in people},
        email=visit.field("email"),
        role=visit.field("role") or "member",
    )


def _render(
    visit: Visit, person: Person, role: Role, wrong: dict[str, str] | None = None
) -> Response:
    return visit.render(
        "person.html",
        status=UNPROCESSABLE if wrong else 200,
        errors=wrong or {},
        person=person,
        role=role,
    )

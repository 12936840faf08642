"""Organizations: making one, and its general settings."""

from starlette.responses import Response

from icefloe.dashboard import rendering
from icefloe.dashboard.visits import UNPROCESSABLE, Visit
from icefloe.domain import organizations as domain
from icefloe.domain.values import errors

_MAX_SLUG = 100


async def show_new(visit: Visit) -> Response:
    """The form for a new one."""
    return _render_new(visit)


async def create(visit: Visit) -> Response:
    """Make one, which the person owns."""
    name, slug = visit.field("name"), visit.field("slug") or None
    wrong = _find_mistakes(name, slug)
    if wrong:
        return _render_new(visit, wrong)
    try:
        made = await visit.services.memberships.create_organization(
            visit.someone.id, name, slug=slug
        )
    except errors.Duplicate:
        return _render_new(visit, {"slug": _taken(slug)})
    return visit.redirect(visit.href(organization=made), f"{made.name} is there.")


async def show_settings(visit: Visit) -> Response:
    """Name, slug and id."""
    return _render_settings(visit)


async def change_settings(visit: Visit) -> Response:
    """Change name and slug."""
    name, slug = visit.field("name"), visit.field("slug")
    wrong = _find_mistakes(name, slug)
    if wrong:
        return _render_settings(visit, wrong)
    try:
        changed = await visit.services.organizations.update(
            visit.organization.id, name=name, slug=slug, by=visit.someone.id
        )
    except errors.Duplicate:
        return _render_settings(visit, {"slug": _taken(slug)})
    return visit.redirect(visit.href("settings", changed), "Saved.")


def _find_mistakes(name: str, slug: str | None) -> dict[str, str]:
    wrong = {}
    try:
        domain.check(name, None)
    except errors.InvalidValue as error:
        wrong["name"] = rendering.sentence(error)
    try:
        domain.check("-", slug)
    except errors.InvalidValue as error:
        wrong["slug"] = rendering.sentence(error)
    if slug is not None and len(slug) > _MAX_SLUG:
        wrong["slug"] = f"A slug has at most {_MAX_SLUG} characters."
    return wrong


def _taken(slug: str | None) -> str:
    return f"Another organization has the slug {slug} already. Choose another."


def _render_new(visit: Visit, wrong: dict[str, str] | None = None) -> Response:
    return visit.render(
        "organization_new.html",
        status=UNPROCESSABLE if wrong else 200,
        errors=wrong or {},
        name=visit.field("name"),
        slug=visit.field("slug"),
    )


def _render_settings(visit: Visit, wrong: dict[str, str] | None = None) -> Response:
    stored = visit.organization
    return visit.render(
        "organization_settings.html",
        status=UNPROCESSABLE if wrong else 200,
        errors=wrong or {},
        name=visit.field("name") if wrong else stored.name,
        slug=visit.field("slug") if wrong else stored.slug,
    )

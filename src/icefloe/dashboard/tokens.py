"""Developers → access tokens: the list, a new one, one of them, and its end."""

from datetime import timedelta
from uuid import uuid4

from starlette.responses import Response

from icefloe.dashboard.pages import NoSuchPage
from icefloe.dashboard.snippets import Snippet, snippets_of
from icefloe.dashboard.visits import UNPROCESSABLE, Visit
from icefloe.domain.values import access, errors
from icefloe.domain.values.tokens import Token

_DAYS = (1, 7, 30, 90, 180, 365)
_USUAL_DAYS = "30"
_NEVER = "none"
_MAX_NAME = 256
# Resources that this server has; other scopes grant nothing here.
_SERVED = ("customers", "members", "organizations", "webhooks")

Group = tuple[str, list[str]]
"""A resource in words, and its scopes."""


async def show_all(visit: Visit) -> Response:
    """The list: valid tokens, and apart from them revoked and expired ones."""
    found = await visit.services.tokens.find_all(visit.organization.id)
    now = visit.services.clock.of(visit.organization.id).now()
    found.sort(key=lambda token: token.created_at, reverse=True)
    is_over = {
        token.id: token.revoked_at is not None
        or (token.expires_at is not None and token.expires_at <= now)
        for token in found
    }
    return visit.render(
        "tokens.html",
        tokens=[token for token in found if not is_over[token.id]],
        ended=[token for token in found if is_over[token.id]],
        soon=now + timedelta(days=7),
    )


async def show_new(visit: Visit) -> Response:
    """The form for a new one."""
    return _render_new(visit)


async def create(visit: Visit) -> Response:
    """Create a token; this page alone shows it."""
    name, scopes, expiry = visit.field("name"), visit.fields("scopes"), visit.field("expiry")
    wrong = _find_mistakes(name, scopes)
    if expiry not in {_NEVER, *map(str, _DAYS)}:
        wrong["expiry"] = "Choose how long the token is valid."
    if wrong:
        return _render_new(visit, wrong)
    now = visit.services.clock.of(visit.organization.id).now()
    try:
        token, value = await visit.services.tokens.create(
            visit.organization.id,
            name,
            scopes,
            expires_at=None if expiry == _NEVER else now + timedelta(days=int(expiry)),
            token_id=visit.field_id("id"),
            by=visit.someone.id,
        )
    except errors.Duplicate:
        # The form was sent again, as a browser does that loads the page anew.
        return visit.redirect(
            visit.href("settings/tokens"),
            "This token has been made, and was shown once. If it is lost, revoke it and make another.",
            "bad",
        )
    # It is not stored: a page after a redirect could not show it.
    shown: list[Snippet] = snippets_of(visit.server_url, value)
    return visit.render("token_created.html", token=token, value=value, snippets=shown)


async def show(visit: Visit) -> Response:
    """One token: its scopes, and the form that revokes it."""
    return _render(visit, await _get(visit))


async def change(visit: Visit) -> Response:
    """Change its name and scopes, at once."""
    token = await _get(visit)
    name, scopes = visit.field("name"), visit.fields("scopes")
    wrong = _find_mistakes(name, scopes)
    if wrong:
        return _render(visit, token, wrong)
    await visit.services.tokens.update(
        visit.organization.id, token.id, name=name, scopes=tuple(scopes), by=visit.someone.id
    )
    return visit.redirect(visit.href("settings/tokens"), f"{name} is saved.")


async def revoke(visit: Visit) -> Response:
    """End it, once its name was typed."""
    token = await _get(visit)
    if visit.field("confirmation") != token.name:
        wrong = {"confirmation": f"Type {token.name}, the token's name, to revoke it."}
        return _render(visit, token, wrong)
    await visit.services.tokens.revoke(
        token.id, organization_id=visit.organization.id, by=visit.someone.id
    )
    return visit.redirect(
        visit.href("settings/tokens"),
        f"{token.name} is revoked: requests with it get a 401.",
    )


async def _get(visit: Visit) -> Token:
    """The token of the path, which is valid still, or was until it expired."""
    token_id = visit.place_id("token_id")
    if token_id is None:
        raise NoSuchPage
    token = await visit.services.tokens.get(visit.organization.id, token_id)
    if token.revoked_at is not None:
        raise NoSuchPage
    return token


def _find_mistakes(name: str, scopes: list[str]) -> dict[str, str]:
    wrong = {}
    if not name:
        wrong["name"] = "Give the token a name that says what uses it."
    elif len(name) > _MAX_NAME or "\0" in name:
        wrong["name"] = f"A name has at most {_MAX_NAME} characters."
    if not scopes:
        wrong["scopes"] = "Tick at least one scope: a token without any could do nothing."
    elif not set(scopes) <= set(access.SCOPES):
        wrong["scopes"] = "Choose among the scopes below."
    return wrong


def _groups() -> tuple[list[Group], list[Group]]:
    """All scopes by resource: those of what this server has, and all others."""
    by_resource: dict[str, list[str]] = {}
    for scope in access.SCOPES:
        by_resource.setdefault(scope.partition(":")[0], []).append(scope)
    served = [(_words(name), by_resource.pop(name)) for name in _SERVED]
    return served, [(_words(name), scopes) for name, scopes in sorted(by_resource.items())]


def _words(resource: str) -> str:
    return resource.replace("_", " ").capitalize()


def _render_new(visit: Visit, wrong: dict[str, str] | None = None) -> Response:
    served, others = _groups()
    return visit.render(
        "token_new.html",
        status=UNPROCESSABLE if wrong else 200,
        errors=wrong or {},
        # A form that is sent twice asks for the same token twice.
        id=visit.field_id("id") or uuid4(),
        name=visit.field("name"),
        expiries=[*((str(days), _span(days)) for days in _DAYS), (_NEVER, "No end")],
        expiry=visit.field("expiry") or _USUAL_DAYS,
        ticked=visit.fields("scopes") if wrong else access.USUAL_SCOPES,
        served=served,
        others=others,
    )


def _span(days: int) -> str:
    return "1 day" if days == 1 else "1 year" if days == 365 else f"{days} days"  # noqa: PLR2004


def _render(visit: Visit, token: Token, wrong: dict[str, str] | None = None) -> Response:
    served, others = _groups()
    is_typed = bool(wrong) and "confirmation" not in (wrong or {})
    return visit.render(
        "token.html",
        status=UNPROCESSABLE if wrong else 200,
        errors=wrong or {},
        token=token,
        name=visit.field("name") if is_typed else token.name,
        ticked=visit.fields("scopes") if is_typed else token.scopes,
        served=served,
        others=others,
    )

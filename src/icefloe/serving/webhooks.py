"""Webhook endpoints that `--webhook` names: made before the server listens, where missing."""

from typing import TYPE_CHECKING

import typer

from icefloe.domain.values.errors import ConfigurationError, NotPermitted, RulesBroken
from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.webhooks import EVENT_TYPES, NewWebhookEndpoint, WebhookEndpoint
from icefloe.domain.webhooks.endpoints import MAX_ENDPOINTS
from icefloe.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from icefloe.domain.seeds import Seed
    from icefloe.services import Services

_NO_ORGANIZATION = (
    "--webhook needs an organization to send from: begin with a --seed, or make one by"
    " `icefloe organizations create`"
)


def check(settings: Settings) -> None:
    """See that what is named are URLs. Raises ConfigurationError."""
    for url in settings.webhook:
        _standardise(url)


async def make(services: "Services", settings: Settings, seeds: "Sequence[Seed]") -> None:
    """Make the endpoints, and print the secret of each that is new.

    They are of the first organization of the seeds, or else of the oldest one, and for all events.

    Raises:
        ConfigurationError: there is no organization, or webhooks may not be sent to a URL.
    """
    if not settings.webhook:
        return
    organization_id = await _find_organization(services, seeds)
    for url in map(_standardise, dict.fromkeys(settings.webhook)):
        found = await _find(services, organization_id, url)
        if found is None:
            made = await _create(services, organization_id, url)
            typer.echo(f"webhook {url}: secret {made.secret}")
        else:
            typer.echo(f"webhook {url}: as before{'' if found.enabled else ', disabled'}")


async def _find_organization(services: "Services", seeds: "Sequence[Seed]") -> "UUID":
    for seed in seeds:
        for organization in seed.organizations:
            return organization.id
    for oldest in await services.organizations.find_all(limit=1):
        return oldest.id
    raise ConfigurationError(_NO_ORGANIZATION)


async def _find(services: "Services", organization_id: "UUID", url: str) -> WebhookEndpoint | None:
    """The endpoint with that URL."""
    page = PageRequest(limit=MAX_ENDPOINTS)
    found, _ = await services.webhook_endpoints.find_page(organization_id, page)
    return next((endpoint for endpoint in found if endpoint.url == url), None)


async def _create(services: "Services", organization_id: "UUID", url: str) -> WebhookEndpoint:
    new = NewWebhookEndpoint(url=url, format="raw", events=EVENT_TYPES)
    try:
        return await services.webhook_endpoints.create(organization_id, new)
    except (RulesBroken, NotPermitted) as error:
        raise ConfigurationError(f"webhook {url}: {error}") from error


def _standardise(url: str) -> str:
    """The URL as it is stored. Raises ConfigurationError for none."""
    from icefloe.exchange import webhooks

    try:
        return webhooks.standardise(url)
    except ValueError as error:
        raise ConfigurationError(f"webhook: {url!r} is {error}") from error

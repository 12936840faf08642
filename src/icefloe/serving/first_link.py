"""The link that makes the first person, as long as no person can sign in."""

from typing import TYPE_CHECKING

import typer

from icefloe.serving import address
from icefloe.settings import Settings

if TYPE_CHECKING:
    from icefloe.services import Services


async def find(services: "Services", settings: Settings) -> str | None:
    """The link; None where there is a person already, or no dashboard."""
    if not settings.dashboard:
        return None
    token = await services.people.find_first_token()
    if token is None:
        return None
    return f"{address.public_url(settings)}/dashboard/first/{token}"


def show(link: str | None) -> None:
    """Print the link, if there is one: on standard output, as others read the log."""
    if link is not None:
        typer.echo(f"first person: {link}")

"""The link by which the first person comes in, while there is nobody who could sign in."""

from typing import TYPE_CHECKING

import typer

from icefloe.serving import address
from icefloe.settings import Settings

if TYPE_CHECKING:
    from icefloe.services import Services


async def find(services: "Services", settings: Settings) -> str | None:
    """The link; None where there is somebody, or there are no pages for people."""
    if not settings.dashboard:
        return None
    token = await services.people.find_first_token()
    if token is None:
        return None
    return f"{address.public_url(settings)}/dashboard/first/{token}"


def show(link: str | None) -> None:
    """Print the link, if there is one; on standard output, for others read the log."""
    if link is not None:
        typer.echo(f"first person: {link}")

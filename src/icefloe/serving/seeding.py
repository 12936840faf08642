"""The seeds of a server: read before anything is opened, planted and printed before it listens."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import typer

from icefloe.settings import Settings

if TYPE_CHECKING:
    from icefloe.domain.seeds import PlantedOrganization, Seed
    from icefloe.services import Services


def read_seeds(settings: Settings) -> list["Seed"]:
    """The seeds that are set. Raises ConfigurationError: says what is wrong, and on which line."""
    if not settings.seed:
        return []
    from icefloe.exchange import seeds

    return [seeds.load(path) for path in settings.seed]


async def plant(services: "Services", seeds: Iterable["Seed"]) -> None:
    """Make whatever the seeds have and the database has not; print what there is."""
    for seed in seeds:
        for planted in await services.seeds.plant(seed):
            typer.echo(_render(planted))


def _render(planted: "PlantedOrganization") -> str:
    there = planted.customers - planted.added
    counted = f"{planted.customers:,}" + (f" ({there:,} of them there before)" if there else "")
    rows: Sequence[tuple[str, object]] = [
        ("organization", planted.organization.id),
        ("customers", counted),
        *((f"token {_shown(token.name)}", token.value) for token in planted.tokens),
        *((f"webhook {_shown(one.name or one.url)}", one.secret) for one in planted.webhooks),
    ]
    width = max(len(name) for name, _ in rows)
    lines = (f"  {name:{width}}  {value}" for name, value in rows)
    return "\n".join(["", f"{_shown(planted.organization.name)}:", "", *lines])


def _shown(name: str) -> str:
    """A name without what would steer a terminal."""
    return "".join(character if character.isprintable() else "?" for character in name)

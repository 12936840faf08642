"""`icefloe demo`."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from icefloe.cli import options
from icefloe.domain.values import errors

if TYPE_CHECKING:
    from icefloe.domain.entries import Entry
    from icefloe.services import Services
    from icefloe.settings import Settings

_TOKEN_NAME = "demo"  # noqa: S105 - its name, not the token


def demo(
    *,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
    database: Annotated[
        str | None,
        typer.Option(
            help="The database of the sample; a file of its own unless given.", metavar="URL"
        ),
    ] = None,
    webhook: Annotated[
        list[str] | None,
        typer.Option(help="Where to send what happens; may be given again.", metavar="URL"),
    ] = None,
) -> None:
    """Serve 1,000 sample customers until stopped with Ctrl-C."""
    import platformdirs

    from icefloe.cli import work
    from icefloe.serving import address, server

    file = database or str(platformdirs.user_data_path("icefloe") / "demo.db")
    wanted = options.read_settings(
        host=host, port=port, database=file, webhook=tuple(webhook) if webhook else None
    )
    with contextlib.ExitStack() as cleanup:
        settings = address.take(wanted, cleanup)
        made, token = work.run(settings, lambda services: _prepare(services, settings))
        typer.echo(_welcome(settings, token, made=made))
        server.run(settings, cleanup)


async def _prepare(services: "Services", settings: "Settings") -> tuple[bool, str]:
    """Make the sample if it is missing; returns whether it was missing, and a token for it."""
    from icefloe.domain.values.imports import OnConflict
    from icefloe.sample import customers as sample

    with contextlib.suppress(errors.Duplicate):
        await services.organizations.create(
            sample.ORGANIZATION_NAME,
            organization_id=sample.ORGANIZATION_ID,
            slug=sample.ORGANIZATION_SLUG,
        )
    # Completes a sample that an interrupted demo left; changes made since stay.
    report = await services.imports.run(
        sample.ORGANIZATION_ID, _entries, on_conflict=OnConflict.SKIP
    )
    made = report.added > 0
    return made, await _token(services, settings)


def _entries() -> Iterator["Entry"]:
    from icefloe.exchange import records
    from icefloe.sample import customers as sample

    for number, customer in enumerate(sample.customers(), start=1):
        yield records.read_entry(f"sample {number}", customer)


async def _token(services: "Services", settings: "Settings") -> str:
    """The demo's token. It follows from the secret, so that it is the same each time."""
    from icefloe.assembly import read_secret
    from icefloe.domain import tokens
    from icefloe.domain.values import access, numbers
    from icefloe.sample import customers as sample

    value = tokens.generate(numbers.drawn_from(read_secret(settings), _TOKEN_NAME))
    try:
        await services.tokens.authenticate(value)
    except errors.AuthenticationFailed:
        await services.tokens.create(
            sample.ORGANIZATION_ID, _TOKEN_NAME, access.USUAL_SCOPES, value=value
        )
    return value


def _welcome(settings: "Settings", token: str, *, made: bool) -> str:
    from icefloe import database_url
    from icefloe.sample import customers as sample
    from icefloe.serving import address

    url = address.public_url(settings)
    pages = f"{url}/dashboard" if settings.dashboard else "none"
    state = "made" if made else "the same as before"
    return f"""
{sample.ORGANIZATION_NAME}: 1,000 sample customers ({state}).

  URL           {url}   (for people: {url}/docs)
  dashboard     {pages}
  organization  {sample.ORGANIZATION_ID}
  token         {token}

With curl:

  curl -H 'Authorization: Bearer {token}' '{url}/v1/customers/?limit=3'

With polar-sdk 0.x:

  from polar_sdk import Polar

  with Polar(server_url="{url}", access_token="{token}") as polar:
      res = polar.customers.list(organization_id="{sample.ORGANIZATION_ID}", page=1, limit=10)
      while res is not None:
          for customer in res.result.items:
              print(customer.name, customer.email)
          res = res.next()

With polar-sdk 1.x:

  from polar.v2026_10 import Polar

  polar = Polar("{token}", base_url="{url}")
  for customer in polar.customers.iter_list(limit=100):
      print(customer.name, customer.email)

Ctrl-C stops the server; the data stays in {database_url.without_password(settings.database)}.
"""

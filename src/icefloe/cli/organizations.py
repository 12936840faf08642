"""`icefloe organizations`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from icefloe.cli import options, output
from icefloe.domain.values import errors

if TYPE_CHECKING:
    from icefloe.domain.values.organizations import Organization

app = typer.Typer(
    no_args_is_help=True, help="Organizations: each has its own customers and tokens."
)


@app.command(name="create")
def create_organization(
    name: Annotated[str, typer.Argument(help="Its name, for people.")],
    *,
    organization_id: Annotated[
        str | None, typer.Option("--id", help="Its id; a new one unless given.", metavar="UUID")
    ] = None,
    slug: Annotated[
        str | None, typer.Option(help="Its short name: lower-case words joined by hyphens.")
    ] = None,
    database: options.Database = None,
    as_json: options.AsJson = False,
) -> None:
    """Make an organization."""
    from icefloe.cli import work

    wanted = None if organization_id is None else options.read_uuid4(organization_id, "id")
    try:
        made = work.run(
            options.read_settings(database=database),
            lambda services: services.organizations.create(name, organization_id=wanted, slug=slug),
        )
    except errors.Duplicate as error:
        raise errors.ConfigurationError(
            f"there is an organization with that {error.field} already"
        ) from error
    if as_json:
        output.print_json(_describe(made))
    else:
        typer.echo(f"{made.id}  {made.name} ({made.slug})")


@app.command(name="list")
def list_organizations(
    *, database: options.Database = None, as_json: options.AsJson = False
) -> None:
    """List the organizations."""
    from icefloe.cli import work

    found = work.run(
        options.read_settings(database=database), lambda services: services.organizations.find_all()
    )
    if as_json:
        output.print_json([_describe(organization) for organization in found])
    else:
        output.print_table(
            ["ID", "Name", "Slug", "Created"],
            [(o.id, o.name, o.slug, f"{o.created_at:%Y-%m-%d %H:%M}") for o in found],
            empty="There is no organization yet: icefloe organizations create NAME",
        )


def _describe(organization: "Organization") -> dict[str, Any]:
    """What programs are told of an organization; its settings are the API's."""
    names = ("id", "name", "slug", "created_at")
    return {name: getattr(organization, name) for name in names}

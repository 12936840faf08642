"""`icefloe tokens`."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icefloe.cli import options, output
from icefloe.domain.values import errors

if TYPE_CHECKING:
    from icefloe.domain.values.tokens import Token

app = typer.Typer(no_args_is_help=True, help="Organization access tokens.")


@app.command(name="create")
def create_token(
    *,
    organization: Annotated[str, typer.Option(help="In whose name it speaks.", metavar="UUID")],
    name: Annotated[str, typer.Option(help="Its name, for people.")],
    scope: Annotated[
        list[str], typer.Option(help="What it allows, such as customers:read; repeat for more.")
    ],
    expires_in: Annotated[
        str | None, typer.Option(help="How long it is valid, such as 30d or 12h.")
    ] = None,
    expires_at: Annotated[
        str | None, typer.Option(help="Until when it is valid, such as 2027-01-31T12:00:00Z.")
    ] = None,
    database: options.Database = None,
    as_json: options.AsJson = False,
) -> None:
    """Make a token. It is shown once; only its hash is stored."""
    from icefloe.cli import work

    if expires_in is not None and expires_at is not None:
        raise errors.ConfigurationError("give --expires-in or --expires-at, not both")
    until = None if expires_at is None else options.read_moment(expires_at)
    if expires_in is not None:
        until = options.read_time_from_now(expires_in)
    organization_id = options.read_uuid(organization, "organization")
    token, shown_once = work.run(
        options.read_settings(database=database),
        lambda services: services.tokens.create(organization_id, name, scope, expires_at=until),
    )
    if as_json:
        output.print_json({**_known(token), "token": shown_once})
    else:
        typer.echo(shown_once)
        typer.echo(f"Token {token.id}. Keep it safe: it is not shown again.", err=True)


@app.command(name="list")
def list_tokens(
    *,
    organization: Annotated[
        str | None, typer.Option(help="Only this organization's.", metavar="UUID")
    ] = None,
    database: options.Database = None,
    as_json: options.AsJson = False,
) -> None:
    """List the tokens, without the tokens themselves."""
    from icefloe.cli import work

    wanted = None if organization is None else options.read_uuid(organization, "organization")
    found = work.run(
        options.read_settings(database=database), lambda services: services.tokens.find_all(wanted)
    )
    if as_json:
        output.print_json([_known(token) for token in found])
    else:
        output.print_table(
            ["ID", "Name", "Scopes", "Expires", "Last used", "State"],
            [
                (
                    token.id,
                    token.name,
                    " ".join(token.scopes),
                    "never" if token.expires_at is None else _shown(token.expires_at),
                    "never" if token.last_used_at is None else _shown(token.last_used_at),
                    _state(token),
                )
                for token in found
            ],
            empty="There is no token yet: icefloe tokens create --help",
        )


@app.command(name="revoke")
def revoke_token(
    token_id: Annotated[str, typer.Argument(help="The token's id, as `tokens list` shows it.")],
    *,
    database: options.Database = None,
) -> None:
    """Make a token invalid, at once."""
    from icefloe.cli import work

    wanted = options.read_uuid(token_id, "token")
    work.run(
        options.read_settings(database=database), lambda services: services.tokens.revoke(wanted)
    )
    typer.echo(f"Token {wanted} is revoked.")


def _known(token: "Token") -> dict[str, Any]:
    """What may be shown of a token: everything but its hash."""
    return {
        "id": token.id,
        "organization_id": token.organization_id,
        "name": token.name,
        "scopes": token.scopes,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    }


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _state(token: "Token") -> str:
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at is not None and token.expires_at <= datetime.now(UTC):
        return "expired"
    return "valid"

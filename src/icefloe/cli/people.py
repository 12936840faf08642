"""`icefloe people`."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icefloe.cli import options, output
from icefloe.domain.values import errors

if TYPE_CHECKING:
    from icefloe.domain.values.memberships import Role
    from icefloe.domain.values.organizations import Organization
    from icefloe.domain.values.people import Person
    from icefloe.services import Services

app = typer.Typer(no_args_is_help=True, help="People who may sign in to the dashboard.")

Email = Annotated[str, typer.Argument(help="The person's address.")]
Organizations = Annotated[
    list[str] | None,
    typer.Option(
        "--organization", help="An organization to join; may be given again.", metavar="UUID"
    ),
]
WithRole = Annotated[str, typer.Option("--role", help="The role there: owner or member.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


@app.command(name="create")
def create_person(
    email: Email,
    *,
    name: Annotated[str | None, typer.Option(help="What to call the person.")] = None,
    organization: Organizations = None,
    role: WithRole = "owner",
    password_stdin: PasswordStdin = False,
    database: options.Database = None,
    as_json: options.AsJson = False,
) -> None:
    """Add a person, whose password is asked for."""
    from icefloe.cli import work

    chosen = _read_role(role)
    roles = {options.read_uuid(one, "organization"): chosen for one in organization or ()}
    password = _read_password(password_stdin)
    try:
        made = work.run(
            options.read_settings(database=database),
            lambda services: services.people.create(email, password, name=name or "", roles=roles),
        )
    except errors.Duplicate as error:
        raise errors.ConfigurationError(f"there is a person with the address {email}") from error
    if as_json:
        output.print_json(_known(made))
    else:
        typer.echo(f"{made.id}  {made.email}")


@app.command(name="join")
def join_organizations(
    email: Email,
    *,
    organization: Annotated[
        list[str],
        typer.Option(
            "--organization", help="An organization to join; may be given again.", metavar="UUID"
        ),
    ],
    role: WithRole = "owner",
    database: options.Database = None,
) -> None:
    """Add a person to organizations, or change the role there."""
    from icefloe.cli import work

    chosen = _read_role(role)
    wanted = [options.read_uuid(one, "organization") for one in organization]

    async def join(services: "Services") -> None:
        person = await _find(services, email)
        for organization_id in wanted:
            try:
                await services.memberships.add(organization_id, person.id, chosen)
            except errors.Duplicate:
                await services.memberships.change_role(organization_id, person.id, chosen)

    work.run(options.read_settings(database=database), join)
    typer.echo(f"{email} is {chosen} there.")


@app.command(name="list")
def list_people(*, database: options.Database = None, as_json: options.AsJson = False) -> None:
    """List the people, and the organizations they are in."""
    from icefloe.cli import work

    async def find(
        services: "Services",
    ) -> "list[tuple[Person, list[tuple[Organization, Role]]]]":
        return [
            (person, await services.memberships.find_of_person(person.id))
            for person in await services.people.find_all()
        ]

    found = work.run(options.read_settings(database=database), find)
    if as_json:
        output.print_json(
            [
                {
                    **_known(person),
                    "organizations": [
                        {"id": organization.id, "slug": organization.slug, "role": role}
                        for organization, role in joined
                    ],
                }
                for person, joined in found
            ]
        )
    else:
        output.print_table(
            ["E-mail", "Name", "Organizations", "Added"],
            [
                (
                    person.email,
                    person.name or None,
                    ", ".join(f"{one.slug} ({role})" for one, role in joined) or None,
                    f"{person.created_at:%Y-%m-%d %H:%M}",
                )
                for person, joined in found
            ],
            empty="There are no people yet: `icefloe serve` shows a link for the first person.",
        )


@app.command(name="remove")
def remove_person(email: Email, *, database: options.Database = None) -> None:
    """Remove a person, who is signed out at once."""
    from icefloe.cli import work

    async def remove(services: "Services") -> None:
        await services.people.remove((await _find(services, email)).id)

    work.run(options.read_settings(database=database), remove)
    typer.echo(f"{email} is removed.")


@app.command(name="reset-password")
def reset_password(
    email: Email, *, password_stdin: PasswordStdin = False, database: options.Database = None
) -> None:
    """Set another password, which is asked for.

    The person is signed out everywhere.
    """
    from icefloe.cli import work

    password = _read_password(password_stdin)

    async def reset(services: "Services") -> None:
        await services.people.reset_password((await _find(services, email)).id, password)

    work.run(options.read_settings(database=database), reset)
    typer.echo(f"{email} has another password, and is signed out everywhere.")


async def _find(services: "Services", email: str) -> "Person":
    found = await services.people.find_by_email(email)
    if found is None:
        raise errors.PersonNotFound(f"no person has the address {email}: icefloe people list")
    return found


def _read_role(role: str) -> "Role":
    if role == "owner":
        return "owner"
    if role == "member":
        return "member"
    raise errors.ConfigurationError(f"{role!r} is not a role; use owner or member")


def _read_password(from_stdin: bool) -> str:  # noqa: FBT001 - the option's own value
    """The password: a line of standard input, or what is typed twice on the terminal."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise errors.ConfigurationError(
            "a password is asked for on a terminal; elsewhere, use --password-stdin"
        )
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


def _known(person: "Person") -> dict[str, Any]:
    """What may be shown of a person: everything but the password's hash."""
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "created_at": person.created_at,
    }

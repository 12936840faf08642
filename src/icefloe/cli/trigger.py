"""`icefloe trigger`."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import typer

from icefloe.cli import options, output
from icefloe.domain.values import errors

Organization = Annotated[str, typer.Option(help="Whose endpoints are sent it.", metavar="UUID")]


def trigger(
    event: Annotated[str, typer.Argument(help="What it tells of, such as customer.updated.")],
    *,
    organization: Organization,
    customer: Annotated[
        str | None,
        typer.Option(help="Which customer, by id or external id; a sample unless given."),
    ] = None,
    member: Annotated[
        str | None, typer.Option(help="Which member, by id; external id with --customer.")
    ] = None,
    database: options.Database = None,
    as_json: options.AsJson = False,
) -> None:
    """Cause a webhook about what exists.

    One about a deletion deletes.
    """
    from icefloe.cli import work
    from icefloe.domain.webhooks import triggers

    kind = triggers.read_type(event)
    organization_id = options.read_uuid(organization, "organization")
    try:
        done = work.run(
            options.read_settings(database=database),
            lambda services: services.triggers.run(
                organization_id, kind, customer=_read_name(customer), member=_read_name(member)
            ),
        )
    except errors.RulesBroken as error:
        raise errors.InvalidValue(str(error)) from error
    if as_json:
        output.print_json(asdict(done))
        return
    about = [
        *([] if done.customer_id is None else [f"customer {done.customer_id}"]),
        *([] if done.member_id is None else [f"member {done.member_id}"]),
    ]
    typer.echo(": ".join([done.type, ", ".join(about) or f"organization {organization_id}"]))
    if not done.endpoints:
        typer.echo(
            f"No endpoint of the organization gets {done.type}; `icefloe listen` prints it.",
            err=True,
        )


def _read_name(text: str | None) -> UUID | str | None:
    """An id if it has the form of one, else an external id."""
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError:
        return text

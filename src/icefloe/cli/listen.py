"""`icefloe listen`."""

import contextlib
import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from icefloe.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from icefloe.exchange.webhook_streams import (
        Forwarded,
        Forwarder,
        HeardWebhook,
        Listener,
    )

    Hear = Callable[[HeardWebhook], None]

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0


def listen(
    *,
    url: Annotated[
        str, typer.Option(help="Where the API is: a server of Icefloe's, or Polar's.")
    ] = ("http://127.0.0.1:8000"),
    token: Annotated[
        str, typer.Option(help="A token of the organization.", envvar="ICEFLOE_TOKEN")
    ],
    organization: Annotated[
        str | None,
        typer.Option(help="Whose webhooks; that of the token unless given.", metavar="UUID"),
    ] = None,
    forward: Annotated[
        str | None,
        typer.Option(
            help="Where they are sent on, such as http://localhost:3000/api/webhooks.",
            metavar="URL",
        ),
    ] = None,
    events: Annotated[
        list[str] | None,
        typer.Option(help="Only this type of webhook; may be given again.", metavar="TYPE"),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Print webhooks as they happen, and forward them.

    They are those of one organization, and are forwarded to an application.
    """
    from icefloe.cli.webhooks import read_event_type
    from icefloe.exchange.webhook_streams import Forwarder, Listener

    wanted = frozenset(read_event_type(one) for one in events or ())
    named = None if organization is None else options.read_uuid(organization, "organization")
    with contextlib.ExitStack() as cleanup:
        cleanup.enter_context(contextlib.suppress(KeyboardInterrupt))  # the usual end
        forwarder = None if forward is None else Forwarder(forward)
        if forwarder is not None:
            cleanup.callback(forwarder.close)
        listener = cleanup.enter_context(contextlib.closing(Listener(url, token)))

        def hear(webhook: "HeardWebhook") -> None:
            if not wanted or webhook.type in wanted:
                _hear(webhook, forwarder, as_json=as_json)

        _listen(listener, named or listener.find_organization(), hear)


def _listen(listener: "Listener", organization_id: "UUID", hear: "Hear") -> None:
    """Listen for ever. When the stream is lost it is opened again, after ever longer pauses.

    Raises:
        ConfigurationError: the server refuses it, or cannot be reached at the beginning.
    """
    from icefloe.domain.values.errors import ConfigurationError
    from icefloe.exchange.webhook_streams import Connected, StreamLost

    has_connected, pause = False, _FIRST_PAUSE_SECONDS
    while True:
        try:
            for told in listener.listen(organization_id):
                if isinstance(told, Connected):
                    has_connected, pause = True, _FIRST_PAUSE_SECONDS
                    typer.echo(f"Listening. The webhooks' secret: {told.secret}", err=True)
                else:
                    hear(told)
        except StreamLost as error:
            if not has_connected:
                raise ConfigurationError(str(error)) from error
            typer.echo(f"{error}; trying again in {pause:g} s", err=True)
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _hear(webhook: "HeardWebhook", forwarder: "Forwarder | None", *, as_json: bool) -> None:
    """Forward a webhook, and print what became of it."""
    now = datetime.now(UTC)
    forwarded = None if forwarder is None else forwarder.forward(webhook)
    typer.echo((_render_json if as_json else _render)(webhook, forwarded, now))


def _render(webhook: "HeardWebhook", forwarded: "Forwarded | None", now: datetime) -> str:
    line = f"{now.astimezone():%H:%M:%S}  {webhook.type:22}  {webhook.subject:36}"
    if forwarded is None:
        return line.rstrip()
    outcome = forwarded.error if forwarded.http_code is None else str(forwarded.http_code)
    return f"{line}  {outcome}  {forwarded.milliseconds:.0f} ms"


def _render_json(webhook: "HeardWebhook", forwarded: "Forwarded | None", now: datetime) -> str:
    """One line, as further ones follow."""
    return json.dumps(
        {
            "time": now.isoformat(),
            "id": webhook.id,
            "type": webhook.type,
            "subject": webhook.subject,
            "headers": dict(webhook.headers),
            "body": webhook.body,
            "http_code": forwarded and forwarded.http_code,
            "error": forwarded and forwarded.error,
            "milliseconds": forwarded and round(forwarded.milliseconds, 3),
        },
        ensure_ascii=False,
    )

"""`icefloe serve`."""

import asyncio
import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from icefloe.cli import options, seeding
from icefloe.domain.errors import ConfigurationError, StorageUnavailable
from icefloe.settings import Settings, load, to_environment

if TYPE_CHECKING:
    from icefloe.api.app import Application
    from icefloe.assembly import Services
    from icefloe.domain.seeds import Seed

_STOP_SECONDS = 10


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
    database: options.Database = None,
    read_database: Annotated[
        list[str] | None,
        typer.Option(help="A hot standby that answers reads; may be given again.", metavar="URL"),
    ] = None,
    workers: Annotated[int | None, typer.Option(help="How many processes answer requests.")] = None,
    log_format: Annotated[
        str | None, typer.Option(help="text, json, or auto: text on a terminal.")
    ] = None,
    seed: Annotated[
        list[Path] | None,
        typer.Option(help="A file of customers to begin with; may be given again.", metavar="FILE"),
    ] = None,
) -> None:
    """Serve the API until stopped with Ctrl-C."""
    settings = options.read_settings(
        host=host,
        port=port,
        database=database,
        read_database=tuple(read_database) if read_database else None,
        workers=workers,
        log_format=log_format,
        seed=tuple(seed) if seed else None,
    )
    seeds = seeding.read_seeds(settings)
    check_port(settings)
    run_server(settings, seeds)


def check_port(settings: Settings) -> None:
    """See that the port is free before anything is opened. Raises ConfigurationError."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((settings.host, settings.port))
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on {settings.host}:{settings.port} ({error.strerror});"
                " choose another with --port"
            ) from error


def run_server(settings: Settings, seeds: Sequence["Seed"] = ()) -> None:
    """Serve until SIGINT or SIGTERM: one process by itself, several under a supervisor."""
    from icefloe.assembly import count_workers

    workers = count_workers(settings)
    if workers == 1:
        _serve_alone(settings, seeds)
    else:
        _serve_with_workers(settings, workers, seeds)


def _serve_alone(settings: Settings, seeds: Sequence["Seed"]) -> None:
    from granian.constants import Interfaces
    from granian.server.embed import Server

    from icefloe.assembly import create_app
    from icefloe.log import Log

    log = Log(settings.log_format)

    async def main() -> None:
        # Opened here, where a database that cannot be used is a line on the terminal.
        services = await _open(settings, seeds)
        server = Server(
            create_app(settings, log=log, services=services),
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            log_enabled=False,
            websockets=False,
        )
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signal_number, stopping.set)
        serving = asyncio.create_task(server.serve())
        log.event("listening", url=_url(settings))
        await asyncio.wait(
            {serving, asyncio.create_task(stopping.wait())}, return_when=asyncio.FIRST_COMPLETED
        )
        server.stop()  # type: ignore[no-untyped-call]  # Granian leaves it untyped
        # Requests under way are answered; a client that never ends its own is not waited for.
        done, _ = await asyncio.wait({serving}, timeout=_STOP_SECONDS)
        if not done:
            await services.stop()
        log.event("stopped")
        if not done:
            log.close()
            os._exit(0)
        await serving

    try:
        _run_loop(main())
    finally:
        log.close()


def _run_loop(main: Coroutine[None, None, None]) -> None:
    """Run on the fastest event loop the platform has."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


async def _open(settings: Settings, seeds: Sequence["Seed"]) -> "Services":
    """The services, over a database that has what the seeds say."""
    from icefloe.assembly import open_services

    services = await open_services(settings)
    try:
        await seeding.plant(services, seeds)
    except BaseException:
        await services.stop()
        raise
    return services


async def _open_and_stop(settings: Settings, seeds: Sequence["Seed"] = ()) -> None:
    await (await _open(settings, seeds)).stop()


def _serve_with_workers(settings: Settings, workers: int, seeds: Sequence["Seed"]) -> None:
    from granian import Granian
    from granian.constants import Interfaces

    from icefloe.log import Log

    # Made, migrated and found usable once, before several processes open it.
    asyncio.run(_open_and_stop(settings, seeds))
    # Workers are processes of their own: what was given on the command line reaches them so.
    os.environ |= to_environment(settings)
    os.register_at_fork(after_in_child=_forget_signal_handlers)
    log = Log(settings.log_format)
    log.event("listening", url=_url(settings), workers=workers)
    Granian(
        "icefloe.cli.serve:create_worker_app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=workers,
        workers_kill_timeout=_STOP_SECONDS,
        log_enabled=False,
        websockets=False,
    ).serve()
    # A worker that was ended while it started left its write-ahead log: whoever is last tidies up.
    # A database that has gone meanwhile has nothing of ours to be tidied, and stopping is no mistake.
    with contextlib.suppress(StorageUnavailable):
        asyncio.run(_open_and_stop(settings))
    log.event("stopped")
    log.close()


def _url(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def _forget_signal_handlers() -> None:
    """Let a signal end a worker that is still starting.

    It inherits the handlers of its parent, which would swallow the signal, and be waited for in vain.
    """
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, signal.SIG_DFL)


def create_worker_app() -> "Application":
    """The application of one worker process, by the settings in its environment."""
    from icefloe.assembly import create_app

    supervisor = os.getppid()
    threading.Thread(target=_end_with, args=(supervisor,), daemon=True).start()
    return create_app(load({}).settings)


def _end_with(supervisor: int) -> None:
    """End this process when its supervisor has gone, killed perhaps, which nobody else would."""
    while os.getppid() == supervisor:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)

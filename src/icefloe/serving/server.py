"""A running server: one process by itself, or several under a supervisor, until a signal ends it."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Coroutine, Sequence
from typing import Any

from icefloe import loading
from icefloe.asgi.types import Asgi
from icefloe.domain.seeds import Seed
from icefloe.domain.values.errors import StorageUnavailable
from icefloe.log import Log
from icefloe.services import Services
from icefloe.serving import address, connections, first_link, seeding, signals, webhooks
from icefloe.serving import tls as https
from icefloe.serving.ending import GRACE_SECONDS, Ending
from icefloe.settings import Settings, load, to_environment

_LOOK_SECONDS = 0.002


def run(settings: Settings, cleanup: contextlib.ExitStack, seeds: Sequence[Seed] = ()) -> None:
    """Serve until SIGINT or SIGTERM: one process by itself, several under a supervisor.

    Args:
        settings: what is in force.
        cleanup: is closed at the end, however the end comes.
        seeds: what must be there before the server listens.
    """
    with loading.modules():
        from icefloe.assembly import count_workers

    webhooks.check(settings)
    workers = count_workers(settings)
    log = Log(settings.log_format)
    options = _options(settings, log) | https.prepare(settings, cleanup)
    ending = Ending(cleanup.close)
    if workers == 1:
        _serve_alone(settings, options, ending, log, seeds)
    else:
        _serve_with_workers(settings, options, ending, log, workers, seeds)


def _options(settings: Settings, log: Log) -> dict[str, Any]:
    """What Granian is started with; says where the machine allows fewer connections than are set."""
    open_files = connections.raise_open_files()
    count = connections.count(settings, open_files)
    if count < settings.connections:
        log.event("connections limited", connections=count, open_files=open_files)
    return connections.options(settings, count)


def _serve_alone(
    settings: Settings, options: dict[str, Any], ending: Ending, log: Log, seeds: Sequence[Seed]
) -> None:
    from icefloe.assembly import create_app

    with loading.modules():
        from granian.server.embed import Server

    async def main() -> None:
        # Opened here, where a database that cannot be used is a line on the terminal.
        services = await _open(settings, seeds, log)
        link = await first_link.find(services, settings)
        server = Server(create_app(settings, log=log, services=services), **options)
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        ending.begin_on_signals(lambda: loop.call_soon_threadsafe(stopping.set))
        connections.end_unread(settings)
        serving = asyncio.create_task(server.serve())
        if await _is_listening(settings, serving):
            # A program that waits for this line may send requests at once.
            first_link.show(link)
            log.event("listening", url=address.url(settings))
            log.flush()
        await asyncio.wait(
            {serving, asyncio.create_task(stopping.wait())}, return_when=asyncio.FIRST_COMPLETED
        )
        services.ending.set()
        server.stop()  # type: ignore[no-untyped-call]  # Granian leaves it untyped
        # Requests under way are answered; a client that never ends its own is not waited for.
        done, _ = await asyncio.wait({serving}, timeout=GRACE_SECONDS)
        if not done:
            await services.stop()
        log.event("stopped")
        if not done:
            log.close()
            ending.clean_up()
            os._exit(0)
        await serving

    try:
        run_loop(main())
    finally:
        log.close()


async def _is_listening(settings: Settings, serving: asyncio.Task[None]) -> bool:
    """Wait until the server accepts connections or has ended; whether it listens."""
    while not serving.done():
        if address.is_listened_on(settings):
            return True
        await asyncio.sleep(_LOOK_SECONDS)
    return False


def run_loop(main: Coroutine[None, None, None]) -> None:
    """Run on the fastest event loop the platform has."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


async def _open(settings: Settings, seeds: Sequence[Seed], log: Log | None = None) -> Services:
    """The services, over a database that has what the seeds and the settings say."""
    from icefloe.assembly import open_services

    with loading.modules():  # those of the database's engine
        services = await open_services(settings, log=log)
    try:
        await seeding.plant(services, seeds)
        await webhooks.make(services, settings, seeds)
    except BaseException:
        await services.stop()
        raise
    return services


async def _open_and_stop(settings: Settings, seeds: Sequence[Seed] = ()) -> str | None:
    """Make the database ready; returns the first person's link, if there is no person."""
    services = await _open(settings, seeds)
    try:
        return await first_link.find(services, settings)
    finally:
        await services.stop()


def _serve_with_workers(
    settings: Settings,
    options: dict[str, Any],
    ending: Ending,
    log: Log,
    workers: int,
    seeds: Sequence[Seed],
) -> None:
    from granian import Granian

    # Made, migrated and found usable once, before several processes open it.
    link = asyncio.run(_open_and_stop(settings, seeds))
    # Workers are processes of their own: what was given on the command line reaches them so.
    os.environ |= to_environment(settings)
    os.register_at_fork(after_in_child=signals.forget_handlers)
    stopped = threading.Event()

    def tell() -> None:
        while not address.is_listened_on(settings):
            if stopped.wait(_LOOK_SECONDS):
                return
        first_link.show(link)
        log.event("listening", url=address.url(settings), workers=workers)
        log.flush()

    telling = threading.Thread(target=tell, name="icefloe-listening")
    telling.start()
    try:
        server = Granian(
            "icefloe.serving.server:create_worker_app",
            factory=True,
            workers=workers,
            workers_kill_timeout=GRACE_SECONDS,
            **options,
        )
        # Granian has set handlers of its own by then, and has not started a worker yet.
        server.on_startup(lambda: ending.begin_on_signals(server.signal_handler_interrupt))
        server.serve()
    finally:
        stopped.set()
        telling.join()
    # A worker that was ended while it started left its write-ahead log: opening the database once more
    # cleans that up. A database that has gone meanwhile needs none of it, and is no reason to fail.
    with contextlib.suppress(StorageUnavailable):
        asyncio.run(_open_and_stop(settings.model_copy(update={"webhook": ()})))
    log.event("stopped")
    log.close()


def create_worker_app() -> Asgi:
    """The application of one worker process, by the settings in its environment."""
    from icefloe.assembly import create_app

    # The supervisor bounds a worker's end, unless it was killed itself.
    signals.end_with_parent(Ending(lambda: None).begin)
    settings = load({}).settings
    connections.end_unread(settings)
    return create_app(settings, on_open=_end_with_worker)


def _end_with_worker(services: Services) -> None:
    """Have a worker's answers without an end of their own end when it is asked to end."""
    loop = asyncio.get_running_loop()
    signals.tell_of_end(lambda: loop.call_soon_threadsafe(services.ending.set))

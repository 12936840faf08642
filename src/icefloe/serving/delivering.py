"""A process that sends webhooks and serves nothing, until a signal ends it."""

import asyncio

from icefloe.log import Log
from icefloe.serving import server
from icefloe.serving.ending import Ending
from icefloe.settings import Settings


def run(settings: Settings) -> None:
    """Deliver until SIGINT or SIGTERM.

    Raises:
        ConfigurationError: the settings cannot be used.
        StorageUnavailable: the database cannot be opened.
    """
    log = Log(settings.log_format)
    try:
        server.run_loop(_deliver(settings, log, Ending(lambda: None)))
    finally:
        log.close()


async def _deliver(settings: Settings, log: Log, ending: Ending) -> None:
    from icefloe.assembly import make_courier, open_services

    services = await open_services(settings, log=log)
    try:
        services.courier = make_courier(services, settings, log)
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        ending.begin_on_signals(lambda: loop.call_soon_threadsafe(stopping.set))
        await services.start(log)
        log.event("delivering")
        log.flush()
        await stopping.wait()
    finally:
        await services.stop()
    log.event("stopped")

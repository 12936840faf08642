"""Running a command's work on the services, which are closed however it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from icefloe.assembly import open_services
from icefloe.services import Services
from icefloe.settings import Settings

T = TypeVar("T")


def run(settings: Settings, work: Callable[[Services], Awaitable[T]]) -> T:
    """The result of `work` on the services over the settings' database."""

    async def main() -> T:
        services = await open_services(settings)
        try:
            return await work(services)
        finally:
            await services.stop()

    return asyncio.run(main())

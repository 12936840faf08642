"""A receiver of webhooks that does as little as it can: every request is answered with 200.

python benchmarks/receiver.py PORT
"""

import asyncio
import re
import sys
from typing import cast

import uvloop

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r", re.IGNORECASE)
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Receiver(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._came = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._came += data
        while (end := self._came.find(_HEAD_END)) >= 0:
            found = _LENGTH.search(self._came, 0, end + 2)
            size = end + len(_HEAD_END) + (int(found[1]) if found else 0)
            if len(self._came) < size:
                return
            self._came = self._came[size:]
            if self._transport is not None:
                self._transport.write(_ANSWER)


async def main() -> None:
    """Receive until killed."""
    await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", int(sys.argv[1]))
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())

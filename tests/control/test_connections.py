"""Connections that end from inside the application, as clients see it."""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from control.around import CUSTOMERS, Running, World, running_server
from icefloe.control.faults import connections
from icefloe.control.faults.connections import ConnectionNotFound, Ending
from icefloe.control.messages import BufferedRequest, BufferedResponse
from support import ask_raw

pytestmark = pytest.mark.processes

NO_ANSWER = "Server disconnected without sending a response."
CUT = "peer closed connection without sending complete message body"
_WAIT_SECONDS = 120


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server for all tests here."""
    with running_server(tmp_path_factory.mktemp("around")) as running:
        yield running


@pytest.fixture
def world(running: Running) -> World:
    """An organization with one customer."""
    made = running.make_world()
    made.make()
    return made


def count_open_files() -> int:
    """How many files this process has open: the server's and the client's ends alike."""
    return len(os.listdir("/dev/fd"))  # noqa: PTH208 - a path of a file that is open leads elsewhere


async def ask_many(world: World, count: int) -> list[str]:
    """What many requests at once end in."""
    async with httpx.AsyncClient(
        base_url=world.url,
        headers=world.headers,
        timeout=120,
        verify=False,  # noqa: S501 - the server speaks plain HTTP
        limits=httpx.Limits(max_connections=50),
    ) as client:

        async def ask() -> str:
            try:
                return str((await client.get(CUSTOMERS)).status_code)
            except httpx.RemoteProtocolError as error:
                return str(error)

        return await asyncio.gather(*(ask() for _ in range(count)))


class TestDrop:
    """A connection that ends without an answer."""

    @pytest.mark.parametrize("connection", ["keep-alive", "close"])
    def test_no_answer(self, world: World, connection: str) -> None:
        """The client hears nothing at all."""
        world.add(kind="drop")

        with pytest.raises(httpx.RemoteProtocolError, match=NO_ANSWER):
            world.get(headers={"Connection": connection})

    def test_not_one_byte(self, world: World) -> None:
        """Nothing is sent on the connection, and it is over."""
        world.add(kind="drop")

        request = (
            f"GET {CUSTOMERS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.token}\r\n\r\n"
        )
        assert ask_raw(world.url, request.encode()) == b""

    def test_on_a_connection_that_was_kept(self, world: World) -> None:
        """A connection that has answered before ends as well, and the client goes on with another."""
        world.add(kind="drop", skip=1, times=1)

        with world.client() as client:
            assert client.get(CUSTOMERS).status_code == 200
            with pytest.raises(httpx.RemoteProtocolError, match=NO_ANSWER):
                client.get(CUSTOMERS)
            assert client.get(CUSTOMERS).status_code == 200

    def test_no_other_connection(self, world: World) -> None:
        """Other connections of the same client stay as they are."""
        world.add(kind="drop", path="/v1/customers/dropped")

        with world.client() as one, world.client() as other:
            assert one.get(CUSTOMERS).status_code == other.get(CUSTOMERS).status_code == 200
            with pytest.raises(httpx.RemoteProtocolError):
                one.get("/v1/customers/dropped")
            assert other.get(CUSTOMERS).status_code == 200

    def test_on_every_address(self, tmp_path: Path) -> None:
        """A server that listens on every address finds the connection too."""
        with running_server(tmp_path, address="0.0.0.0") as running:  # noqa: S104 - the case
            world = running.make_world()
            world.add(kind="drop")

            with pytest.raises(httpx.RemoteProtocolError, match=NO_ANSWER):
                world.get()

    def test_with_a_body_that_was_sent(self, world: World) -> None:
        """A large body that the client has sent is no obstacle."""
        world.add(kind="drop")

        with pytest.raises(httpx.RemoteProtocolError, match=NO_ANSWER):
            world.request("POST", CUSTOMERS, content=b"x" * 1_000_000)


class TestCut:
    """A connection that ends within an answer."""

    @pytest.mark.parametrize("connection", ["keep-alive", "close"])
    @pytest.mark.parametrize("at", [0, 0.5, 0.999])
    def test_part_of_the_body(self, world: World, connection: str, at: float) -> None:
        """The client gets the headers with the whole length, the part, and no more."""
        whole = world.get().content
        world.add(kind="cut", at=at)
        received = f"received {int(len(whole) * at)} bytes, expected {len(whole)}"

        with pytest.raises(httpx.RemoteProtocolError, match=rf"{CUT} \({received}\)"):
            world.get(headers={"Connection": connection})

    def test_what_was_sent_is_the_answers(self, world: World) -> None:
        """The headers and the part are those of the ordinary answer."""
        whole = world.get()
        world.add(kind="cut", at=0.25)
        request = (
            f"GET {CUSTOMERS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.token}\r\n\r\n"
        )

        head, _, part = ask_raw(world.url, request.encode()).partition(b"\r\n\r\n")

        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"content-length: %d" % len(whole.content) in head
        assert part == whole.content[: len(whole.content) // 4]

    def test_on_a_connection_that_was_kept(self, world: World) -> None:
        """A connection that has answered before ends as well, and the client goes on with another."""
        world.add(kind="cut", skip=1, times=1)

        with world.client() as client:
            assert client.get(CUSTOMERS).status_code == 200
            with pytest.raises(httpx.RemoteProtocolError, match=CUT):
                client.get(CUSTOMERS)
            assert client.get(CUSTOMERS).status_code == 200

    def test_large_answer(self, world: World) -> None:
        """Of an answer that no buffer holds, the part comes whole."""
        for number in range(2, 62):
            world.make(number, metadata={f"key{at}": "x" * 500 for at in range(50)})
        whole = world.get(params={"limit": 100}).content
        assert len(whole) > 1_500_000
        world.add(kind="cut", at=0.9)

        with pytest.raises(httpx.RemoteProtocolError, match=f"received {int(len(whole) * 0.9)} "):
            world.get(params={"limit": 100})


class TestMany:
    """Many connections that end at once."""

    @pytest.mark.parametrize(("kind", "ending"), [("drop", NO_ANSWER), ("cut", CUT)])
    def test_nothing_is_left_open(self, world: World, kind: str, ending: str) -> None:
        """All of them end, and none of their files stays open."""
        world.get()
        before = count_open_files()
        world.add(kind=kind)

        ends = asyncio.run(ask_many(world, 300))

        assert [end.startswith(ending) for end in ends] == [True] * 300
        deadline = time.monotonic() + _WAIT_SECONDS
        while count_open_files() > before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert count_open_files() <= before

    def test_shutdown(self, tmp_path: Path) -> None:
        """A server whose connections were ended stops as any other."""
        with running_server(tmp_path) as running:
            world = running.make_world()
            world.make()
            world.add(kind="drop", times=20)
            world.add(kind="cut")
            with world.client() as kept:
                assert kept.get("/healthz").status_code == 200
                ends = asyncio.run(ask_many(world, 40))
                running.stop()

        assert sum(end.startswith(NO_ANSWER) for end in ends) == 20
        assert sum(end.startswith(CUT) for end in ends) == 20


class TestNotFound:
    """A connection whose socket is not to be found."""

    @pytest.mark.parametrize(
        ("client", "server"),
        [(None, None), (("127.0.0.1", 1), None), (("127.0.0.1", 1), ("127.0.0.1", 2))],
    )
    def test_raises(self, client: tuple[str, int] | None, server: tuple[str, int] | None) -> None:
        """Nothing is sent, and the application hears of it."""
        request = BufferedRequest("GET", CUSTOMERS, b"", [], b"", client, server)
        sent: list[object] = []

        async def send(message: object) -> None:
            sent.append(message)

        with pytest.raises(ConnectionNotFound):
            asyncio.run(connections.end(Ending(), request, send))
        assert sent == []

    def test_a_cut_needs_none(self) -> None:
        """An answer is cut without looking for the socket."""
        request = BufferedRequest("GET", CUSTOMERS, b"", [], b"", None, None)
        response = BufferedResponse(200, [(b"content-length", b"4")], b"abcd")
        sent: list[object] = []

        async def send(message: object) -> None:
            sent.append(message)

        asyncio.run(connections.end(Ending(response, 3), request, send))
        assert sent[1:] == [{"type": "http.response.body", "body": b"abc", "more_body": True}]

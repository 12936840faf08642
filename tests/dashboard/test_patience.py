"""Who is signed in is known while the database is being written to for long."""

import asyncio
import threading
from pathlib import Path

from icefloe.domain.people.people import People
from icefloe.domain.people.sessions import Sessions
from icefloe.domain.ports.storage import Tables
from icefloe.storage.open import open_storage
from support import HeldTime, run


def test_a_page_does_not_wait_for_an_import(tmp_path: Path) -> None:
    """A session that is to be noted as used is found all the same, and noted once that is possible."""
    database, time = f"sqlite:///{tmp_path / 'data.db'}", HeldTime()
    ended = threading.Event()

    async def write_for_long(_: Tables) -> None:
        ended.wait()

    async def main() -> tuple[bool, bool]:
        store = await open_storage(database)
        try:
            people = People(store, time.clock, b"secret")
            sessions = Sessions(store, time.clock, b"secret")
            person = await people.create("ada@example.com", "the tide comes in at seven")
            shown = await sessions.begin(person, user_agent="")
            time.pass_by(minutes=5)
            writing = asyncio.ensure_future(store.write(write_for_long))
            found = await sessions.find(shown)
            was_busy = not writing.done()
            ended.set()
            await writing
            return found is not None and found[1].id == person.id, was_busy
        finally:
            ended.set()
            await store.close()

    assert run(main()) == (True, True)

"""Sessions: that a person is signed in, how it is kept, and until when."""

import asyncio
import hashlib
import hmac
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any, Never, cast
from uuid import UUID, uuid4

import pytest

from icefloe.domain.people.memberships import Memberships
from icefloe.domain.people.people import People
from icefloe.domain.people.sessions import AT_MOST, UNUSED_FOR, Sessions
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values import errors
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.people import Person
from support import Engine, HeldTime, add_person, run

SECRET = b"a secret of the tests"


class _Busy:
    """A storage that can be read only."""

    def __init__(self, store: Storage) -> None:
        self.read = store.read

    async def write(self, _: object) -> Never:
        raise errors.StorageUnavailable


@pytest.fixture
def sessions(store: Storage, time: HeldTime) -> Sessions:
    """The rules, on an empty storage."""
    return Sessions(store, time.clock, SECRET)


@pytest.fixture
def people(store: Storage, time: HeldTime) -> People:
    """The rules of people, on the same storage."""
    return People(store, time.clock, SECRET)


@pytest.fixture
def ada(store: Storage) -> Person:
    """A person."""
    return add_person(store, "ada")


def test_begin(sessions: Sessions, ada: Person, time: HeldTime) -> None:
    """Who is signed in is found by what the browser shows: 256 random bits."""
    value = run(sessions.begin(ada, user_agent="Browser/1.0"))

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", value)
    found = run(sessions.find(value))
    assert found is not None
    session, person = found
    assert person == ada
    assert (session.person_id, session.user_agent) == (ada.id, "Browser/1.0")
    assert (session.created_at, session.last_used_at) == (time.now, time.now)
    assert session.expires_at == time.now + UNUSED_FOR


def test_unknown(sessions: Sessions, ada: Person) -> None:
    """A person that was removed cannot be signed in."""
    with pytest.raises(errors.PersonNotFound):
        run(sessions.begin(replace(ada, id=uuid4()), user_agent=""))


def test_changed_password(sessions: Sessions, ada: Person, store: Storage) -> None:
    """A sign-in that was verified by a password that has changed since leaves no session."""
    run(store.write(lambda tables: tables.people.change_password(ada.id, "another hash")))

    with pytest.raises(errors.AuthenticationFailed, match="changed meanwhile"):
        run(sessions.begin(ada, user_agent=""))


def test_race_with_another_password(
    sessions: Sessions, people: People, ada: Person, engine: Engine
) -> None:
    """Whichever comes first, after a change of the password no session of the old one is left."""

    async def race() -> list[object]:
        other = await engine.open()
        try:
            elsewhere = Sessions(other, Clock(), SECRET)
            return await asyncio.gather(
                people.reset_password(ada.id, "no ordinary words 7"),
                *(elsewhere.begin(ada, user_agent="") for _ in range(8)),
                return_exceptions=True,
            )
        finally:
            await other.close()

    _, *begun = run(race())

    for value in begun:
        if isinstance(value, str):
            assert run(sessions.find(value)) is None
        else:
            assert isinstance(value, errors.AuthenticationFailed)


@pytest.mark.parametrize("agent", ["x" * 2000, "a\0b", "\ud800"])
def test_any_browser(sessions: Sessions, ada: Person, agent: str) -> None:
    """Whatever a browser calls itself, it can be signed in."""
    value = run(sessions.begin(ada, user_agent=agent))

    found = run(sessions.find(value))
    assert found is not None
    assert len(found[0].user_agent) <= 512


def test_kept_as_a_keyed_hash(
    sessions: Sessions, ada: Person, store: Storage, engine: Engine, tmp_path: Any
) -> None:
    """What is kept is HMAC-SHA-256 under the secret; what the browser shows is in no file."""
    value = run(sessions.begin(ada, user_agent=""))

    kept = hmac.new(SECRET, f"session {value}".encode(), hashlib.sha256).hexdigest()
    assert run(store.read(lambda tables: tables.sessions.find(kept))) == run(sessions.find(value))
    for file in tmp_path.iterdir() if engine.name == "sqlite" else ():
        assert value.encode() not in file.read_bytes()


def test_another_secret(sessions: Sessions, ada: Person, store: Storage, time: HeldTime) -> None:
    """Under another secret nobody is signed in."""
    value = run(sessions.begin(ada, user_agent=""))

    assert run(Sessions(store, time.clock, b"another").find(value)) is None


@pytest.mark.parametrize("value", ["", "x", "é" * 43, "A" * 43, "A" * 42 + "\0"])
def test_not_one(sessions: Sessions, value: str) -> None:
    """What is no session's value is nobody's, and can be ended."""
    assert run(sessions.find(value)) is None
    run(sessions.end(value))


def test_use_is_noted_once_a_minute(
    sessions: Sessions, ada: Person, store: Storage, time: HeldTime
) -> None:
    """Within a minute a use costs no write; after it, the session lasts longer."""
    value = run(sessions.begin(ada, user_agent=""))
    began = time.now
    busy = Sessions(cast("Storage", _Busy(store)), time.clock, SECRET)

    time.pass_by(seconds=59)
    assert _found(sessions, value).last_used_at == began
    time.pass_by(seconds=1)
    # Where the database is busy, nobody is signed out for it.
    assert _found(busy, value).last_used_at == time.now
    noted = _found(sessions, value)
    assert (noted.last_used_at, noted.expires_at) == (time.now, time.now + UNUSED_FOR)
    time.pass_by(seconds=30)
    assert _found(sessions, value) == noted


def test_never_set_back(sessions: Sessions, ada: Person, store: Storage) -> None:
    """A process that is late does not shorten a session."""
    value = run(sessions.begin(ada, user_agent=""))
    session = _found(sessions, value)
    earlier = session.created_at - timedelta(hours=1)

    run(store.write(lambda tables: tables.sessions.touch(session.id, earlier, earlier)))

    assert _found(sessions, value) == session


def _found(sessions: Sessions, value: str) -> Any:
    found = run(sessions.find(value))
    assert found is not None
    return found[0]


def test_unused(sessions: Sessions, ada: Person, time: HeldTime) -> None:
    """A session that is not used for 14 days ends."""
    value = run(sessions.begin(ada, user_agent=""))
    ends = time.now + UNUSED_FOR

    time.now = ends
    assert run(sessions.find(value)) is None
    time.now = ends - timedelta(microseconds=1)
    assert run(sessions.find(value)) is not None


def test_used_every_day(sessions: Sessions, ada: Person, time: HeldTime) -> None:
    """A session that is used ends after 60 days all the same."""
    value = run(sessions.begin(ada, user_agent=""))
    began = time.now
    for _ in range(59):
        time.pass_by(days=1)
        assert run(sessions.find(value)) is not None

    assert _found(sessions, value).expires_at == began + AT_MOST
    time.now = began + AT_MOST
    assert run(sessions.find(value)) is None


def test_end(sessions: Sessions, ada: Person) -> None:
    """Signed out of one browser, a person stays signed in to others."""
    here, there = (run(sessions.begin(ada, user_agent="")) for _ in range(2))

    run(sessions.end(here))
    run(sessions.end(here))

    assert run(sessions.find(here)) is None
    assert run(sessions.find(there)) is not None


def test_end_all(sessions: Sessions, ada: Person, store: Storage) -> None:
    """A person can be signed out everywhere, or everywhere else; others stay."""
    bob = add_person(store, "bob")
    his = run(sessions.begin(bob, user_agent=""))
    one, two, three = (run(sessions.begin(ada, user_agent="")) for _ in range(3))

    run(sessions.end_all(ada.id, but=two))
    assert [run(sessions.find(value)) is not None for value in (one, two, three)] == [
        False,
        True,
        False,
    ]
    run(sessions.end_all(ada.id, but="not one"))
    assert run(sessions.find(two)) is None
    assert run(sessions.find(his)) is not None


def test_check_member(sessions: Sessions, ada: Person, store: Storage, time: HeldTime) -> None:
    """A transaction may go on while its person is signed in and a member, and not after that."""
    memberships = Memberships(store, time.clock)
    organization = run(memberships.create_organization(ada.id, "Tests"))
    run(memberships.add(organization.id, add_person(store, "bob").id, "owner"))
    value = run(sessions.begin(ada, user_agent="Browser/1.0"))

    def check(organization_id: UUID = organization.id) -> None:
        run(store.write(lambda tables: sessions.check_member(tables, value, organization_id)))

    check()
    run(memberships.change_role(organization.id, ada.id, "member"))
    check()
    with pytest.raises(errors.NotPermitted, match="not a member"):
        check(uuid4())
    run(memberships.remove(organization.id, ada.id))
    with pytest.raises(errors.NotPermitted, match="not a member"):
        check()
    run(memberships.add(organization.id, ada.id, "member"))
    check()
    run(sessions.end_all(ada.id))
    with pytest.raises(errors.NotPermitted, match="signed out"):
        check()


def test_removed_person(sessions: Sessions, ada: Person, store: Storage) -> None:
    """Who is removed is signed out."""
    value = run(sessions.begin(ada, user_agent=""))

    assert run(store.write(lambda tables: tables.people.remove(ada.id, uuid4())))

    assert run(sessions.find(value)) is None


def test_expired_ones_are_removed(
    sessions: Sessions, ada: Person, store: Storage, time: HeldTime
) -> None:
    """A new session makes room: those that have expired are kept no longer."""
    old = run(sessions.begin(ada, user_agent=""))
    kept = hmac.new(SECRET, f"session {old}".encode(), hashlib.sha256).hexdigest()
    time.now += UNUSED_FOR
    assert run(store.read(lambda tables: tables.sessions.find(kept))) is not None

    new = run(sessions.begin(ada, user_agent=""))

    assert run(store.read(lambda tables: tables.sessions.find(kept))) is None
    assert run(sessions.find(new)) is not None

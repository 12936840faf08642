"""Sessions of people in their browsers; a cookie's value is stored as a keyed hash."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.values import errors, secret_values
from icefloe.domain.values.sessions import Session

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock
    from icefloe.domain.values.people import Person

UNUSED_FOR = timedelta(days=14)
"""After how long without use a session ends."""

AT_MOST = timedelta(days=60)
"""After how long it ends in any case."""

_PATIENCE_SECONDS = 0.2
_NOTED_EVERY = timedelta(minutes=1)
_LONGEST_USER_AGENT = 512


class Sessions:
    """The rules of sessions."""

    def __init__(self, store: storage.Storage, clock: Clock, secret: bytes) -> None:
        self._store = store
        self._clock = clock
        self._secret = secret

    async def begin(self, person: Person, *, user_agent: str) -> str:
        """Sign a person in; returns the value for the cookie, which is never stored.

        Args:
            person: as authenticated. If the password has changed since, its proof is worthless.
            user_agent: what the browser calls itself.

        Raises:
            PersonNotFound: there is no such person.
            AuthenticationFailed: the password has been changed meanwhile.
        """
        now = self._clock.now()
        value = secret_values.make(self._clock.random_below)
        value_hash = hash_of(self._secret, value)
        session = Session(
            id=self._clock.new_id(),
            person_id=person.id,
            user_agent=_kept(user_agent),
            created_at=now,
            last_used_at=now,
            expires_at=now + UNUSED_FOR,
        )

        async def work(tables: storage.Tables) -> None:
            found = await tables.people.lock(person.id)
            if found is None:
                raise errors.PersonNotFound
            if found.password_hash != person.password_hash:
                raise errors.AuthenticationFailed("The password has been changed meanwhile.")
            await tables.sessions.add(session, value_hash)

        await self._store.write(work)
        return value

    async def find(self, value: str) -> tuple[Session, Person] | None:
        """The session of a cookie's value, and its person; None if it is not valid."""
        if not secret_values.is_well_formed(value):
            return None
        value_hash = hash_of(self._secret, value)
        found = await self._store.read(lambda tables: tables.sessions.find(value_hash))
        now = self._clock.now()
        if found is None or found[0].expires_at <= now:
            return None
        session, person = found
        if now - session.last_used_at < _NOTED_EVERY:
            return found
        session = replace(
            session,
            last_used_at=now,
            expires_at=min(now + UNUSED_FOR, session.created_at + AT_MOST),
        )
        # If the database is busy, the next use is stored: a page must not wait for a long import whose
        # progress it shows.
        with contextlib.suppress(errors.StorageUnavailable, TimeoutError):
            noting = self._store.write(
                lambda tables: tables.sessions.touch(session.id, now, session.expires_at)
            )
            await asyncio.wait_for(noting, _PATIENCE_SECONDS)
        return session, person

    async def check_member(self, tables: storage.Tables, value: str, organization_id: UUID) -> None:
        """Check a person's rights within a transaction that takes long.

        Args:
            tables: the transaction's; where it sees what others commit meanwhile, so does this.
            value: the session's, as the cookie has it.
            organization_id: whose member the person must be.

        Raises:
            NotPermitted: the session is not valid any more, or its person is not a member.
        """
        found = await tables.sessions.find(hash_of(self._secret, value))
        if found is None or found[0].expires_at <= self._clock.now():
            raise errors.NotPermitted("The person has been signed out meanwhile")
        if await tables.memberships.find(organization_id, found[1].id) is None:
            raise errors.NotPermitted("The person is not a member of the organization any more")

    async def end(self, value: str) -> None:
        """End a session, at once and in every process; does nothing if there is none."""
        if secret_values.is_well_formed(value):
            value_hash = hash_of(self._secret, value)
            await self._store.write(lambda tables: tables.sessions.remove(value_hash))

    async def end_all(self, person_id: UUID, *, but: str | None = None) -> None:
        """End all of a person's sessions but the one with a cookie's value."""
        kept = hash_of_kept(self._secret, but)
        await self._store.write(lambda tables: tables.sessions.remove_all(person_id, but=kept))


def hash_of(secret: bytes, value: str) -> str:
    """The stored hash of a cookie's well-formed value."""
    return secret_values.hash_of(secret, "session", value)


def hash_of_kept(secret: bytes, value: str | None) -> str | None:
    """The hash of the session that must stay when the others end; None if none must."""
    return hash_of(secret, value) if value and secret_values.is_well_formed(value) else None


def _kept(user_agent: str) -> str:
    return user_agent.replace("\0", "").encode(errors="replace").decode()[:_LONGEST_USER_AGENT]

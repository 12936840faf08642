"""People: who may sign in to the dashboard, and how they prove who they are."""

from __future__ import annotations

import contextlib
import hmac
import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain import organizations
from icefloe.domain.people import memberships, sessions
from icefloe.domain.people.passwords import Passwords
from icefloe.domain.people.passwords import check as check_password
from icefloe.domain.people.throttle import Throttle
from icefloe.domain.values import emails, errors, secret_values
from icefloe.domain.values.collation import lower
from icefloe.domain.values.memberships import Membership, Role
from icefloe.domain.values.organizations import Organization
from icefloe.domain.values.people import Person

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock

FIRST_ORGANIZATION = "My organization"
"""The name of the organization that is created for the first person, if there is none."""

_MAX_NAME = 256
_EVERY = 2**63 - 1
# Wrong passwords before a delay begins: per person, and per IP address, which many may share.
_FREE_FOR_A_PERSON = 5
_FREE_FROM_AN_ADDRESS = 20
_LONGEST_EMAIL = 320


class People:
    """The rules of people."""

    def __init__(self, store: storage.Storage, clock: Clock, secret: bytes) -> None:
        self._store = store
        self._clock = clock
        self._secret = secret
        self._passwords = Passwords()
        self._by_person = Throttle(clock, free=_FREE_FOR_A_PERSON)
        self._by_address = Throttle(clock, free=_FREE_FROM_AN_ADDRESS)

    # --- those there are --------------------------------------------------------------------------

    async def prepare(self, email: str, password: str, name: str = "") -> Person:
        """A new person, not stored yet.

        Raises:
            InvalidValue: the address, the password or the name is not one.
        """
        kept_email = emails.standardise(email, emails.EmailCheck.ANY_DOMAIN)
        check_password(password, kept_email)
        return Person(
            id=self._clock.new_id(),
            email=kept_email,
            name=_checked_name(name),
            password_hash=await self._passwords.hash(password),
            created_at=self._clock.now(),
        )

    async def create(
        self,
        email: str,
        password: str,
        *,
        name: str = "",
        roles: Mapping[UUID, Role] | None = None,
    ) -> Person:
        """Add a person.

        Args:
            email: the address to sign in with; no mail is sent to it.
            password: at least ten characters.
            name: what to call the person.
            roles: the organizations the person joins at once, and its role in each.

        Raises:
            InvalidValue: the address, the password, the name or a role is not one.
            OrganizationNotFound: there is no such organization.
            Duplicate: another person has the address (field `email`).
        """
        wanted = dict(roles or {})
        for role in wanted.values():
            memberships.check_role(role)
        person = await self.prepare(email, password, name)

        async def work(tables: storage.Tables) -> None:
            for organization_id in sorted(wanted):
                await organizations.lock(tables, organization_id)
            await tables.people.add(person)
            for organization_id, role in wanted.items():
                await tables.memberships.add(_membership(organization_id, person, role))

        await self._store.write(work)
        return person

    async def get(self, person_id: UUID) -> Person:
        """One person. Raises PersonNotFound."""
        found = await self._store.read(lambda tables: tables.people.find(person_id))
        if found is None:
            raise errors.PersonNotFound
        return found

    async def find_by_email(self, email: str) -> Person | None:
        """The person with an address, letter case aside; None if there is none."""
        try:
            wanted = emails.standardise(email, emails.EmailCheck.ANY_DOMAIN)
        except errors.InvalidValue:
            return None
        return await self._store.read(lambda tables: tables.people.find_by_email(wanted))

    async def find_all(self, limit: int = 1000) -> list[Person]:
        """The people, oldest first, `limit` at most."""
        return await self._store.read(lambda tables: tables.people.find_all(limit))

    async def rename(self, person_id: UUID, name: str) -> None:
        """Give a person another name.

        Raises:
            InvalidValue: that is no name.
            PersonNotFound: there is no such person.
        """
        wanted = _checked_name(name)
        if not await self._store.write(lambda tables: tables.people.rename(person_id, wanted)):
            raise errors.PersonNotFound

    async def remove(self, person_id: UUID) -> None:
        """Remove a person: its sessions and open invitations end, at once and in every process.

        Organizations stay; the tokens of one without people work as before.

        Raises:
            PersonNotFound: there is no such person.
            InvalidValue: an organization with other members would have no owner.
        """
        nonce = self._clock.new_id()

        async def work(tables: storage.Tables) -> None:
            for organization, _ in await tables.memberships.find_organizations(person_id):
                await tables.organizations.lock(organization.id)
            left = await tables.memberships.find_left_alone(person_id)
            if left is not None:
                raise errors.InvalidValue(
                    f"{left.name} ({left.slug}) would have no owner, but has other people:"
                    " make one of them an owner first"
                )
            await tables.invitations.remove_open_by(person_id)
            if not await tables.people.remove(person_id, nonce):
                raise errors.PersonNotFound

        await self._store.write(work)

    # --- the first one ----------------------------------------------------------------------------

    async def is_nobody(self) -> bool:
        """Whether there are no people yet."""
        return await self.find_first_token() is not None

    async def find_first_token(self) -> str | None:
        """The token that lets its holder become the first person; None once there is a person.

        It is derived from the secret and a nonce in the database: every process on the database
        derives the same, and another database has another.
        """
        nonce = await self._store.read(lambda tables: tables.people.find_nonce())
        return None if nonce is None else self._first_token(nonce)

    async def is_first_token(self, token: str) -> bool:
        """Whether a text is the first person's token, and there is no person yet."""
        right = await self.find_first_token()
        return right is not None and hmac.compare_digest(right.encode(), token.encode())

    async def create_first(
        self, email: str, password: str, *, name: str = "", token: str
    ) -> Person:
        """Create the first person, who owns every organization; one is created if there is none.

        Args:
            email: the address to sign in with.
            password: at least ten characters.
            name: what to call the person.
            token: as of `find_first_token`.

        Raises:
            AuthenticationFailed: the token is wrong, or there is a person already.
            InvalidValue: the address, the password or the name is not one.
        """
        if not await self.is_first_token(token):
            raise _stale_link()
        person = await self.prepare(email, password, name)

        async def work(tables: storage.Tables) -> None:
            nonce = await tables.people.lock_nonce()
            if nonce is None or not hmac.compare_digest(
                self._first_token(nonce).encode(), token.encode()
            ):
                raise _stale_link()  # another request was faster
            await tables.people.add(person)
            owned = await tables.organizations.find_all(_EVERY)
            if not owned:
                owned = [await self._make_organization(tables)]
            for organization in owned:
                await tables.memberships.add(_membership(organization.id, person, "owner"))

        await self._store.write(work)
        return person

    async def _make_organization(self, tables: storage.Tables) -> Organization:
        made = organizations.make(FIRST_ORGANIZATION, self._clock)
        await tables.organizations.add(made)
        return made

    def _first_token(self, nonce: UUID) -> str:
        return secret_values.derive(self._secret, "first person", nonce.bytes)

    # --- passwords --------------------------------------------------------------------------------

    async def authenticate(self, email: str, password: str, *, address: str) -> Person:
        """The person with that address and password.

        An unknown address takes as long as a wrong password.

        Args:
            email: the address, letter case aside.
            password: the password.
            address: the client's IP address; empty if unknown.

        Raises:
            AuthenticationFailed: no person has both.
            TooManyAttempts: there were too many wrong passwords for the e-mail or the IP address.
        """
        with self._attempt(email, address) as attempt:
            person = await self.find_by_email(email)
            stored = None if person is None else person.password_hash
            attempt.is_right = await self._passwords.is_right(password, stored)
        if person is None or not attempt.is_right:
            raise errors.AuthenticationFailed("The e-mail address or the password is wrong.")
        return person

    async def change_password(
        self, person_id: UUID, old: str, new: str, *, but: str | None = None
    ) -> Person:
        """Change a person's password, which ends all its sessions but one; returns the person.

        Args:
            person_id: the person.
            old: the present password.
            new: the new one.
            but: the value of the session that stays.

        Raises:
            PersonNotFound: there is no such person.
            AuthenticationFailed: the old password is wrong.
            TooManyAttempts: there were too many wrong ones for the person.
            InvalidValue: the new one is too short, or too well-known.
        """
        person = await self.get(person_id)
        check_password(new, person.email)
        with self._attempt(person.email, "") as attempt:
            attempt.is_right = await self._passwords.is_right(old, person.password_hash)
        if not attempt.is_right:
            raise errors.AuthenticationFailed("The password so far is wrong.")
        return await self._store_password(person_id, new, but, verified=person.password_hash)

    async def reset_password(self, person_id: UUID, new: str) -> None:
        """Set a person's password, which ends all its sessions; the caller is trusted.

        Raises:
            PersonNotFound: there is no such person.
            InvalidValue: the password is too short, or too well-known.
        """
        person = await self.get(person_id)
        check_password(new, person.email)
        await self._store_password(person_id, new, None, verified=None)
        self._by_person.forget(_throttled(person.email))

    async def _store_password(
        self, person_id: UUID, new: str, but: str | None, *, verified: str | None
    ) -> Person:
        """Store another password; `verified` is the hash that the old one matched, if it was asked."""
        password_hash = await self._passwords.hash(new)
        kept = sessions.hash_of_kept(self._secret, but)

        async def work(tables: storage.Tables) -> Person:
            found = await tables.people.lock(person_id)
            if found is None:
                raise errors.PersonNotFound
            if verified is not None and found.password_hash != verified:
                raise errors.AuthenticationFailed("The password has been changed meanwhile.")
            await tables.people.change_password(person_id, password_hash)
            await tables.sessions.remove_all(person_id, but=kept)
            return replace(found, password_hash=password_hash)

        return await self._store.write(work)

    @contextlib.contextmanager
    def _attempt(self, email: str, address: str) -> Iterator[_Attempt]:
        """An attempt to sign in: counted when it begins, so that concurrent ones all count.

        Raises TooManyAttempts.
        """
        person, place = _throttled(email), _network_of(address)
        self._by_person.check(person)
        if place:
            self._by_address.check(place)
            self._by_address.note(place)
        self._by_person.note(person)
        attempt = _Attempt()
        try:
            yield attempt
        except errors.StorageUnavailable:
            self._by_person.take_back(person)
            self._by_address.take_back(place)
            raise
        if attempt.is_right:
            self._by_person.forget(person)
            self._by_address.take_back(place)


@dataclass(slots=True)
class _Attempt:
    is_right: bool = False


def _membership(organization_id: UUID, person: Person, role: Role) -> Membership:
    return Membership(
        organization_id=organization_id,
        person_id=person.id,
        role=role,
        created_at=person.created_at,
    )


def _checked_name(name: str) -> str:
    wanted = name.strip()
    if len(wanted) > _MAX_NAME or "\0" in wanted:
        raise errors.InvalidValue(f"a name has at most {_MAX_NAME} characters")
    return wanted


def _throttled(email: str) -> str:
    """The throttle's key for an e-mail address, known or not, well-formed or not.

    All spellings that sign the same person in have one key: `Joe <a@x>`, `A@X` and full-width letters.
    """
    spelled = email.strip()[:_LONGEST_EMAIL]
    try:
        return lower(emails.standardise(spelled, emails.EmailCheck.ANY_DOMAIN))
    except errors.InvalidValue:
        return lower(spelled)


def _network_of(address: str) -> str:
    """The throttle's key for an IP address: for IPv6, the /64 network of one subscriber."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))


def _stale_link() -> errors.AuthenticationFailed:
    return errors.AuthenticationFailed(
        "This link is not valid any more: it has been used already, or it is another server's."
    )

"""Organization access tokens: shown once, stored as a keyed hash, refused cheaply if malformed.

A token is `polar_oat_`, 37 random characters of [A-Za-z0-9] (about 220 bits) and six base-62 digits
that are the CRC-32 of the 37: 53 characters. The reference's format, so that secret scanners know it.
"""

import hashlib
import hmac
import secrets
import string
import zlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from icefloe.domain import organizations
from icefloe.domain.ports import storage
from icefloe.domain.values import access, errors, spelling
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.tokens import Token

PREFIX = "polar_oat_"
_ALPHABET = string.ascii_letters + string.digits
_BASE_62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_LENGTH = 37
_CHECKSUM_LENGTH = 6
_MAX_KNOWN = 10_000
_LENGTH = len(PREFIX) + _RANDOM_LENGTH + _CHECKSUM_LENGTH


def checksum(random_part: str) -> str:
    """Six base-62 digits of the CRC-32 of a token's random part."""
    number, digits = zlib.crc32(random_part.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, remainder = divmod(number, 62)
        digits = _BASE_62[remainder] + digits
    return digits


def is_well_formed(token: str) -> bool:
    """Whether the text has a token's length, prefix and checksum; says nothing of its validity."""
    if len(token) != _LENGTH or not token.startswith(PREFIX):
        return False
    body = token[len(PREFIX) :]
    return checksum(body[:_RANDOM_LENGTH]) == body[_RANDOM_LENGTH:]


def find_right_checksum(token: str) -> str | None:
    """The checksum that a text should end with, if its checksum alone is wrong; else None."""
    body = token.removeprefix(PREFIX)
    if len(token) != _LENGTH or body == token or not set(body) <= set(_ALPHABET):
        return None
    right = checksum(body[:_RANDOM_LENGTH])
    return None if body.endswith(right) else right


def check(name: str, scopes: Iterable[str]) -> None:
    """Check a token's name and scopes. Raises InvalidValue."""
    if not name.strip() or "\0" in name:
        raise errors.InvalidValue("a token needs a name")
    wanted = list(scopes)
    if not wanted:
        raise errors.InvalidValue("a token needs at least one scope")
    for scope in wanted:
        if scope not in access.SCOPES:
            close = spelling.find_close(scope, access.SCOPES) or "customers:read"
            raise errors.InvalidValue(f"{scope!r} is not a scope; try {close}")


def generate(random_below: Callable[[int], int]) -> str:
    """A new token, from a source of whole numbers below its argument."""
    random_part = "".join(_ALPHABET[random_below(len(_ALPHABET))] for _ in range(_RANDOM_LENGTH))
    return PREFIX + random_part + checksum(random_part)


class Tokens:
    """The rules of tokens."""

    def __init__(self, store: storage.Storage, clock: Clock, secret: bytes) -> None:
        self._store = store
        self._clock = clock
        self._secret = secret
        self._uses: dict[UUID, datetime] = {}
        self._known: dict[bytes, access.Subject] = {}
        self._known_version: int | None = None
        self._unnamed = hashlib.blake2b(key=secrets.token_bytes(32), digest_size=32)

    async def create(
        self,
        organization_id: UUID,
        name: str,
        scopes: Iterable[str],
        *,
        expires_at: datetime | None = None,
        value: str | None = None,
        token_id: UUID | None = None,
        by: UUID | None = None,
    ) -> tuple[Token, str]:
        """Create a token; returns what is stored of it, and the token itself, which never is.

        Args:
            organization_id: the organization it authenticates.
            name: for people.
            scopes: what it allows.
            expires_at: when it stops being valid; never, unless given.
            value: the token itself, if the caller chooses it; a random one unless given.
            token_id: its id, if the caller chooses it so that a repeated call creates one token.
            by: the person who creates it; None for the operator.

        Raises:
            InvalidValue: no name, no scope, a scope that does not exist, or a malformed value.
            OrganizationNotFound: the organization does not exist.
            NotPermitted: the person does not own the organization.
            Duplicate: there is a token of that value or id (field `token` or `id`).
        """
        wanted = tuple(dict.fromkeys(scopes))
        check(name, wanted)
        secret_token = value or generate(self._clock.random_below)
        if not is_well_formed(secret_token):
            raise errors.InvalidValue("that is not a token")
        clock = self._clock.of(organization_id)
        token = Token(
            id=token_id or clock.new_id(),
            organization_id=organization_id,
            name=name.strip(),
            scopes=wanted,
            token_hash=self._hash(secret_token),
            created_at=clock.now(),
            expires_at=expires_at,
        )

        async def work(tables: storage.Tables) -> None:
            await organizations.lock_as_owner(tables, organization_id, by)
            await tables.tokens.add(token)

        await self._store.write(work)
        return token, secret_token

    async def find_all(self, organization_id: UUID | None, *, limit: int = 1000) -> list[Token]:
        """The tokens of one organization, or of all; oldest first, `limit` at most."""
        return await self._store.read(lambda tables: tables.tokens.find_all(organization_id, limit))

    async def get(self, organization_id: UUID, token_id: UUID) -> Token:
        """One token of an organization, revoked or not. Raises TokenNotFound."""
        found = await self._store.read(lambda tables: tables.tokens.find(organization_id, token_id))
        if found is None:
            raise errors.TokenNotFound(f"there is no token {token_id}")
        return found

    async def update(
        self,
        organization_id: UUID,
        token_id: UUID,
        *,
        name: str | None = None,
        scopes: Iterable[str] | None = None,
        by: UUID | None = None,
    ) -> Token:
        """Give a token another name or other scopes, at once and in every process.

        Args:
            organization_id: whose token it is.
            token_id: which one.
            name: for people; stays unless given.
            scopes: what it allows; stays unless given.
            by: the person who changes it; None for the operator.

        Raises:
            InvalidValue: no name, no scope, or a scope that does not exist.
            NotPermitted: the person does not own the organization.
            TokenNotFound: there is no such token, or it was revoked.
        """
        wanted = None if scopes is None else tuple(dict.fromkeys(scopes))

        async def work(tables: storage.Tables) -> Token:
            await organizations.check_owner(tables, organization_id, by)
            found = await tables.tokens.find(organization_id, token_id)
            if found is None:
                raise errors.TokenNotFound(f"there is no token {token_id}")
            changed = replace(
                found,
                name=found.name if name is None else name.strip(),
                scopes=found.scopes if wanted is None else wanted,
            )
            check(changed.name, changed.scopes)
            if not await tables.tokens.replace(changed):
                raise errors.TokenNotFound(f"there is no token {token_id} that is not revoked")
            return changed

        return await self._store.write(work)

    async def revoke(
        self, token_id: UUID, *, organization_id: UUID | None = None, by: UUID | None = None
    ) -> None:
        """Make a token invalid, at once and in every process.

        Args:
            token_id: which one.
            organization_id: where given, only one of this organization; a person must give it.
            by: the person who revokes it; None for the operator.

        Raises:
            NotPermitted: the person does not own the organization, or gives none.
            TokenNotFound: there is no such token, or it was revoked before.
        """
        now = self._clock.now()

        async def work(tables: storage.Tables) -> bool:
            await organizations.check_owner(tables, organization_id, by)
            return await tables.tokens.revoke(token_id, now, organization_id)

        if not await self._store.write(work):
            raise errors.TokenNotFound(f"there is no token {token_id} that could be revoked")

    async def authenticate(self, token: str) -> access.Subject:
        """The subject that a token authenticates.

        A malformed token is refused without a query. A valid one is cached until the next commit of
        any process.

        Raises:
            AuthenticationFailed: it is unknown, expired, revoked or not a token at all.
        """
        name = self._name(token)
        if name not in self._known and not is_well_formed(token):
            raise errors.AuthenticationFailed
        known = self._known_subjects()
        subject = known.get(name)
        if subject is None:
            token_hash = self._hash(token)
            subject = await self._store.read(lambda tables: tables.tokens.find_subject(token_hash))
            if subject is None:
                raise errors.AuthenticationFailed
            # Cached under the version from before the read: a change since then drops the entry.
            if self._known_version is not None and len(known) < _MAX_KNOWN:
                known[name] = subject
        now = self._clock.of(subject.organization_id).now()
        if subject.expires_at is not None and subject.expires_at <= now:
            raise errors.AuthenticationFailed
        self._uses[subject.token_id] = now
        return subject

    async def find_organization(self, token: str) -> UUID | None:
        """The organization of a token, valid or not; None if the token was never created."""
        if not is_well_formed(token):
            return None
        token_hash = self._hash(token)
        return await self._store.read(lambda tables: tables.tokens.find_organization(token_hash))

    def _known_subjects(self) -> dict[bytes, access.Subject]:
        """The cache of subjects for the present version of the data, by the digest of their token."""
        version = self._store.find_version()
        if version is None or version != self._known_version:
            self._known, self._known_version = {}, version
        return self._known

    async def store_uses(self) -> None:
        """Store when tokens were used since the last call, in one write.

        Raises:
            StorageUnavailable: nothing was stored and nothing is lost: call again.
        """
        uses, self._uses = self._uses, {}
        if not uses:
            return
        try:
            await self._store.write(lambda tables: tables.tokens.note_use(uses))
        except errors.StorageUnavailable:
            self._uses = {**uses, **self._uses}  # for the next time; a later use counts
            raise

    def _name(self, token: str) -> bytes:
        """The cache key of a token, so that the token itself is not in memory.

        A keyed hash as strong as the stored one. Copying a prepared BLAKE2 state is faster than
        OpenSSL's set-up for HMAC.
        """
        name = self._unnamed.copy()
        name.update(token.encode())
        return name.digest()

    def _hash(self, token: str) -> str:
        return hmac.digest(self._secret, token.encode(), "sha256").hex()

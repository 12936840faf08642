"""Tokens: the statements."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from icefloe.domain.values.access import Subject
from icefloe.domain.values.tokens import Token
from icefloe.storage.transaction import Row, Transaction, moment, read_moment, read_required_moment

_COLUMNS = (
    "id, organization_id, name, scopes, token_hash,"
    " created_at, expires_at, last_used_at, revoked_at"
)


class TokenStatements:
    """Implements `domain.ports.storage.TokenTable`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, token: Token) -> None:
        """Insert a token."""
        await self._transaction.execute(
            f"INSERT INTO tokens ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            token.id,
            token.organization_id,
            token.name,
            " ".join(token.scopes),
            token.token_hash,
            moment(token.created_at),
            moment(token.expires_at),
            moment(token.last_used_at),
            moment(token.revoked_at),
        )

    async def find_all(self, organization_id: UUID | None, limit: int) -> list[Token]:
        """The oldest `limit` tokens of an organization, or of all; oldest first."""
        if organization_id is None:
            rows = await self._transaction.fetch_all(
                f"SELECT {_COLUMNS} FROM tokens ORDER BY created_at, id LIMIT $1",
                limit,
            )
        else:
            rows = await self._transaction.fetch_all(
                f"SELECT {_COLUMNS} FROM tokens WHERE organization_id = $1"
                " ORDER BY created_at, id LIMIT $2",
                organization_id,
                limit,
            )
        return [self._read(row) for row in rows]

    async def find_subject(self, token_hash: str) -> Subject | None:
        """Whom the token with that hash speaks for; None where it is unknown or revoked."""
        row = await self._transaction.fetch_one(
            "SELECT organization_id, id, scopes, expires_at FROM tokens"
            " WHERE token_hash = $1 AND revoked_at IS NULL",
            token_hash,
        )
        if row is None:
            return None
        organization_id, token_id, scopes, expires_at = row
        return Subject(
            self._transaction.read_uuid(organization_id),
            self._transaction.read_uuid(token_id),
            frozenset(scopes.split(" ")),
            read_moment(expires_at),
        )

    async def find_organization(self, token_hash: str) -> UUID | None:
        """The organization of the token with that hash, revoked or not."""
        row = await self._transaction.fetch_one(
            "SELECT organization_id FROM tokens WHERE token_hash = $1", token_hash
        )
        return None if row is None else self._transaction.read_uuid(row[0])

    async def find(self, organization_id: UUID, token_id: UUID) -> Token | None:
        """The token with that id, revoked or not."""
        row = await self._transaction.fetch_one(
            f"SELECT {_COLUMNS} FROM tokens WHERE organization_id = $1 AND id = $2",
            organization_id,
            token_id,
        )
        return None if row is None else self._read(row)

    async def replace(self, token: Token) -> bool:
        """Store a token's new name and scopes; False if it was revoked."""
        changed = await self._transaction.execute(
            "UPDATE tokens SET name = $3, scopes = $4"
            " WHERE organization_id = $1 AND id = $2 AND revoked_at IS NULL",
            token.organization_id,
            token.id,
            token.name,
            " ".join(token.scopes),
        )
        return changed > 0

    async def revoke(
        self, token_id: UUID, now: datetime, organization_id: UUID | None = None
    ) -> bool:
        """Mark a token revoked; False where there is none that was not revoked before."""
        if organization_id is None:
            changed = await self._transaction.execute(
                "UPDATE tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL",
                moment(now),
                token_id,
            )
        else:
            changed = await self._transaction.execute(
                "UPDATE tokens SET revoked_at = $1"
                " WHERE organization_id = $3 AND id = $2 AND revoked_at IS NULL",
                moment(now),
                token_id,
                organization_id,
            )
        return changed > 0

    async def note_use(self, uses: Mapping[UUID, datetime]) -> None:
        """Store when each token was last used; an earlier moment never replaces a later one."""
        await self._transaction.execute_many(
            "UPDATE tokens SET last_used_at = $1"
            " WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $1)",
            [(moment(used_at), token_id) for token_id, used_at in uses.items()],
        )

    async def remove_all(self, organization_id: UUID) -> None:
        """Remove every token of an organization, as if there had never been one."""
        await self._transaction.execute(
            "DELETE FROM tokens WHERE organization_id = $1", organization_id
        )

    def _read(self, row: Row) -> Token:
        token_id, organization_id, name, scopes, token_hash, *moments = row
        created_at, expires_at, last_used_at, revoked_at = moments
        return Token(
            id=self._transaction.read_uuid(token_id),
            organization_id=self._transaction.read_uuid(organization_id),
            name=name,
            scopes=tuple(scopes.split(" ")),
            token_hash=token_hash,
            created_at=read_required_moment(created_at),
            expires_at=read_moment(expires_at),
            last_used_at=read_moment(last_used_at),
            revoked_at=read_moment(revoked_at),
        )

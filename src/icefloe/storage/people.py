"""People: the statements."""

from uuid import UUID

from icefloe.domain.values.collation import lower
from icefloe.domain.values.people import Person
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Row, Transaction, moment, read_required_moment

COLUMNS = "id, email, name, password_hash, created_at"
_NONCE = "SELECT nonce FROM first_person WHERE NOT EXISTS (SELECT 1 FROM people) LIMIT 1"


class PersonStatements:
    """Implements `domain.ports.people.PersonTable`."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        self._transaction = transaction
        self._dialect = dialect

    async def add(self, person: Person) -> None:
        """Insert a person; from now on the link for the first person is void."""
        await self._transaction.execute(
            f"INSERT INTO people ({COLUMNS}, email_lower) VALUES ($1, $2, $3, $4, $5, $6)",
            person.id,
            person.email,
            person.name,
            person.password_hash,
            moment(person.created_at),
            lower(person.email),
        )
        await self._transaction.execute("DELETE FROM first_person")

    async def find(self, person_id: UUID) -> Person | None:
        """The person with that id."""
        row = await self._transaction.fetch_one(
            f"SELECT {COLUMNS} FROM people WHERE id = $1", person_id
        )
        return None if row is None else read_person(row, self._transaction)

    async def lock(self, person_id: UUID) -> Person | None:
        """The person with that id, locked until the transaction ends."""
        row = await self._transaction.fetch_one(
            f"SELECT {COLUMNS} FROM people WHERE id = $1" + self._dialect.for_update, person_id
        )
        return None if row is None else read_person(row, self._transaction)

    async def find_by_email(self, email: str) -> Person | None:
        """The person with that address, letter case aside."""
        row = await self._transaction.fetch_one(
            f"SELECT {COLUMNS} FROM people WHERE email_lower = $1", lower(email)
        )
        return None if row is None else read_person(row, self._transaction)

    async def find_all(self, limit: int) -> list[Person]:
        """The oldest `limit` people, oldest first."""
        rows = await self._transaction.fetch_all(
            f"SELECT {COLUMNS} FROM people ORDER BY created_at, id LIMIT $1", limit
        )
        return [read_person(row, self._transaction) for row in rows]

    async def rename(self, person_id: UUID, name: str) -> bool:
        """Give a person another name; False where there is no such person."""
        changed = await self._transaction.execute(
            "UPDATE people SET name = $2 WHERE id = $1", person_id, name
        )
        return changed > 0

    async def change_password(self, person_id: UUID, password_hash: str) -> bool:
        """Store a new password's hash; False where there is no such person."""
        changed = await self._transaction.execute(
            "UPDATE people SET password_hash = $2 WHERE id = $1", person_id, password_hash
        )
        return changed > 0

    async def remove(self, person_id: UUID, nonce: UUID) -> bool:
        """Delete a person with its memberships and sessions; False where there is no such person."""
        # All rows are locked: of two transactions that delete the last two people, one waits, and then
        # sees that it deletes the last one.
        await self._transaction.fetch_all(
            "SELECT id FROM people ORDER BY id" + self._dialect.for_update
        )
        removed = await self._transaction.execute("DELETE FROM people WHERE id = $1", person_id)
        if not removed:
            return False
        await self._transaction.execute("DELETE FROM first_person")
        if await self._transaction.fetch_one("SELECT 1 FROM people LIMIT 1") is None:
            await self._transaction.execute("INSERT INTO first_person (nonce) VALUES ($1)", nonce)
        return True

    async def find_nonce(self) -> UUID | None:
        """What the first person's link is derived from; None once there is a person."""
        return self._read_nonce(await self._transaction.fetch_one(_NONCE))

    async def lock_nonce(self) -> UUID | None:
        """The same, and lock it: no other transaction adds the first person until this one ends."""
        return self._read_nonce(
            await self._transaction.fetch_one(_NONCE + self._dialect.for_update)
        )

    def _read_nonce(self, row: Row | None) -> UUID | None:
        return None if row is None else self._transaction.read_uuid(row[0])


def read_person(row: Row, transaction: Transaction) -> Person:
    """The person of a row of `COLUMNS`."""
    person_id, email, name, password_hash, created_at = tuple(row)
    return Person(
        id=transaction.read_uuid(person_id),
        email=email,
        name=name,
        password_hash=password_hash,
        created_at=read_required_moment(created_at),
    )

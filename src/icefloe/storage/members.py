"""Members: the statements."""

from uuid import UUID

from icefloe.domain import collation
from icefloe.domain.members import Member
from icefloe.storage.session import Row, Session, moment, read_moment, read_required_moment

_NAMES = (
    "id", "organization_id", "customer_id", "created_at", "modified_at", "email", "name",
    "external_id", "role", "deleted_at",
)  # fmt: skip
_COLUMNS = ", ".join(_NAMES)
# The same, for a statement in which the members table is called `owner`.
COLUMNS_OF_OWNER = ", ".join(f"owner.{name}" for name in _NAMES)


class MemberStatements:
    """Implements `domain.storage.MemberTable`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, member: Member) -> None:
        """Keep a new member."""
        await self._session.execute(
            f"INSERT INTO members ({_COLUMNS}, email_lower)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            *_values_of(member),
        )

    async def replace(self, member: Member) -> None:
        """Keep a member's new values in place of those it had."""
        names = [*_NAMES, "email_lower"]
        columns = [f"{name} = ${at}" for at, name in enumerate(names, start=1)]
        await self._session.execute(
            f"UPDATE members SET {', '.join(columns)} WHERE organization_id = $2 AND id = $1",
            *_values_of(member),
        )

    async def find_owner(self, organization_id: UUID, customer_id: UUID) -> Member | None:
        """The member who owns the customer, deleted or not."""
        row = await self._session.fetch_one(
            f"SELECT {_COLUMNS} FROM members"
            " WHERE organization_id = $1 AND customer_id = $2 AND role = 'owner'",
            organization_id,
            customer_id,
        )
        return None if row is None else read_member(row, self._session)


def _values_of(member: Member) -> tuple[object, ...]:
    return (
        member.id,
        member.organization_id,
        member.customer_id,
        moment(member.created_at),
        moment(member.modified_at),
        member.email,
        member.name,
        member.external_id,
        member.role,
        moment(member.deleted_at),
        None if member.email is None else collation.lower(member.email),
    )


def read_member(row: Row, session: Session) -> Member:
    """The member that a row of a member's columns holds."""
    member_id, organization_id, customer_id, created_at, modified_at, *rest = row
    email, name, external_id, role, deleted_at = rest
    return Member(
        id=session.read_uuid(member_id),
        organization_id=session.read_uuid(organization_id),
        customer_id=session.read_uuid(customer_id),
        created_at=read_required_moment(created_at),
        modified_at=read_moment(modified_at),
        email=email,
        name=name,
        external_id=external_id,
        role=role,
        deleted_at=read_moment(deleted_at),
    )

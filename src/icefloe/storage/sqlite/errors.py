"""SQLite's errors in the domain's words; the one place that reads its messages."""

import apsw

from icefloe.domain.values import errors
from icefloe.storage.commerce.resources import RESOURCES

# The columns of a unique constraint, as SQLite names them in its message, and the field they guard.
_FIELDS = {
    "customers.organization_id, customers.id": "id",
    "customers.organization_id, customers.email_lower": "email",
    "customers.organization_id, customers.external_id": "external_id",
    "members.organization_id, members.customer_id, members.email_lower": "member.email",
    "members.organization_id, members.customer_id, members.external_id": "member.external_id",
    "memberships.organization_id, memberships.person_id": "person",
    "organizations.id": "id",
    "organizations.slug": "slug",
    "people.email_lower": "email",
    "tokens.id": "id",
    "tokens.token_hash": "token",
    "webhook_endpoints.organization_id, webhook_endpoints.id": "id",
    **{
        f"{resource.name}.organization_id, {resource.name}.{column}": wire_name
        for resource in RESOURCES
        for column, wire_name in {"id": "id", **resource.unique}.items()
    },
}
_FOREIGN_KEY = "FOREIGN KEY constraint failed"
_UNIQUE = "UNIQUE constraint failed: "


def translate(error: apsw.Error) -> Exception:
    """What to raise for SQLite's error.

    Duplicate, OrganizationNotFound, StorageUnavailable or IncompatibleDatabase. An error that only a
    bug of ours can cause is returned as it is.
    """
    match error:
        case apsw.ConstraintError() if str(error) == _FOREIGN_KEY:
            # The row referred to was checked before; only an organization can have been deleted since.
            return errors.OrganizationNotFound()
        case apsw.ConstraintError():
            field = _FIELDS.get(str(error).removeprefix(_UNIQUE))
            return error if field is None else errors.Duplicate(field)
        case apsw.BusyError() | apsw.LockedError():
            return errors.StorageUnavailable()
        case apsw.FullError() | apsw.IOError() | apsw.CantOpenError() | apsw.ReadOnlyError():
            return errors.StorageUnavailable(f"the database file cannot be used: {error}")
        case apsw.NotADBError() | apsw.CorruptError():
            return errors.IncompatibleDatabase(f"the file is damaged, or no database: {error}")
        case _:
            return error

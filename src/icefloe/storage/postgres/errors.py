"""Translates PostgreSQL's errors, and those of the network, into the domain's."""

import re

import asyncpg

from icefloe.domain.values import errors
from icefloe.storage.commerce.resources import RESOURCES

# The unique constraints that a request can meet, and the field each guards.
_FIELDS = {
    "customers_pkey": "id",
    "customers_email": "email",
    "customers_external_id": "external_id",
    "members_email": "member.email",
    "members_external_id": "member.external_id",
    "memberships_pkey": "person",
    "organizations_pkey": "id",
    "organizations_slug": "slug",
    "people_email": "email",
    "tokens_id": "id",
    "tokens_token_hash": "token",
    "webhook_endpoints_id": "id",
    "answers_pkey": "idempotency_key",
    **{
        f"{resource.name}_{wire_name}": wire_name
        for resource in RESOURCES
        for wire_name in ("id", *resource.unique.values())
    },
}
# A partition's index is called like the whole table's, with the partition's number behind it; an error
# from another server names the constraint in its message alone.
_PARTITION = re.compile(r"_\d+$")
_NAMED = re.compile(r'unique constraint "([^"]+)"')

BUSY = "The database is busy; try again shortly."
AWAY = "The database does not answer; try again shortly."

# All that the driver and the network raise.
DRIVER_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
# Conflicts with concurrent transactions: a retry settles them.
COLLISIONS = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.ForeignKeyViolationError,  # another transaction has deleted the row referred to
    asyncpg.InvalidCachedStatementError,
)
# The connection is lost, and with it all that was not committed.
_LOSSES = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
_TOO_LATE = (
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
    TimeoutError,
)
_NOT_OURS = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
)


def is_loss(error: BaseException) -> bool:
    """Whether the connection is lost or could not be made, so that nothing more was committed."""
    # asyncpg raises an InterfaceError, also a ValueError, for a value of the wrong type: a bug of ours.
    return isinstance(error, _LOSSES) and not isinstance(error, ValueError)


def translate(error: Exception) -> Exception:
    """What to raise for an error of PostgreSQL or of the network.

    Duplicate, StorageUnavailable, ConfigurationError, or RulesBroken for a value that is too long. An
    error that only a bug of ours can cause is returned as it is.
    """
    if isinstance(error, asyncpg.UniqueViolationError):
        field = _FIELDS.get(_constraint_of(error))
        return error if field is None else errors.Duplicate(field)
    if isinstance(error, asyncpg.ProgramLimitExceededError):
        place = ("body", "external_id")
        return errors.RulesBroken(
            errors.Violation("string_too_long", place, "The value is too long to be found by.")
        )
    told = _unavailable(error)
    if told is not None:
        return errors.StorageUnavailable(told)
    if isinstance(error, _NOT_OURS):
        return errors.ConfigurationError(f"the database refuses access: {error}")
    return error


def _unavailable(error: Exception) -> str | None:
    """Why the database cannot be used at present; None for another error."""
    if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
        return "The database cannot be written to at present; try again shortly."
    if isinstance(error, (*_TOO_LATE, *COLLISIONS)):
        return BUSY
    return AWAY if is_loss(error) else None


def _constraint_of(error: asyncpg.UniqueViolationError) -> str:
    named = error.constraint_name
    if named is None:
        found = _NAMED.search(str(error))
        named = found[1] if found else ""
    return _PARTITION.sub("", named)

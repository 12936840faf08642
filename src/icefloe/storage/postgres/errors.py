"""PostgreSQL's errors in the domain's words."""

import re

import asyncpg

from icefloe.domain.values import errors

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
    "answers_pkey": "idempotency_key",
}
# A partition's index is called like the whole table's, with the partition's number behind it; an error
# from another server names the constraint in its message alone.
_PARTITION = re.compile(r"_\d+$")
_NAMED = re.compile(r'unique constraint "([^"]+)"')

BUSY = "The database is busy; try again shortly."
AWAY = "The database does not answer; try again shortly."

# Whatever the driver and the way to the server raise.
DRIVER_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
# What comes of other work that goes on at the same time: doing it all again settles it.
COLLISIONS = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.ForeignKeyViolationError,  # somebody has removed what was there a moment ago
    asyncpg.InvalidCachedStatementError,
)
# The connection is gone, and with it whatever was not committed.
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
    """Whether the connection is gone, or was never made: what was not committed is lost."""
    # For asyncpg a value that is none of the column's is an InterfaceError: that is a fault of ours.
    return isinstance(error, _LOSSES) and not isinstance(error, ValueError)


def translate(error: Exception) -> Exception:
    """What to raise for an error of PostgreSQL or of the way there.

    Duplicate, StorageUnavailable, ConfigurationError, or RulesBroken for a value that is too long. An
    error that only a fault of ours can cause stays as it is.
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
        return errors.ConfigurationError(f"the database refuses: {error}")
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

"""The errors the domain raises; each docstring is the message where none is given.

IcefloeError
├── NotFound                    nothing that the caller may see has that name
│   ├── CustomerNotFound
│   ├── MemberNotFound
│   ├── OrganizationNotFound
│   ├── TokenNotFound
│   ├── PersonNotFound
│   ├── MembershipNotFound
│   ├── InvitationNotFound
│   ├── WebhookEndpointNotFound
│   └── WebhookEventNotFound
├── AuthenticationFailed        the token, password or link is not valid now
├── TooManyAttempts             wrong passwords came too often; says how long to wait
├── Duplicate                   a unique value is taken; says which field
├── RulesBroken                 values break the contract's rules; says which, and where (422)
│   └── BenefitPropertiesInvalid
├── NotPermitted                the caller may not do that, whatever the values (403)
│   └── DisputeAutoAcceptNotEnabled
├── InvalidValue                a value breaks a rule of ours; the message says which
├── StorageUnavailable          the database did not answer in time: try again
├── IncompatibleDatabase        the file is not one this program can use
└── ConfigurationError          a setting cannot be used; the message says what to do
"""

from dataclasses import dataclass


class IcefloeError(Exception):
    """Something went wrong."""

    def __str__(self) -> str:
        return super().__str__() or (self.__doc__ or "").strip()


class NotFound(IcefloeError):
    """Not found"""  # noqa: D415 - the contract's own words


class CustomerNotFound(NotFound):
    """Not found"""  # noqa: D415 - the contract's own words


class MemberNotFound(NotFound):
    """Member not found"""  # noqa: D415 - the contract's own words


class OrganizationNotFound(NotFound):
    """There is no such organization."""


class TokenNotFound(NotFound):
    """There is no such token."""


class PersonNotFound(NotFound):
    """There is no such person."""


class WebhookEndpointNotFound(NotFound):
    """Not found"""  # noqa: D415 - the contract's own words


class WebhookEventNotFound(NotFound):
    """Not found"""  # noqa: D415 - the contract's own words


class MembershipNotFound(NotFound):
    """The person is not in that organization."""


class InvitationNotFound(NotFound):
    """There is no such invitation, or it is not valid any more."""


class AuthenticationFailed(IcefloeError):
    """The access token provided is expired, revoked, malformed, or invalid for other reasons."""


class TooManyAttempts(IcefloeError):
    """Wrong passwords came too often.

    Attributes:
        wait_seconds: how long the next attempt must wait; 1 at least.
    """

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(f"too many attempts; try again in {wait_seconds} seconds")
        self.wait_seconds = wait_seconds


class Duplicate(IcefloeError):
    """A unique value is already taken.

    Attributes:
        field: the wire name of the field whose value is taken, such as `email`.
    """

    def __init__(self, field: str) -> None:
        super().__init__(f"another row has the same {field}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule.

    Attributes:
        kind: the contract's name for what is wrong, such as `value_error` or `missing`.
        place: where in the request the value stood: `body` or `query`, then the names of fields and the
            numbers of entries, from 0.
        message: what is wrong, in the contract's words.
        value: the value that broke the rule, as it was understood.
    """

    kind: str
    place: tuple[str | int, ...]
    message: str
    value: object = None


class RulesBroken(IcefloeError):
    """A change breaks rules that only the stored data can decide.

    Attributes:
        violations: every rule broken, in the contract's order.
    """

    def __init__(self, *violations: Violation) -> None:
        super().__init__("; ".join(violation.message for violation in violations))
        self.violations = violations


class BenefitPropertiesInvalid(RulesBroken):
    """What a benefit consists of cannot be given: it names what is not there."""


class NotPermitted(IcefloeError):
    """The caller may see it but not do that."""


class DisputeAutoAcceptNotEnabled(NotPermitted):
    """Disputes cannot be accepted automatically: this organization does not have that feature."""


class InvalidValue(IcefloeError):
    """A value breaks a rule."""


class StorageUnavailable(IcefloeError):
    """The database is busy; try again shortly."""


class IncompatibleDatabase(IcefloeError):
    """The database was made by a newer version of Icefloe."""


class ConfigurationError(IcefloeError):
    """A setting cannot be used."""

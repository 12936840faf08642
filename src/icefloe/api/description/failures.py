"""What error answers look like. For descriptions only: `api.errors` renders them.

The class of an error with one wire name has that name; its docstring says when it is given.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Failure(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class UnreadableBody(_Failure):
    """The body is not text in UTF-8."""

    detail: str
    """What is wrong, in words."""


class Unauthorized(_Failure):
    """The endpoint needs a token, and none was shown."""

    error: Literal["Unauthorized"]
    detail: str
    """The same word again."""


class InvalidToken(_Failure):
    """A token was shown that is unknown, expired, revoked or malformed."""

    error: Literal["invalid_token"]
    error_description: str
    """What is wrong, in words."""


class InsufficientScope(_Failure):
    """The token is valid, but holds none of the scopes that the endpoint asks for."""

    error: Literal["insufficient_scope"]
    error_description: str
    """What is wrong, in words."""


class NotPermitted(_Failure):
    """The token is valid and has the scope, but this may not be done with it."""

    error: Literal["NotPermitted"]
    detail: str
    """What is not permitted, in words."""


class DisputeAutoAcceptNotEnabled(_Failure):
    """Disputes cannot be accepted automatically: no organization here has that feature."""

    error: Literal["DisputeAutoAcceptNotEnabled"]
    detail: str
    """The same in words."""


class ResourceNotFound(_Failure):
    """Nothing that the caller may see has this identifier."""

    error: Literal["ResourceNotFound"]
    detail: str
    """What was not found, in words."""


class OffSessionChargesNotEnabled(_Failure):
    """Orders cannot be made for a customer who is not there: no organization here has that feature."""

    error: Literal["OffSessionChargesNotEnabled"]
    detail: str
    """The same in words."""


class InvoiceDoesNotExist(_Failure):
    """No invoice was asked for."""

    error: Literal["InvoiceDoesNotExist"]
    detail: str
    """The same in words."""


class ReceiptNotAllocated(_Failure):
    """Nothing was paid, so that there is no receipt."""

    error: Literal["ReceiptNotAllocated"]
    detail: str
    """The same in words."""


class OrderNotDraft(_Failure):
    """The order is no draft, so that it cannot be finalized."""

    error: Literal["OrderNotDraft"]
    detail: str
    """The same in words."""


class MissingInvoiceBillingDetails(_Failure):
    """The order has no name or address for an invoice."""

    error: Literal["MissingInvoiceBillingDetails"]
    detail: str
    """The same in words."""


class NotServed(_Failure):
    """The reference has it, and this server does not."""

    error: Literal["NotImplemented"]
    detail: str
    """What it is, in words."""


class AmbiguousExternalCustomerID(_Failure):
    """More than one customer that the caller may see has this external ID."""

    error: Literal["AmbiguousExternalCustomerID"]
    detail: str
    """What to do about it, in words."""


class LengthRequired(_Failure):
    """A request with a body came without a `Content-Length`."""

    error: Literal["LengthRequired"]
    detail: str
    """What is missing, in words."""


class RequestBodyTooLarge(_Failure):
    """The body has more than 10 MiB."""

    error: Literal["RequestBodyTooLarge"]
    detail: str
    """How large a body may be, in words."""


class ValidationError(_Failure):
    """One thing that is wrong with a request."""

    loc: list[str | int]
    """Where: `path`, `query` or `body`, then the names and indexes that lead to it."""

    msg: str
    """What is wrong, in words."""

    type: str
    """What is wrong, for programs."""

    input: Any = None
    """What was sent there."""

    ctx: dict[str, Any] = Field(default_factory=dict)
    """The values that the message speaks of."""


class HTTPValidationError(_Failure):
    """The request breaks rules; all of them are named at once."""

    detail: list[ValidationError] = Field(default_factory=list)
    """Each thing that is wrong."""


class ServiceUnavailable(_Failure):
    """The database is busy; `Retry-After` says in how many seconds to try again."""

    error: Literal["ServiceUnavailable"]
    detail: str
    """What is unavailable, in words."""

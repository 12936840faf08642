"""What each official client knows, and how it tells of what the server refused."""

from typing import Any

import pytest

from wire.programs import Client, Connection, Raised

# What each client must be able to tell of a customer; of later fields it may know more.
_MID_2025 = {
    "id", "created_at", "modified_at", "metadata", "external_id", "email", "email_verified", "name",
    "billing_address", "tax_id", "organization_id", "deleted_at", "avatar_url",
}  # fmt: skip
_SINCE_TEAMS = _MID_2025 | {"type", "billing_name", "locale", "default_payment_method_id"}
FIELDS = {
    "polar-sdk-0.22.1": _MID_2025,
    "polar-sdk-0.32.0": _SINCE_TEAMS,
    "polar-sdk-1.0.2": _SINCE_TEAMS | {"first_user_event_at"},
}
# The classes of an answer that no class is made for, nearest first.
PLAIN_ERRORS = {
    "polar-sdk-0.22.1": ["SDKError"],
    "polar-sdk-0.32.0": ["SDKError", "PolarError"],
    "polar-sdk-1.0.2": ["PolarClientError", "PolarError"],
}
# The classes that each exception made for one kind of answer can be caught by as well.
FAMILIES = {
    "polar-sdk-0.22.1": [],
    "polar-sdk-0.32.0": ["PolarError"],
    "polar-sdk-1.0.2": ["PolarClientError", "PolarError"],
}
# 0.22.1 tells the status of no answer that a class is made for.
TELLS_STATUS = {"polar-sdk-0.32.0", "polar-sdk-1.0.2"}

generation_0 = pytest.mark.parametrize(
    "client", ["polar-sdk-0.22.1", "polar-sdk-0.32.0"], indirect=True
)
generation_1 = pytest.mark.parametrize("client", ["polar-sdk-1.0.2"], indirect=True)
knowing_teams = pytest.mark.parametrize(
    "client", ["polar-sdk-0.32.0", "polar-sdk-1.0.2"], indirect=True
)

INSUFFICIENT_SCOPE = {
    "error": "insufficient_scope",
    "error_description": "The request requires higher privileges than provided by the access "
    "token.",
}
NOT_FOUND = {"error": "ResourceNotFound", "detail": "Not found"}


def as_known(client: Client, customer: dict[str, Any]) -> dict[str, Any]:
    """The fields of a customer on the wire that the client knows."""
    return {name: customer[name] for name in FIELDS[client.name]}


def problems(raised: Raised) -> list[tuple[list[str | int], str, str]]:
    """Place, kind and words of each problem that a validation error tells."""
    return [(one["loc"], one["type"], one["msg"]) for one in raised.body["detail"]]


def expect_plain(client: Client, raised: Raised, status: int, body: dict[str, Any]) -> None:
    """Check an exception for an answer that no class is made for."""
    assert [raised.name, *raised.bases] == PLAIN_ERRORS[client.name]
    assert raised.status == status
    assert raised.body == body


def expect_own(client: Client, raised: Raised, name: str, status: int) -> None:
    """Check that an exception is of the class made for that kind of answer."""
    assert raised.name == name
    assert raised.bases == FAMILIES[client.name]
    assert raised.status == (status if client.name in TELLS_STATUS else None)


def refusal(connection: Connection, act: str, **arguments: Any) -> Raised:
    """The exception that the client raises."""
    with pytest.raises(Raised) as raised:
        connection.do(act, **arguments)
    return raised.value


def expect_refused(connection: Connection, act: str, **arguments: Any) -> None:
    """Check that the token's scopes are not enough: the client's plain error, with status 403."""
    raised = refusal(connection, act, **arguments)
    expect_plain(connection.client, raised, 403, INSUFFICIENT_SCOPE)

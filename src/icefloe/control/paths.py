"""Where in a request something stands: what a path names, and what is wrong with a body."""

from uuid import UUID

from icefloe.api.messages import Request
from icefloe.api.schemas.paths import read_any_uuid
from icefloe.api.schemas.problems import encodable, encodable_text
from icefloe.domain.values.organizations import Organization


async def find_organization(request: Request) -> Organization:
    """The organization that the path names. Raises OrganizationNotFound."""
    return await request.services.organizations.get(read_id(request, "organization_id"))


def read_id(request: Request, name: str) -> UUID:
    """The identifier in one of the path's places. Raises RequestInvalid."""
    return read_any_uuid(request.path_parameters[name], name)


def problem(place: tuple[str | int, ...], message: str) -> dict[str, object]:
    """What is wrong at a place, in the API's form."""
    return {
        "type": "value_error",
        "loc": encodable(place),
        "msg": encodable_text(message),
        "input": None,
    }

"""What stands in a path: identifiers."""

from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from icefloe.api.errors import RequestInvalid
from icefloe.api.schemas.identifiers import Uuid4
from icefloe.api.schemas.problems import problems

_UUID4 = TypeAdapter(Uuid4)


def read_uuid4(text: str, name: str) -> UUID:
    """The identifier that stands at `name` in a path; must be of version 4.

    Raises:
        RequestInvalid: it is not one.
    """
    try:
        return _UUID4.validate_python(text)
    except ValidationError as error:
        raise RequestInvalid(problems(error, prefix=("path", name))) from error

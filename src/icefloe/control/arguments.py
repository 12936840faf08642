"""What a request says: its body and its parameters, as models."""

from typing import TypeVar

from pydantic import ValidationError

from icefloe.api.errors import RequestInvalid
from icefloe.api.messages import Request
from icefloe.api.schemas import queries
from icefloe.api.schemas.models import Model
from icefloe.api.schemas.problems import problems

Given = TypeVar("Given", bound=Model)


def read_body(request: Request, model: type[Given]) -> Given:
    """The body as a model; an empty one if there is no body. Raises RequestInvalid."""
    try:
        return model.read({} if request.value is None else request.value)
    except ValidationError as error:
        raise RequestInvalid(problems(error)) from error


def read_parameters(request: Request, model: type[Given]) -> Given:
    """The query string as a model. Raises RequestInvalid."""
    return queries.validate(model, queries.gather(queries.read_pairs(request.query_string)))

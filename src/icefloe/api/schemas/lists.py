"""The query parameters of `GET /v1/customers/`."""

from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from icefloe.api import deep_object
from icefloe.api.errors import RequestInvalid
from icefloe.api.schemas.identifiers import Uuid4
from icefloe.api.schemas.problems import problems
from icefloe.api.sorting import CustomerSortProperty
from icefloe.domain.listing import DEFAULT_LIMIT

# The reference takes one identifier or many, and names both readings in its errors' places; the
# second name is its validation library's internal one.
_ONE = "uuid"
_MANY = "json-or-python[json=list[uuid],python=chain[is-instance[Sequence],function-wrap[sequence_validator()]]]"  # noqa: E501 - one name
_LISTS = frozenset({"sorting", "organization_id"})


class CustomerListParameters(BaseModel):
    """The parameters, in the order in which the reference reports what is wrong with them."""

    model_config = ConfigDict(frozen=True)

    page: Annotated[int, Field(gt=0)] = 1
    limit: Annotated[int, Field(gt=0)] = DEFAULT_LIMIT
    sorting: list[CustomerSortProperty] = [CustomerSortProperty.created_at_descending]
    organization_id: list[Uuid4] | None = None
    email: str | None = None
    query: str | None = None
    active: bool | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()


_NAMES = frozenset(CustomerListParameters.model_fields) - {"metadata", "unknown"}


def read_customer_list(query_string: bytes) -> CustomerListParameters:
    """The parameters that a query string gives.

    Of a parameter given twice the last counts, but for `sorting`, `organization_id` and metadata,
    which may be many. `metadata` holds pairs of key and value; `unknown`, each once, the names of
    parameters that mean nothing here.

    Raises:
        RequestInvalid: with every problem found.
    """
    values: dict[str, Any] = {}
    metadata: list[tuple[str, str]] = []
    unknown: dict[str, None] = {}
    for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
        if name in _LISTS:
            values.setdefault(name, []).append(value)
        elif name in _NAMES:
            values[name] = value
        elif (key := deep_object.metadata_key(name)) is not None:
            metadata.append((key, value))
        else:
            unknown[name] = None
    values["metadata"], values["unknown"] = tuple(metadata), tuple(unknown)
    try:
        return CustomerListParameters.model_validate(values)
    except ValidationError as error:
        raise RequestInvalid(_problems(error, values)) from error


def _problems(error: ValidationError, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The problems as the reference reports them: a wrong identifier is wrong in two readings."""
    reported: list[dict[str, Any]] = []
    both_reported = False
    for problem in problems(error, prefix=("query",)):
        if problem["loc"][1] == "organization_id":
            if not both_reported:
                reported.append(
                    {
                        "type": "uuid_type",
                        "loc": ["query", "organization_id", _ONE],
                        "msg": "UUID input should be a string, bytes or UUID object",
                        "input": values["organization_id"],
                    }
                )
                both_reported = True
            problem["loc"].insert(2, _MANY)
        reported.append(problem)
    return reported

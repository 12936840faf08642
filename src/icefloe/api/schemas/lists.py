"""The query parameters of the customers' endpoints."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from icefloe.api.schemas import queries
from icefloe.api.schemas.identifiers import Uuid4, Uuids4
from icefloe.api.schemas.models import Model
from icefloe.api.sorting import CustomerSortProperty
from icefloe.domain.growth import Interval
from icefloe.domain.values.listing import DEFAULT_LIMIT

_LISTS = frozenset({"sorting", "organization_id"})


class PageParameters(Model):
    """Which page of a list."""

    model_config = ConfigDict(frozen=True)

    page: Annotated[int, Field(gt=0)] = 1
    limit: Annotated[int, Field(gt=0)] = DEFAULT_LIMIT


class CustomerListParameters(PageParameters):
    """The parameters, in the order in which the reference reports what is wrong with them.

    `metadata` holds pairs of key and value; `unknown`, each once, the names of parameters that mean
    nothing here.
    """

    sorting: tuple[CustomerSortProperty, ...] = (CustomerSortProperty.created_at_descending,)
    organization_id: Uuids4 | None = None
    email: str | None = None
    query: str | None = None
    active: bool | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()


class ObjectListParameters(PageParameters):
    """The parameters that lists of commerce have in common; a resource's own follow.

    `unknown` is as for customers.
    """

    organization_id: Uuids4 | None = None
    unknown: tuple[str, ...] = ()


class NotedListParameters(ObjectListParameters):
    """The same of lists that can be narrowed by metadata: pairs of key and value."""

    metadata: tuple[tuple[str, str], ...] = ()


class ExportParameters(Model):
    """The parameters of an export."""

    organization_id: Uuids4 | None = None


class DeletionParameters(Model):
    """The parameters of a deletion."""

    anonymize: bool = False


class GrowthParameters(Model):
    """The parameters of the growth of an organization's customers."""

    organization_id: Uuid4
    start: datetime
    end: datetime
    interval: Interval


def read_customer_list(query_string: bytes) -> CustomerListParameters:
    """The parameters of a list of customers.

    Of a parameter given twice the last counts, but for `sorting`, `organization_id` and metadata,
    which may be many.

    Raises:
        RequestInvalid: with every problem found.
    """
    return queries.read_list(CustomerListParameters, query_string, lists=_LISTS)


def read_page(query_string: bytes) -> PageParameters:
    """The parameters of a list without filters. Raises RequestInvalid."""
    return queries.validate(PageParameters, queries.gather(queries.read_pairs(query_string)))


def read_export(query_string: bytes) -> ExportParameters:
    """The parameters of an export. Raises RequestInvalid."""
    pairs = queries.read_pairs(query_string)
    return queries.validate(ExportParameters, queries.gather(pairs, lists=_LISTS))


def read_deletion(query_string: bytes) -> DeletionParameters:
    """The parameters of a deletion. Raises RequestInvalid."""
    return queries.validate(DeletionParameters, queries.gather(queries.read_pairs(query_string)))


def read_growth(query_string: bytes) -> GrowthParameters:
    """The parameters of growth. Raises RequestInvalid."""
    return queries.validate(GrowthParameters, queries.gather(queries.read_pairs(query_string)))

"""The query parameters of the list of organizations."""

from icefloe.api.schemas import queries
from icefloe.api.schemas.lists import PageParameters
from icefloe.api.sorting import OrganizationSortProperty


class OrganizationListParameters(PageParameters):
    """The parameters, in the order in which the reference reports what is wrong with them.

    `unknown` holds, each once, the names of parameters that mean nothing here.
    """

    sorting: tuple[OrganizationSortProperty, ...] = (OrganizationSortProperty.created_at,)
    slug: str | None = None
    unknown: tuple[str, ...] = ()


def read_organization_list(query_string: bytes) -> OrganizationListParameters:
    """The parameters of a list of organizations.

    Of a parameter given twice the last one wins, except `sorting`, which may be repeated.

    Raises:
        RequestInvalid: with every problem found.
    """
    return queries.read_list(OrganizationListParameters, query_string)

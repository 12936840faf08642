"""The query parameters of lists of benefit grants."""

from enum import StrEnum

from icefloe.api.schemas import queries
from icefloe.api.schemas.identifiers import Uuids4
from icefloe.api.schemas.lists import ObjectListParameters, PageParameters

_LISTS = frozenset({"customer_id", "external_customer_id", "organization_id", "sorting"})
_OWN_LISTS = frozenset({"customer_id", "member_id"})


class BenefitGrantSortProperty(StrEnum):
    """What grants can be sorted by."""

    created_at = "created_at"
    created_at_descending = "-created_at"
    granted_at = "granted_at"
    granted_at_descending = "-granted_at"
    revoked_at = "revoked_at"
    revoked_at_descending = "-revoked_at"


class BenefitGrantListParameters(ObjectListParameters):
    """The parameters of a list of grants."""

    customer_id: Uuids4 | None = None
    external_customer_id: list[str] | None = None
    is_granted: bool | None = None
    sorting: tuple[BenefitGrantSortProperty, ...] = (
        BenefitGrantSortProperty.created_at_descending,
    )


class GrantsOfBenefitParameters(PageParameters):
    """The parameters of a list of one benefit's grants."""

    is_granted: bool | None = None
    customer_id: Uuids4 | None = None
    member_id: Uuids4 | None = None
    unknown: tuple[str, ...] = ()


def read_grant_list(query_string: bytes) -> BenefitGrantListParameters:
    """The parameters of a list of grants. Raises RequestInvalid."""
    return queries.read_list(BenefitGrantListParameters, query_string, lists=_LISTS)


def read_grants_of_benefit(query_string: bytes) -> GrantsOfBenefitParameters:
    """The parameters of a list of one benefit's grants. Raises RequestInvalid."""
    return queries.read_list(GrantsOfBenefitParameters, query_string, lists=_OWN_LISTS)

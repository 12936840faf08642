"""The query parameters of the members' endpoints."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from icefloe.api.schemas import queries
from icefloe.api.schemas.fields import choice
from icefloe.api.schemas.identifiers import AnyUuid
from icefloe.api.schemas.lists import PageParameters
from icefloe.api.sorting import MemberSortProperty
from icefloe.domain.values.members import MemberRole

_LISTS = frozenset({"sorting"})


class MemberListParameters(PageParameters):
    """The parameters, in the order in which the reference reports what is wrong with them.

    `customer_id` is as it was sent: a malformed one is no mistake of form to the reference.
    `unknown` holds, each once, the names of parameters that mean nothing here.
    """

    sorting: tuple[MemberSortProperty, ...] = (MemberSortProperty.created_at_descending,)
    customer_id: str | None = None
    external_customer_id: str | None = None
    role: Annotated[MemberRole, choice("owner", "billing_manager", "member")] | None = None
    unknown: tuple[str, ...] = ()


class CustomerOfMemberParameters(BaseModel):
    """The customer whose member a deprecated endpoint is about."""

    model_config = ConfigDict(frozen=True)

    customer_id: AnyUuid | None = None
    external_customer_id: str | None = None


_NAMES = frozenset(MemberListParameters.model_fields) - {"unknown"}


def read_member_list(query_string: bytes) -> MemberListParameters:
    """The parameters of a list of members; of one given twice the last counts, but for `sorting`.

    Raises:
        RequestInvalid: with every problem found.
    """
    pairs = queries.read_pairs(query_string)
    values = queries.gather([pair for pair in pairs if pair[0] in _NAMES], lists=_LISTS)
    values["unknown"] = tuple(dict.fromkeys(name for name, _ in pairs if name not in _NAMES))
    return queries.validate(MemberListParameters, values)


def read_customer_of_member(query_string: bytes) -> CustomerOfMemberParameters:
    """The parameters that name a member's customer. Raises RequestInvalid."""
    values = queries.gather(queries.read_pairs(query_string))
    return queries.validate(CustomerOfMemberParameters, values)

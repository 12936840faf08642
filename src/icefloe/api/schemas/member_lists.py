"""The query parameters of the members' endpoints."""

from typing import Annotated

from pydantic import ConfigDict

from icefloe.api.schemas import queries
from icefloe.api.schemas.fields import choice
from icefloe.api.schemas.identifiers import AnyUuid
from icefloe.api.schemas.lists import PageParameters
from icefloe.api.schemas.models import Model
from icefloe.api.sorting import MemberSortProperty
from icefloe.domain.values.members import MemberRole


class CustomerMemberListParameters(PageParameters):
    """The parameters, in the order in which the reference reports what is wrong with them.

    `unknown` holds, each once, the names of parameters that mean nothing here.
    """

    sorting: tuple[MemberSortProperty, ...] = (MemberSortProperty.created_at_descending,)
    role: Annotated[MemberRole, choice("owner", "billing_manager", "member")] | None = None
    unknown: tuple[str, ...] = ()


class MemberListParameters(CustomerMemberListParameters):
    """The parameters of a list of all customers' members.

    `customer_id` is as it was sent: a malformed one is no mistake of form to the reference.
    """

    customer_id: str | None = None
    external_customer_id: str | None = None


class CustomerOfMemberParameters(Model):
    """The customer whose member a deprecated endpoint is about."""

    model_config = ConfigDict(frozen=True)

    customer_id: AnyUuid | None = None
    external_customer_id: str | None = None


def read_member_list(query_string: bytes) -> MemberListParameters:
    """The parameters of a list of all customers' members.

    Of a parameter given twice the last one wins, except `sorting`, which may be repeated.

    Raises:
        RequestInvalid: with every problem found.
    """
    return queries.read_list(MemberListParameters, query_string)


def read_customer_member_list(query_string: bytes) -> CustomerMemberListParameters:
    """The parameters of a list of one customer's members. Errors as `read_member_list`."""
    return queries.read_list(CustomerMemberListParameters, query_string)


def read_customer_of_member(query_string: bytes) -> CustomerOfMemberParameters:
    """The parameters that name a member's customer. Raises RequestInvalid."""
    values = queries.gather(queries.read_pairs(query_string))
    return queries.validate(CustomerOfMemberParameters, values)

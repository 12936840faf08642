"""What requests hold, as the OpenAPI documents describe it. For descriptions only.

Bodies are the models that read them, under the reference's names and with a sentence for each field.
A class named `…Parameters` is no object on the wire: its fields are query parameters, and headers
where they say so. Nothing imports this module but what makes the documents.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import UUID4, BaseModel, ConfigDict, Discriminator, Field, Tag, WithJsonSchema
from typing_extensions import TypeAliasType

from icefloe.api.description.answers import CustomerType, MemberRole, one_of
from icefloe.api.schemas import customers, fields, members
from icefloe.api.sorting import (
    CustomerSortProperty,
    MemberSortProperty,
    OrganizationSortProperty,
)
from icefloe.domain.values import addresses
from icefloe.domain.values.listing import DEFAULT_LIMIT

_CUSTOMER_ID = "992fae2a-2a17-4b7a-8d9e-e287cf90131b"
_MEMBER_ID = "5b0d2f8e-6c1a-4f0e-9b57-3c8a1f6d2e90"
_ORGANIZATION_ID = "1dbfc517-0bbf-4301-9ba8-555ca42b9737"

_CUSTOMER_FIELDS = {
    "metadata": "Up to 50 texts (of 1 to 500 characters), numbers and booleans under keys of 1 to 40"
    " characters. A change replaces them all.",
    "external_id": "Your own identifier for the customer, unique within the organization. Once set,"
    " it stays. White space around it is cut; blank is null.",
    "email": "The e-mail address, unique within the organization whatever its letter case.",
    "name": "The customer's name. Blank is null.",
    "billing_address": "The address for invoices. A change replaces all of it; once set, it cannot"
    " be taken away.",
    "tax_id": "The tax number alone: its format is found by the billing address's country, which it"
    " needs. Kept in the format's compact form.",
    "locale": "The customer's language, a BCP 47 tag.",
    "organization_id": "Not with an organization's token, which says it already.",
    "owner": "The member who will own the customer; what is left out is the customer's own.",
    "type": "One person (`individual`), or several (`team`). An individual can become a team, a team"
    " never an individual.",
}
_MEMBER_FIELDS = {
    "customer_id": "The customer that the member is for.",
    "email": "The person's e-mail address, unique within the customer whatever its letter case.",
    "name": "The person's name.",
    "external_id": "Your own identifier for the person, unique within the customer.",
    "role": "What the person may do for the customer. Giving `owner` to a member makes the present"
    " owner a `billing_manager`.",
}
_ADDRESS_FIELDS = {
    "line1": "The first line, such as street and number.",
    "line2": "The second line.",
    "postal_code": "In the country's own form.",
    "city": "The city's name.",
    "state": "In the United States and Canada one of theirs, with the country before it or without"
    " (`US-NY`, `NY`); free text elsewhere.",
    "country": "The country's ISO 3166-1 alpha-2 code.",
}


def described(fields: Mapping[str, str], example: Mapping[str, Any]) -> ConfigDict:
    """A configuration that puts sentences to a body's fields, and an example to the body."""

    def describe(schema: dict[str, Any]) -> None:
        for name, field in schema["properties"].items():
            field.setdefault("description", fields[name])
        schema["examples"] = [dict(example)]

    return ConfigDict(json_schema_extra=describe)


# --- bodies -------------------------------------------------------------------------------------


class AddressInput(fields.AddressBody):
    """A postal address as it is sent."""

    model_config = described(_ADDRESS_FIELDS, {"country": "US", "state": "NY"})

    country: Annotated[
        str,
        one_of(*addresses.ACCEPTED_COUNTRIES, description=_ADDRESS_FIELDS["country"]),
    ]


class MemberOwnerCreate(members.OwnerBody):
    """The owner of a new customer."""

    model_config = described(_MEMBER_FIELDS, {"email": "jane.doe@example.com"})


class CustomerIndividualCreate(customers.NewIndividualBody):
    """A new customer who is one person."""

    model_config = described(
        _CUSTOMER_FIELDS,
        {
            "email": "customer@example.com",
            "name": "John Doe",
            "external_id": "usr_1337",
            "metadata": {"plan": "pro"},
        },
    )

    billing_address: AddressInput | None = None
    owner: MemberOwnerCreate | None = None


class CustomerTeamCreate(customers.NewTeamBody):
    """A new customer of several people; it has an address of its own, or an owner who has one."""

    model_config = described(
        _CUSTOMER_FIELDS,
        {"type": "team", "name": "Example Ltd", "owner": {"email": "jane.doe@example.com"}},
    )

    billing_address: AddressInput | None = None
    owner: MemberOwnerCreate | None = None


def _type(body: object) -> str:
    raise NotImplementedError(body)  # nothing is read with these models


# Not told apart by `type` itself: where it is left out, the customer is an individual.
CustomerCreate = TypeAliasType(
    "CustomerCreate",
    Annotated[
        Annotated[CustomerIndividualCreate, Tag("individual")]
        | Annotated[CustomerTeamCreate, Tag("team")],
        Discriminator(_type),
    ],
)


class CustomerUpdateExternalID(customers.ExternalCustomerChangeBody):
    """What to change about a customer found by external ID; what is left out stays as it is."""

    model_config = described(_CUSTOMER_FIELDS, {"name": "Jane Doe"})

    billing_address: AddressInput | None = None


class CustomerUpdate(customers.CustomerChangeBody):
    """What to change about a customer; what is left out stays as it is."""

    model_config = described(_CUSTOMER_FIELDS, {"name": "Jane Doe"})

    billing_address: AddressInput | None = None
    type: CustomerType | None = None


class MemberCreateFromCustomer(members.NewMemberBody):
    """A new member of the customer in the path."""

    model_config = described(
        _MEMBER_FIELDS, {"email": "member@example.com", "name": "Jane Doe", "role": "member"}
    )


class MemberCreate(members.NewMemberOfCustomerBody):
    """A new member, and the customer it is for."""

    model_config = described(
        _MEMBER_FIELDS, {"customer_id": _CUSTOMER_ID, "email": "member@example.com"}
    )


class MemberUpdate(members.MemberChangeBody):
    """What to change about a member; what is left out or null stays as it is."""

    model_config = described(_MEMBER_FIELDS, {"name": "Jane Doe"})

    role: MemberRole | None = None


# --- places, query parameters and headers -------------------------------------------------------

_Organization = Annotated[UUID4, Field(examples=[_ORGANIZATION_ID])]
MetadataQuery = TypeAliasType(
    "MetadataQuery",
    Annotated[
        Any,
        WithJsonSchema(
            {
                "anyOf": [
                    {
                        "type": "object",
                        "additionalProperties": {
                            "anyOf": [
                                {"type": "string"},
                                {"type": "integer"},
                                {"type": "boolean"},
                                {"type": "array", "items": {"type": "string"}},
                                {"type": "array", "items": {"type": "integer"}},
                                {"type": "array", "items": {"type": "boolean"}},
                            ]
                        },
                    },
                    {"type": "null"},
                ]
            }
        ),
    ],
)
TimeInterval = TypeAliasType(
    "TimeInterval",
    Annotated[
        str, one_of("year", "month", "week", "day", "hour", description="How long an interval is.")
    ],
)


class _Parameters(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class Places(_Parameters):
    """What stands in the places of a path."""

    id: UUID4 = Field(examples=[_CUSTOMER_ID])
    """The customer's identifier."""

    external_id: str = Field(examples=["usr_1337"])
    """Your own identifier for the customer."""

    member_id: UUID = Field(examples=[_MEMBER_ID])
    """The member's identifier."""

    member_external_id: str = Field(examples=["usr_1337"])
    """Your own identifier for the member."""


class OrganizationPlaces(_Parameters):
    """What stands in the place of an organization's path."""

    id: UUID4 = Field(examples=[_ORGANIZATION_ID])
    """The organization's identifier."""


class PageParameters(_Parameters):
    """Which page of a list."""

    page: int = Field(default=1, gt=0)
    """The page's number, from 1."""

    limit: int = Field(default=DEFAULT_LIMIT, gt=0, examples=[25])
    """How many items a page has at most. More than 100 counts as 100."""


class ObjectPlaces(_Parameters):
    """What stands in the place of a path; each noun says it in its own words."""


class ObjectListParameters(PageParameters):
    """What lists of commerce have in common."""

    organization_id: _Organization | list[_Organization] | None = None
    """Only those of this organization, or of these."""


class NotedListParameters(ObjectListParameters):
    """The same of lists that can be narrowed by metadata."""

    metadata: MetadataQuery = None
    """Only those with this metadata, as `metadata[key]=value`. Several values of one key are
    alternatives; several keys must all fit."""


class CustomerExportParameters(_Parameters):
    """Which customers to export."""

    organization_id: _Organization | list[_Organization] | None = None
    """Only customers of this organization, or of these."""


class _CustomerFilters(CustomerExportParameters):
    email: str | None = None
    """Only the customer with this e-mail address, in any letter case."""

    query: str | None = None
    """Only customers whose e-mail address, name or billing name holds this text, or whose external
    ID begins with it, in any letter case."""

    active: bool | None = None
    """Only customers with a subscription that is active, on trial or past due; or only those
    without."""


class CustomerListParameters(PageParameters, _CustomerFilters):
    """Which customers to list, in which order."""

    sorting: list[CustomerSortProperty] | None = Field(
        default=[CustomerSortProperty.created_at_descending], examples=[["name"]]
    )
    """The order: may be given several times, the first counts most; a `-` before the word turns it
    round."""

    metadata: MetadataQuery = None
    """Only customers with this metadata, as `metadata[key]=value`. Several values of one key are
    alternatives; several keys must all fit."""


class CustomerDeleteParameters(_Parameters):
    """How to delete a customer."""

    anonymize: bool = False
    """Whether to make e-mail address, name and billing name unreadable and drop the billing
    address. The name of a customer with a tax number is kept."""


class CustomerGrowthParameters(_Parameters):
    """Which intervals to count in."""

    organization_id: UUID4 = Field(examples=[_ORGANIZATION_ID])
    """The organization whose customers to count."""

    start: datetime = Field(examples=["2026-01-01T00:00:00Z"])
    """A moment in the first interval."""

    end: datetime = Field(examples=["2026-06-30T00:00:00Z"])
    """A moment in the last interval."""

    interval: TimeInterval = Field(examples=["month"])
    """How long an interval is. A range may span 7 days by hour, 366 by day, 371 by week, 1,460 by
    month and 3,650 by year."""


class CustomerOfMemberParameters(_Parameters):
    """Whose member: one of the two must be given."""

    customer_id: str | None = Field(default=None, examples=[_CUSTOMER_ID])
    """The customer's identifier."""

    external_customer_id: str | None = None
    """Your own identifier for the customer."""


class CustomerMemberListParameters(PageParameters):
    """Which of a customer's members to list, in which order."""

    role: MemberRole | None = None
    """Only members with this role."""

    sorting: list[MemberSortProperty] | None = Field(
        default=[MemberSortProperty.created_at_descending]
    )
    """The order; a `-` before the word turns it round."""


class _OfCustomerFilters(_Parameters):
    customer_id: str | None = None
    """Only members of the customer with this identifier."""

    external_customer_id: str | None = None
    """Only members of the customer with this identifier of your own."""


class MemberListParameters(CustomerMemberListParameters, _OfCustomerFilters):
    """Which members to list, in which order."""


class OrganizationListParameters(PageParameters):
    """Which organizations to list, in which order."""

    slug: str | None = None
    """Only the organization with this slug, in any letter case."""

    sorting: list[OrganizationSortProperty] | None = Field(
        default=[OrganizationSortProperty.created_at]
    )
    """The order; a `-` before the word turns it round."""


class IdempotencyParameters(_Parameters):
    """How to send a request again without doing it twice."""

    idempotency_key: str | None = Field(
        default=None, alias="Idempotency-Key", json_schema_extra={"in": "header"}
    )
    """A word of your choice. Within 24 hours, the same word with the same body gets the same answer,
    and nothing is made twice; with another body it is a 422."""

"""What good answers look like. For descriptions only: stored documents are what is sent.

A class or alias is named as the reference's OpenAPI document names it. Nothing imports this module
but what makes the documents, and that only when one is asked for.
"""

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar, get_args

from pydantic import UUID4, BaseModel, ConfigDict, Discriminator, Field, WithJsonSchema
from typing_extensions import TypeAliasType

from icefloe.domain.values import addresses, customers, members, tax_id_formats

_Item = TypeVar("_Item")


def one_of(*values: str, description: str) -> WithJsonSchema:
    """The schema of a text that is one of `values`."""
    return WithJsonSchema({"type": "string", "enum": list(values), "description": description})


TaxIDFormat = TypeAliasType(
    "TaxIDFormat",
    Annotated[
        str, one_of(*tax_id_formats.FORMATS, description="A kind of tax number, by Stripe's name.")
    ],
)
CustomerType = TypeAliasType(
    "CustomerType",
    Annotated[
        customers.CustomerType,
        one_of(*get_args(customers.CustomerType), description="One person, or several."),
    ],
)
MemberRole = TypeAliasType(
    "MemberRole",
    Annotated[
        members.MemberRole,
        one_of(*get_args(members.MemberRole), description="What a member may do for the customer."),
    ],
)
MetadataOutputType = TypeAliasType("MetadataOutputType", dict[str, str | int | float | bool])


class Answer(BaseModel):
    """A JSON object that the service sends; a docstring under a field is its description."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Kept(Answer):
    """Anything with an identifier and a history."""

    id: UUID4
    """Its identifier here."""

    created_at: datetime
    """When it was made."""

    modified_at: datetime | None
    """When it was last changed; null until it is."""


class Pagination(Answer):
    """Where a page stands in the whole list."""

    total_count: int
    """How many items there are on all pages."""

    max_page: int
    """The number of the last page that holds an item; 0 where there is none."""


class ListResource(Answer, Generic[_Item]):
    """One page of a list."""

    items: list[_Item]
    """What is on this page."""

    pagination: Pagination


class Address(Answer):
    """A postal address."""

    line1: str | None = None
    """The first line, such as street and number."""

    line2: str | None = None
    """The second line."""

    postal_code: str | None = None
    """In the country's own form."""

    city: str | None = None
    """The city's name."""

    state: str | None = None
    """`US-NY` or `CA-ON` in those two countries, free text elsewhere."""

    country: Annotated[
        str, one_of(*addresses.COUNTRIES, description="The country's ISO 3166-1 alpha-2 code.")
    ] = Field(examples=["US", "SE", "FR"])


class _Customer(Kept):
    """What customers of both types have."""

    metadata: MetadataOutputType
    """Texts, numbers and booleans of the organization's own."""

    external_id: str | None = Field(default=None, examples=["usr_1337"])
    """The organization's own identifier for the customer, unique within it. Once set, it stays."""

    email: str | None = Field(examples=["customer@example.com"])
    """The e-mail address, unique within the organization whatever its letter case."""

    email_verified: bool
    """Whether the customer has shown that the address is theirs."""

    type: str
    """One person (`individual`), or several (`team`)."""

    name: str | None = Field(examples=["John Doe"])
    """The customer's name."""

    billing_name: str | None = Field(examples=["John Doe"])
    """The name for invoices; the customer's name where no other is set."""

    billing_address: Address | None
    """The address for invoices."""

    tax_id: tuple[str, TaxIDFormat] | None = Field(
        examples=[["911144442", "us_ein"], ["FR61954506077", "eu_vat"]]
    )
    """The tax number and its format."""

    locale: str | None = Field(default=None, examples=["en-US"])
    """The customer's language, a BCP 47 tag."""

    organization_id: UUID4 = Field(examples=["1dbfc517-0bbf-4301-9ba8-555ca42b9737"])
    """The organization whose customer this is."""

    default_payment_method_id: UUID4 | None = None
    """The payment method used unless another is chosen."""

    deleted_at: datetime | None
    """When the customer was deleted."""

    first_user_event_at: datetime | None
    """When the first event of this customer happened; may be before `created_at`."""

    avatar_url: str | None
    """Where a picture for the e-mail address is; null only for a team without any address."""


class CustomerIndividual(_Customer):
    """A customer who is one person."""

    email: str = Field(examples=["customer@example.com"])
    type: Literal["individual"]


class CustomerTeam(_Customer):
    """A customer of several people, its members."""

    email: str | None = Field(default=None, examples=["customer@example.com"])
    type: Literal["team"]


Customer = TypeAliasType(
    "Customer", Annotated[CustomerIndividual | CustomerTeam, Discriminator("type")]
)


class Member(Kept):
    """A person who acts for a customer."""

    customer_id: UUID4
    """The customer."""

    email: str = Field(examples=["member@example.com"])
    """The person's e-mail address, unique within the customer whatever its letter case."""

    name: str | None = Field(examples=["Jane Doe"])
    """The person's name."""

    external_id: str | None = Field(examples=["usr_1337"])
    """The organization's own identifier for the person, unique within the customer."""

    role: MemberRole
    """What the person may do for the customer; each customer has exactly one owner."""


class CustomerGrowthPoint(Answer):
    """How many customers there were in one interval."""

    timestamp: datetime
    """The beginning of the interval."""

    new_customers: int
    """How many were made in it."""

    total_customers: int
    """How many had been made by its end."""


CustomerGrowth = TypeAliasType("CustomerGrowth", list[CustomerGrowthPoint])


class Health(Answer):
    """All is well."""

    status: Literal["ok"]

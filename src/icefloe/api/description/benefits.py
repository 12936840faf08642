"""What requests and answers about benefits hold. For descriptions only."""

from typing import Annotated, Literal

from pydantic import UUID4, Discriminator, Field
from typing_extensions import TypeAliasType

from icefloe.api.commerce.schemas import benefits as schemas
from icefloe.api.description.answers import Kept, MetadataOutputType, one_of
from icefloe.api.description.commerce_answers import BenefitType
from icefloe.api.description.requests import NotedListParameters, ObjectPlaces
from icefloe.domain.values.benefits import Visibility

_BENEFIT_ID = "397a17aa-15cf-4cb4-9333-18040203cf98"

BenefitVisibility = TypeAliasType(
    "BenefitVisibility", Annotated[str, one_of(*Visibility, description="Who sees it.")]
)


class _Benefit(Kept):
    description: str
    """What customers read."""

    selectable: bool
    """Whether it can be put on products."""

    deletable: bool
    """Whether it can be deleted."""

    is_deleted: bool
    """Whether it was deleted."""

    organization_id: UUID4
    """Whose it is."""

    metadata: MetadataOutputType
    """Texts, numbers and booleans of the organization's own."""

    visibility: BenefitVisibility

    visibility_configurable: bool
    """Whether `visibility` can be changed."""


class BenefitCustom(_Benefit):
    """A benefit of any kind that is explained by a note."""

    type: Literal["custom"]
    properties: schemas.BenefitCustomCreateProperties
    is_tax_applicable: bool
    """Whether it is taxed; always."""


class BenefitLicenseKeys(_Benefit):
    """A licence key."""

    type: Literal["license_keys"]
    properties: schemas.BenefitLicenseKeysCreateProperties


class BenefitMeterCredit(_Benefit):
    """Units of a meter."""

    type: Literal["meter_credit"]
    properties: schemas.BenefitMeterCreditCreateProperties


class BenefitFeatureFlag(_Benefit):
    """A feature that is switched on."""

    type: Literal["feature_flag"]
    properties: schemas.BenefitFeatureFlagCreateProperties


Benefit = TypeAliasType(
    "Benefit",
    Annotated[
        BenefitCustom | BenefitLicenseKeys | BenefitMeterCredit | BenefitFeatureFlag,
        Discriminator("type"),
    ],
)
BenefitCreate = TypeAliasType(
    "BenefitCreate", Annotated[schemas.NewBenefitBody, Discriminator("type")]
)
BenefitUpdate = TypeAliasType("BenefitUpdate", schemas.BenefitChangeBody)


class BenefitPlaces(ObjectPlaces):
    """What stands in the place of a benefit's path."""

    id: UUID4 = Field(examples=[_BENEFIT_ID])
    """The benefit's identifier."""


class BenefitListParameters(NotedListParameters):
    """Which benefits to list, in which order."""

    type: BenefitType | list[BenefitType] | None = None
    """Only benefits of this type, or of these."""

    id: UUID4 | list[UUID4] | None = None
    """Only the benefit with this identifier, or those with these."""

    exclude_id: UUID4 | list[UUID4] | None = None
    """Not the benefit with this identifier, or those with these."""

    query: str | None = None
    """Only benefits whose description holds this text, in any letter case."""

    sorting: list[schemas.BenefitSortProperty] | None = Field(
        default=[schemas.BenefitSortProperty.created_at_descending]
    )
    """The order: may be given several times, the first counts most; a `-` before the word turns it
    round. `user_order` is the order of creation."""

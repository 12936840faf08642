"""The bodies that make and change benefits, and the query parameters of their lists.

The fields stand in the order in which the reference checks them. The names of the models of changes are
part of messages on the wire.
"""

import functools
from enum import StrEnum
from typing import Annotated, Literal, cast

from pydantic import Discriminator, Field, TypeAdapter, field_validator

from icefloe.api.schemas import queries
from icefloe.api.schemas.fields import Body, Metadata, Schema, context, refuse_absence
from icefloe.api.schemas.identifiers import Uuid4, Uuids4
from icefloe.api.schemas.lists import NotedListParameters
from icefloe.domain.values import limits
from icefloe.domain.values.benefits import BenefitChange, BenefitType, NewBenefit, Visibility
from icefloe.domain.values.documents import Document
from icefloe.domain.values.emails import EmailCheck

_LISTS = frozenset({"exclude_id", "id", "organization_id", "sorting", "type"})

Text = Annotated[str, Field(max_length=limits.MAX_OBJECT_TEXT)]
Description = Annotated[str, Field(min_length=3, max_length=42)]
Count = Annotated[int, Field(gt=0, le=limits.MAX_INTEGER)]


class BenefitSortProperty(StrEnum):
    """What benefits can be sorted by."""

    created_at = "created_at"
    created_at_descending = "-created_at"
    description = "description"
    description_descending = "-description"
    type = "type"
    type_descending = "-type"
    user_order = "user_order"
    user_order_descending = "-user_order"


# --- what benefits consist of -------------------------------------------------------------------


class BenefitCustomCreateProperties(Body):
    """A note to those who have the benefit."""

    note: Text | None = None


class BenefitDiscordCreateProperties(Body):
    """A role on a Discord server, for which there is no connection here."""

    guild_token: Text
    role_id: Text
    kick_member: bool

    @field_validator("guild_token")
    @classmethod
    def _refuse(cls, _: str) -> str:
        raise ValueError("Invalid token. Please authenticate your Discord server again.")


class BenefitGitHubRepositoryCreateProperties(Body):
    """Access to a GitHub repository."""

    repository_owner: Text
    repository_name: Text
    permission: Literal["pull", "triage", "push", "maintain", "admin"]


class BenefitDownloadablesCreateProperties(Body):
    """Files to download."""

    archived: dict[str, bool] = Field(default_factory=dict, max_length=limits.MAX_LIST)
    files: Annotated[list[Uuid4], Field(min_length=1, max_length=limits.MAX_LIST)]


class BenefitLicenseKeyExpirationProperties(Body):
    """For how long a licence key is valid."""

    ttl: Annotated[int, Field(gt=0, le=limits.MAX_INTEGER)]
    timeframe: Literal["year", "month", "day"]


class BenefitLicenseKeyActivationCreateProperties(Body):
    """How many times a licence key can be activated."""

    limit: Count
    enable_customer_admin: bool


class BenefitLicenseKeysCreateProperties(Body):
    """A licence key."""

    prefix: Text | None = None
    expires: BenefitLicenseKeyExpirationProperties | None = None
    activations: BenefitLicenseKeyActivationCreateProperties | None = None
    limit_usage: Count | None = None


class BenefitMeterCreditCreateProperties(Body):
    """Units of a meter."""

    units: Count
    rollover: bool
    meter_id: Uuid4


class BenefitFeatureFlagCreateProperties(Body):
    """Nothing but the benefit itself."""


class BenefitSlackSharedChannelCreateProperties(Body):
    """A shared Slack channel."""

    slack_integration_id: Uuid4
    channel_name_template: Annotated[str, Field(min_length=1, max_length=80)]
    private: bool = True
    welcome_message: Annotated[str, Field(max_length=4000)] | None = None
    archive_on_revoke: bool = True
    team_invitees: Annotated[list[Text], Field(max_length=limits.MAX_LIST)] = Field(
        default_factory=list
    )


# --- new benefits -------------------------------------------------------------------------------


class _NewBenefit(Body):
    metadata: Metadata = Field(default_factory=dict)
    description: Description
    organization_id: Uuid4 | None = None
    visibility: Visibility | None = None


class BenefitCustomCreate(_NewBenefit):
    """A new benefit of any kind that is explained by a note."""

    type: Literal[BenefitType.custom]
    properties: BenefitCustomCreateProperties


class BenefitDiscordCreate(_NewBenefit):
    """A new benefit: a role on a Discord server."""

    type: Literal[BenefitType.discord]
    properties: BenefitDiscordCreateProperties


class BenefitGitHubRepositoryCreate(_NewBenefit):
    """A new benefit: access to a GitHub repository."""

    type: Literal[BenefitType.github_repository]
    properties: BenefitGitHubRepositoryCreateProperties


class BenefitDownloadablesCreate(_NewBenefit):
    """A new benefit: files to download."""

    type: Literal[BenefitType.downloadables]
    properties: BenefitDownloadablesCreateProperties


class BenefitLicenseKeysCreate(_NewBenefit):
    """A new benefit: a licence key."""

    type: Literal[BenefitType.license_keys]
    properties: BenefitLicenseKeysCreateProperties


class BenefitMeterCreditCreate(_NewBenefit):
    """A new benefit: units of a meter."""

    type: Literal[BenefitType.meter_credit]
    properties: BenefitMeterCreditCreateProperties


class BenefitFeatureFlagCreate(_NewBenefit):
    """A new benefit: a feature that is switched on."""

    type: Literal[BenefitType.feature_flag]
    properties: BenefitFeatureFlagCreateProperties


class BenefitSlackSharedChannelCreate(_NewBenefit):
    """A new benefit: a shared Slack channel."""

    type: Literal[BenefitType.slack_shared_channel]
    properties: BenefitSlackSharedChannelCreateProperties


NewBenefitBody = (
    BenefitCustomCreate
    | BenefitDiscordCreate
    | BenefitGitHubRepositoryCreate
    | BenefitDownloadablesCreate
    | BenefitLicenseKeysCreate
    | BenefitMeterCreditCreate
    | BenefitFeatureFlagCreate
    | BenefitSlackSharedChannelCreate
)


# --- changes ------------------------------------------------------------------------------------


class _BenefitChange(Body):
    metadata: Metadata = Field(default_factory=dict)
    description: Description | None = None
    visibility: Visibility | None = None


class BenefitCustomUpdate(_BenefitChange):
    """What to change about a benefit that is explained by a note."""

    type: Literal[BenefitType.custom]
    properties: BenefitCustomCreateProperties | None = None


class BenefitDiscordUpdate(_BenefitChange):
    """What to change about a role on a Discord server."""

    type: Literal[BenefitType.discord]
    properties: BenefitDiscordCreateProperties | None = None


class BenefitGitHubRepositoryUpdate(_BenefitChange):
    """What to change about access to a GitHub repository."""

    type: Literal[BenefitType.github_repository]
    properties: BenefitGitHubRepositoryCreateProperties | None = None


class BenefitDownloadablesUpdate(_BenefitChange):
    """What to change about files to download."""

    type: Literal[BenefitType.downloadables]
    properties: BenefitDownloadablesCreateProperties | None = None


class BenefitLicenseKeysUpdate(_BenefitChange):
    """What to change about a licence key."""

    type: Literal[BenefitType.license_keys]
    properties: BenefitLicenseKeysCreateProperties | None = None


class BenefitMeterCreditUpdate(_BenefitChange):
    """What to change about units of a meter."""

    type: Literal[BenefitType.meter_credit]
    properties: BenefitMeterCreditCreateProperties | None = None


class BenefitFeatureFlagUpdate(_BenefitChange):
    """What to change about a feature that is switched on."""

    type: Literal[BenefitType.feature_flag]
    properties: BenefitFeatureFlagCreateProperties | None = None


class BenefitSlackSharedChannelUpdate(_BenefitChange):
    """What to change about a shared Slack channel."""

    type: Literal[BenefitType.slack_shared_channel]
    properties: BenefitSlackSharedChannelCreateProperties | None = None


BenefitChangeBody = (
    BenefitCustomUpdate
    | BenefitDiscordUpdate
    | BenefitGitHubRepositoryUpdate
    | BenefitDownloadablesUpdate
    | BenefitLicenseKeysUpdate
    | BenefitMeterCreditUpdate
    | BenefitFeatureFlagUpdate
    | BenefitSlackSharedChannelUpdate
)


# --- lists --------------------------------------------------------------------------------------


class BenefitListParameters(NotedListParameters):
    """The parameters of a list of benefits."""

    sorting: tuple[BenefitSortProperty, ...] = (BenefitSortProperty.created_at_descending,)
    type: list[BenefitType] | None = None
    id: Uuids4 | None = None
    exclude_id: Uuids4 | None = None
    query: str | None = None


@functools.cache
def _new_benefit() -> TypeAdapter[NewBenefitBody]:
    return TypeAdapter(Annotated[NewBenefitBody, Discriminator("type")])


@functools.cache
def _change() -> TypeAdapter[BenefitChangeBody]:
    return TypeAdapter(BenefitChangeBody)


def validate_new_benefit(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> NewBenefitBody:
    """The body that makes a benefit. Raises ValidationError."""
    refuse_absence("NewBenefitBody", value)
    return _new_benefit().validate_python(value, from_attributes=True, context=context(email_check))


def validate_benefit_change(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> BenefitChangeBody:
    """The body that changes a benefit. Raises ValidationError."""
    refuse_absence("BenefitChangeBody", value)
    return _change().validate_python(value, from_attributes=True, context=context(email_check))


# Bodies of all types have the same fields.
NEW_BENEFIT = Schema(validate_new_benefit, BenefitFeatureFlagCreate)
BENEFIT_CHANGE = Schema(validate_benefit_change, BenefitFeatureFlagUpdate)


def new_benefit_of(body: NewBenefitBody) -> NewBenefit:
    """The benefit that a body asks to be made."""
    return cast("NewBenefit", body.model_dump(mode="json", exclude={"organization_id"}))


def change_of(body: BenefitChangeBody) -> BenefitChange:
    """The change that a body asks for: of the fields that were in it and are not null."""
    given: Document = body.model_dump(mode="json", include=body.model_fields_set)
    return cast("BenefitChange", {key: one for key, one in given.items() if one is not None})


def read_benefit_list(query_string: bytes) -> BenefitListParameters:
    """The parameters of a list of benefits. Raises RequestInvalid."""
    return queries.read_list(BenefitListParameters, query_string, lists=_LISTS)

"""Benefits as values: what customers get."""

from enum import StrEnum
from typing import TypedDict

from icefloe.domain.values.documents import Document
from icefloe.domain.values.metadata import Metadata


# The name of this enumeration is part of messages on the wire.
class BenefitType(StrEnum):
    """What kind of thing a benefit is."""

    custom = "custom"
    discord = "discord"
    github_repository = "github_repository"
    downloadables = "downloadables"
    license_keys = "license_keys"
    meter_credit = "meter_credit"
    feature_flag = "feature_flag"
    slack_shared_channel = "slack_shared_channel"


class Visibility(StrEnum):
    """Who sees a benefit or a product."""

    draft = "draft"
    private = "private"
    public = "public"


class NewBenefit(TypedDict):
    """A benefit to create; `visibility` of None is that of its type."""

    type: str
    description: str
    visibility: str | None
    metadata: Metadata
    properties: Document


class BenefitChange(TypedDict, total=False):
    """New values of a benefit; what is left out stays. `type` is always there, and must be its own."""

    type: str
    description: str
    visibility: str
    metadata: Metadata
    properties: Document

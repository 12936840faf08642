"""What a request that changes an organization holds. For descriptions only, as `requests`."""

from typing import Annotated, Any

from icefloe.api.description.answers import one_of
from icefloe.api.description.organization_answers import (
    OrganizationSocialLink,
    PresentmentCurrency,
    TaxBehaviorOption,
)
from icefloe.api.description.requests import described
from icefloe.api.schemas import organizations
from icefloe.domain.values import addresses

_ABSENT: Any = None  # the default of a field that may be left out and not be null

_ORGANIZATION_FIELDS = {
    "name": "Its name, for people.",
    "avatar_url": "Where its picture is.",
    "email": "The address that customers write to.",
    "website": "Its website.",
    "socials": "Its profiles elsewhere. The platform of each is found by its address.",
    "details": "About its business, for the reference's review; checked and not stored.",
    "country": "The country's ISO 3166-1 alpha-2 code.",
    "feature_settings": "The features to switch; the others stay. Seat-based pricing cannot be"
    " switched off.",
    "subscription_settings": "How subscriptions are managed; replaced as a whole.",
    "customer_email_settings": "Which e-mails customers get; replaced as a whole.",
    "customer_portal_settings": "What customers may do in their portal; replaced as a whole.",
    "dispute_settings": "How disputes are answered; none can be accepted automatically here.",
    "embed_hosts": "The hosts that may show its checkout in a frame: without a scheme, with a port or"
    " without; `*.example.com` is any host below that one.",
    "default_presentment_currency": "The currency that prices are shown in where a customer's own is"
    " not known.",
    "default_tax_behavior": "How prices relate to their tax.",
    "sso_enforced": "Whether members must sign in through an identity provider, which this server"
    " does not have.",
}
_DETAILS_FIELDS = {
    "about": "About the organization. Deprecated.",
    "product_description": "What it sells.",
    "selling_categories": "The kinds of product that it sells.",
    "pricing_models": "How it charges.",
    "intended_use": "What it uses the service for. Deprecated.",
    "customer_acquisition": "Where its customers come from. Deprecated.",
    "future_annual_revenue": "What it expects to earn in a year. Deprecated.",
    "switching": "Whether it comes from another service.",
    "switching_from": "Which service that is.",
    "previous_annual_revenue": "What it earned in the last year. Deprecated.",
}
_FEATURE_FIELDS = {
    "seat_based_pricing_enabled": "Prices by seats; cannot be switched off.",
    "member_model_enabled": "Members of customers.",
    "checkout_localization_enabled": "Checkouts in the customer's language.",
    "overview_metrics": "The metrics of the overview, in their order; null leaves them as they are.",
}
_DISPUTE_FIELDS = {
    "auto_accept_below_amount": "The amount in cents below which disputes are accepted unasked; 403"
    " here, unless null.",
}


class OrganizationDetails(organizations.DetailsBody):
    """What the reference asks about a business; checked and not stored."""

    model_config = described(_DETAILS_FIELDS, {"product_description": "Fish"})

    switching_from: (
        Annotated[
            str,
            one_of(*organizations.FORMER_SERVICES, description="The service it comes from."),
        ]
        | None
    ) = None


class OrganizationFeatureSettingsUpdate(organizations.FeaturesBody):
    """The features that an organization may switch itself; what is left out stays as it is."""

    model_config = described(_FEATURE_FIELDS, {"checkout_localization_enabled": True})


class OrganizationDisputeSettingsUpdate(organizations.DisputesBody):
    """How disputes are answered."""

    model_config = described(_DISPUTE_FIELDS, {"auto_accept_below_amount": None})


class OrganizationUpdate(organizations.OrganizationChangeBody):
    """What to change about an organization; what is left out stays as it is."""

    model_config = described(_ORGANIZATION_FIELDS, {"name": "Example Ltd"})

    socials: list[OrganizationSocialLink] = _ABSENT  # type: ignore[assignment]  # for descriptions only
    details: OrganizationDetails | None = None
    country: (
        Annotated[
            str,
            one_of(*addresses.ACCEPTED_COUNTRIES, description=_ORGANIZATION_FIELDS["country"]),
        ]
        | None
    ) = None
    feature_settings: OrganizationFeatureSettingsUpdate | None = None
    dispute_settings: OrganizationDisputeSettingsUpdate | None = None
    embed_hosts: list[str] = _ABSENT
    default_presentment_currency: PresentmentCurrency = _ABSENT
    default_tax_behavior: TaxBehaviorOption = _ABSENT

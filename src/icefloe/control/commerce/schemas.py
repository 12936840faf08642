"""What the control API of commerce takes and gives.

Each object has, besides what is described here, all fields in the form in which the API shows them.
"""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from icefloe.api.schemas.models import Model


class PlacedOne(Model):
    """An object to place: its other fields are those of the API."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    loud: bool = False
    """Whether webhooks tell of it, and of what follows from it."""


class _OfCustomer(PlacedOne):
    customer_id: Any = None
    """Whose it is."""
    external_customer_id: Any = None
    """The same, by the customer's external id."""


class NewMeter(PlacedOne):
    """A meter; if nothing else is said, it adds up `units` of the events that have its name."""


class NewBenefit(PlacedOne):
    """A benefit; a note to customers, if nothing else is said."""


class NewProduct(PlacedOne):
    """A product; free, and paid once, if nothing else is said."""

    price: Any = None
    """A fixed price, in cents; `prices` says more."""
    currency: Any = None
    """Of `price`; the organization's unless given."""
    recurring: Any = None
    """How often it is paid: `day`, `week`, `month` or `year`; once unless given."""
    benefits: Any = None
    """The benefits that it brings: ids, descriptions, or objects that have an `id`."""


class NewDiscount(PlacedOne):
    """A discount; a tenth off the first payment, if nothing else is said."""

    products: Any = None
    """The products that it is for: ids, names, or objects that have an `id`; all unless given."""


class NewSubscription(_OfCustomer):
    """A subscription; active since now, if nothing else is said. Benefits are granted with it."""

    product: Any = None
    """What is subscribed to: an id or a name."""
    discount: Any = None
    """What lowers the price: an id or a name."""
    ends_in: Any = None
    """Seconds until the end of the present period; its length follows from the product."""


class NewOrder(_OfCustomer):
    """An order; paid now, if nothing else is said."""

    product: Any = None
    """What was bought: an id or a name."""
    discount: Any = None
    """What lowered the price: an id or a name."""
    subscription: Any = None
    """What it is a payment of: an id."""
    amount: Any = None
    """Before discount and tax, in cents; the product's price unless given."""


class NewBenefitGrant(_OfCustomer):
    """A grant of a benefit; granted now, if nothing else is said."""

    benefit: Any = None
    """What is granted: an id or a description."""


class NewCustomerMeter(_OfCustomer):
    """What a customer has used of a meter, and was credited; events consume what is missing."""

    meter: Any = None
    """The meter: an id or a name. Where no meter has the name, one is made."""
    credited: Any = None
    """The units credited; those that there are unless given."""
    consumed: Any = None
    """The units consumed; those that there are unless given."""


class PlacedObject(BaseModel):
    """An object, as the API shows it."""

    model_config = ConfigDict(defer_build=True, extra="allow")

    id: Annotated[UUID, Field(description="Its id.")]

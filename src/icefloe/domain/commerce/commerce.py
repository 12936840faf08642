"""The rules of commerce, a service for each resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icefloe.domain.commerce.benefits import Benefits
from icefloe.domain.commerce.discounts import Discounts
from icefloe.domain.commerce.grants import BenefitGrants
from icefloe.domain.commerce.meters import Meters
from icefloe.domain.commerce.orders import Orders
from icefloe.domain.commerce.products import Products
from icefloe.domain.commerce.quantities import MeterQuantities
from icefloe.domain.commerce.revenue import Revenue
from icefloe.domain.commerce.subscriptions import Subscriptions
from icefloe.domain.commerce.usage import Usage

if TYPE_CHECKING:
    from icefloe.domain.ports.storage import Storage
    from icefloe.domain.values.clock import Clock


class Commerce:
    """What customers have and buy."""

    def __init__(self, store: Storage, clock: Clock) -> None:
        self.meters = Meters(store, clock)
        self.quantities = MeterQuantities(store)
        self.usage = Usage(store, clock)
        self.benefits = Benefits(store, clock)
        self.products = Products(store, clock)
        self.discounts = Discounts(store, clock)
        self.subscriptions = Subscriptions(store, clock)
        self.benefit_grants = BenefitGrants(store, clock)
        self.orders = Orders(store, clock)
        self.revenue = Revenue(store, clock)

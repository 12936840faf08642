"""The routing table's rows of commerce; `endpoints` puts them behind those of webhooks."""

from icefloe.api.commerce.benefits import BENEFIT_ROUTES
from icefloe.api.commerce.discounts import DISCOUNT_ROUTES
from icefloe.api.commerce.meters import METER_ROUTES
from icefloe.api.commerce.products import PRODUCT_ROUTES

COMMERCE_ROUTES = [*PRODUCT_ROUTES, *BENEFIT_ROUTES, *DISCOUNT_ROUTES, *METER_ROUTES]

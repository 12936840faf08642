"""The routing table's rows of commerce; `endpoints` puts them behind those of webhooks."""

from icefloe.api.commerce.customer_meters import CUSTOMER_METER_ROUTES
from icefloe.api.commerce.events import EVENT_ROUTES
from icefloe.api.commerce.meters import METER_ROUTES

COMMERCE_ROUTES = [*METER_ROUTES, *EVENT_ROUTES, *CUSTOMER_METER_ROUTES]

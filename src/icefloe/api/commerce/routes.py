"""The routing table's rows of commerce; `endpoints` puts them behind those of webhooks."""

from icefloe.api.commerce.meters import METER_ROUTES

COMMERCE_ROUTES = [*METER_ROUTES]

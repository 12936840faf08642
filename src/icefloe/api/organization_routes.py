"""The routing table's rows of organizations; `endpoints` puts them behind those of members.

To create and to delete one takes a person at the reference: `absent_endpoints.txt` has these two.
"""

from icefloe.api import organizations
from icefloe.api.routing import Route
from icefloe.domain.values.access import ORGANIZATIONS_READ, ORGANIZATIONS_WRITE

ORGANIZATION_ROUTES = [
    Route(
        method="GET",
        path="/v1/organizations/",
        handler=organizations.list_organizations,
        scopes=ORGANIZATIONS_READ,
        operation_id="organizations:list",
        parameters="OrganizationListParameters",
        answer="ListResource_Organization_",
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/v1/organizations/{id}",
        handler=organizations.get_organization,
        scopes=ORGANIZATIONS_READ,
        operation_id="organizations:get",
        places="OrganizationPlaces",
        answer="Organization",
        errors=(404, 422),
    ),
    Route(
        method="PATCH",
        path="/v1/organizations/{id}",
        handler=organizations.update_organization,
        scopes=ORGANIZATIONS_WRITE,
        operation_id="organizations:update",
        places="OrganizationPlaces",
        body="OrganizationUpdate",
        answer="Organization",
        errors=(403, 404, 422),
    ),
]

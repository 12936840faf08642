"""The part of the control API's routing table that is about webhooks."""

from icefloe.api.routing import Route
from icefloe.control.webhooks.endpoints import WebhookControl


def make_routes(root: str, control: WebhookControl) -> list[Route]:
    """The routes.

    Args:
        root: the path below which they are.
        control: answers them.
    """
    return [
        Route(
            method="GET",
            path=f"{root}/endpoints",
            handler=control.list_endpoints,
            operation_id="webhooks:list_endpoints",
            answer="WebhookEndpoints",
        ),
        Route(
            method="POST",
            path=f"{root}/endpoints",
            handler=control.create_endpoint,
            operation_id="webhooks:create_endpoint",
            body="NewWebhookEndpoint",
            answer="WebhookEndpoint",
            statuses=(201,),
        ),
        Route(
            method="DELETE",
            path=f"{root}/endpoints/{{endpoint_id}}",
            handler=control.delete_endpoint,
            operation_id="webhooks:delete_endpoint",
            statuses=(204,),
        ),
        Route(
            method="GET",
            path=f"{root}/deliveries",
            handler=control.list_deliveries,
            operation_id="webhooks:list_deliveries",
            parameters="LogParameters",
            answer="Deliveries",
        ),
        Route(
            method="DELETE",
            path=f"{root}/deliveries",
            handler=control.delete_deliveries,
            operation_id="webhooks:delete_deliveries",
            statuses=(204,),
        ),
        Route(
            method="POST",
            path=f"{root}/deliveries/wait",
            handler=control.wait_for_delivery,
            operation_id="webhooks:wait_for_delivery",
            body="DeliveryWait",
            answer="Delivery",
            statuses=(200, 408),
        ),
        Route(
            method="POST",
            path=f"{root}/idle",
            handler=control.wait_idle,
            operation_id="webhooks:wait_idle",
            body="Patience",
            statuses=(204, 408),
        ),
        Route(
            method="POST",
            path=f"{root}/events/{{event_id}}/redeliver",
            handler=control.redeliver,
            operation_id="webhooks:redeliver",
            statuses=(204,),
        ),
        Route(
            method="GET",
            path=f"{root}/faults",
            handler=control.list_faults,
            operation_id="webhooks:list_faults",
            answer="Faults",
        ),
        Route(
            method="POST",
            path=f"{root}/faults",
            handler=control.create_fault,
            operation_id="webhooks:create_fault",
            body="NewDeliveryFault",
            answer="Fault",
            statuses=(201,),
        ),
        Route(
            method="DELETE",
            path=f"{root}/faults",
            handler=control.delete_faults,
            operation_id="webhooks:delete_faults",
            statuses=(204,),
        ),
        Route(
            method="DELETE",
            path=f"{root}/faults/{{fault_id}}",
            handler=control.delete_fault,
            operation_id="webhooks:delete_fault",
            statuses=(204,),
        ),
    ]

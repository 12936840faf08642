"""The endpoints for load balancers and monitoring."""

from icefloe.api.messages import Request, Response, json_response


async def check_liveness(request: Request) -> Response:  # noqa: ARG001 - every endpoint takes it
    """Whether the process answers."""
    return json_response(200, {"status": "ok"})


async def check_readiness(request: Request) -> Response:
    """Whether the database answers; 503 where it does not."""
    await request.services.storage.ping()
    return json_response(200, {"status": "ok"})

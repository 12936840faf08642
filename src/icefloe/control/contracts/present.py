"""What a contract is: by itself, the server's present one."""

from icefloe.control.messages import BufferedRequest, BufferedResponse


class Contract:
    """The contract of one organization, as the server has it."""

    def before(self, request: BufferedRequest) -> BufferedRequest:
        """The request as the API is to see it."""
        return request

    def after(self, request: BufferedRequest, response: BufferedResponse) -> BufferedResponse:  # noqa: ARG002 - the contracts' own
        """The answer as the client is to see it.

        Args:
            request: the request as the client sent it.
            response: what the API, or a fault, answers.
        """
        return response

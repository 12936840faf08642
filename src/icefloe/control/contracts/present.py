"""What a contract is: by itself, the server's present one."""

from icefloe.control.messages import Answered, Asked


class Contract:
    """The contract of one organization, as the server has it."""

    def before(self, asked: Asked) -> Asked:
        """The request as the API is to see it."""
        return asked

    def after(self, asked: Asked, answered: Answered) -> Answered:  # noqa: ARG002 - the contracts' own
        """The answer as the client is to see it.

        Args:
            asked: the request as the client sent it.
            answered: what the API, or a fault, answers.
        """
        return answered

"""The faults of an organization, and what they do to a request and its response.

The faults that match a request apply in the order in which they were added, up to the first that
answers by itself (`status`, `token`) or ends the connection (`drop`). The response of that one is
changed and cut by the faults before it, as the API's would be.
"""

from __future__ import annotations

from collections.abc import Sequence

from icefloe.control.faults import counting, kinds
from icefloe.control.faults.connections import Ending
from icefloe.control.messages import BufferedRequest, BufferedResponse

Fault = counting.Fault[kinds.Kind]
Faults = counting.Faults[kinds.Kind]


async def before(
    faults: Sequence[Fault], request: BufferedRequest
) -> BufferedResponse | Ending | None:
    """Apply faults before the API sees a request.

    Returns:
        the response in place of the API's, or how the connection ends; None if the API must answer,
        and `after` must change its response.
    """
    for at, fault in enumerate(faults):
        await fault.what.wait()
        instead = fault.what.answer_instead(request)
        if isinstance(instead, Ending):
            return instead
        if instead is not None:
            return after(faults[:at], instead)
    return None


def after(faults: Sequence[Fault], response: BufferedResponse) -> BufferedResponse | Ending:
    """Apply faults to the response: it is changed, or the connection ends."""
    for fault in faults:
        response = fault.what.change(response)
    for fault in faults:
        ending = fault.what.end(response)
        if ending is not None:
            return ending
    return response

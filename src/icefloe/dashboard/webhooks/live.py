"""Parts of pages that refresh themselves while they are open.

htmx asks for such a part every two seconds and sends the digest of what it shows. The server answers
204 while that is still so, and the page stays as it is: a selection, an open part, the focus.
"""

import hashlib
from typing import Any

from starlette.responses import Response

from icefloe.dashboard.visits import Visit

SEEN = "seen"
_UNCHANGED = 204


def render(visit: Visit, template: str, block: str, shown: object, **values: Any) -> Response:
    """A page, or for htmx its part that refreshes itself.

    Args:
        visit: the request.
        template: the page's file in `templates/`.
        block: the part.
        shown: all that the part shows, as values with a telling `repr`.
        values: what the template is filled with, besides `visit` and `seen`.
    """
    digest = hashlib.blake2b(repr(shown).encode(), digest_size=12).hexdigest()
    if visit.is_partial and visit.request.query_params.get(SEEN) == digest:
        response = visit.settle(Response(status_code=_UNCHANGED))
    else:
        part = block if visit.is_partial else None
        response = visit.render(template, block=part, seen=digest, **values)
    response.headers["Vary"] = "HX-Request"
    return response


def is_refresh(visit: Visit) -> bool:
    """Whether a page asks for its part by itself, not because a person did something."""
    return visit.is_partial and SEEN in visit.request.query_params

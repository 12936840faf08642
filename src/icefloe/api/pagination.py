"""Pages: the `page` and `limit` parameters, and the envelope of a list."""

from collections.abc import Callable, Iterable

from icefloe.domain.values.listing import MAX_LIMIT, Page, PageRequest


def read_page_request(page: int, limit: int) -> PageRequest:
    """The page asked for; a limit above the largest is lowered to it."""
    return PageRequest(page, min(limit, MAX_LIMIT))


def limit_notice(limit: int) -> str | None:
    """The notice for a limit that was lowered; None where it was not."""
    if limit <= MAX_LIMIT:
        return None
    return f"limit {str(limit)[:20]} lowered to {MAX_LIMIT}"


def find_notices(
    limit: int, unknown: Iterable[str], find_hint: Callable[[str], str] = lambda _: ""
) -> list[str]:
    """The notices of a list: a limit that was lowered, parameters that are not known.

    Args:
        limit: the limit asked for.
        unknown: the names of the parameters that are not known.
        find_hint: what to add about one of them.
    """
    lowered = limit_notice(limit)
    notices = [f"unknown parameter {name[:60]!r} ignored{find_hint(name)}" for name in unknown]
    return notices if lowered is None else [lowered, *notices]


def render_list(page: Page, request: PageRequest) -> bytes:
    """A list's envelope around its documents, as JSON."""
    return b'{"items":[%b],"pagination":{"total_count":%d,"max_page":%d}}' % (
        page.items,
        page.total_count,
        request.max_page(page.total_count),
    )

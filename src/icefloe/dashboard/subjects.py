"""In whose name a page asks the domain: members may do what an organization's tokens may."""

from icefloe.dashboard.visits import Visit
from icefloe.domain.values.access import SCOPES, Subject

_ALL = frozenset(SCOPES)


def subject_of(visit: Visit) -> Subject:
    """The organization whose page is visited, and everything that may be done there."""
    return Subject(visit.organization.id, visit.someone.id, _ALL)

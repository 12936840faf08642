"""All nouns' statements over one session: the consistent view the port promises."""

from icefloe.storage.answers import AnswerStatements
from icefloe.storage.customers import CustomerStatements
from icefloe.storage.dialect import Dialect
from icefloe.storage.events import EventStatements
from icefloe.storage.indexes import IndexStatements
from icefloe.storage.members import MemberStatements
from icefloe.storage.organizations import OrganizationStatements
from icefloe.storage.session import Session
from icefloe.storage.tokens import TokenStatements


class SqlTables:
    """Implements `domain.storage.Tables`."""

    def __init__(self, session: Session, dialect: Dialect) -> None:
        self.organizations = OrganizationStatements(session)
        self.tokens = TokenStatements(session)
        self.customers = CustomerStatements(session, dialect)
        self.members = MemberStatements(session)
        self.events = EventStatements(session)
        self.answers = AnswerStatements(session, dialect)
        self.indexes = IndexStatements(session, dialect)

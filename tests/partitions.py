"""PostgreSQL databases whose tables are spread by organization, as PostgreSQL itself can spread them.

Tables that grow are in four hash partitions. All are in one cluster, or the last two are foreign tables
whose rows are in another; an organization's rows are always in partitions of one number.
"""

import re
from collections.abc import Callable, Iterator
from importlib import resources
from uuid import UUID

from icefloe.storage.postgres.schema import PACKAGE
from icefloe.storage.upkeep.migrations import read_migrations
from postgres import OWNER, Cluster, name_of

PARTITIONS = 4
FAR = frozenset({2, 3})
_SPREAD = frozenset(
    {
        "customers", "customer_search", "customer_metadata", "customer_counts", "members", "events",
        "answers",
    }
)  # fmt: skip
_TABLE = re.compile(r"CREATE TABLE (\w+) \((.*)\n\)(.*)", re.DOTALL)
_INDEX = re.compile(r"CREATE (?:UNIQUE )?INDEX (\w+)\s+ON (\w+)(.*)", re.DOTALL)
_CONSTRAINT = re.compile(r",\s*CONSTRAINT (\w+)")
_ALL_CONSTRAINTS = re.compile(r",\s*CONSTRAINT .*", re.DOTALL)
_FOREIGN_KEY = re.compile(r",\s*CONSTRAINT \w+ FOREIGN KEY .*", re.DOTALL)
_DEFAULT = re.compile(r" DEFAULT nextval\('\w+'\)")


class Spread:
    """Databases of one layout: the first is made from the schema, the others are copies of it."""

    def __init__(self, near: Cluster, far: Cluster | None = None) -> None:
        """Make the first.

        Args:
            near: the cluster that Icefloe knows.
            far: another, which has the last two partitions of each table; without it, `near` has all.
        """
        self.near, self.far = near, far
        self._template = near.make_database()
        self._far_template = None if far is None else far.make_database()
        statements = [*_whole(has_far=far is not None)]
        for number in range(PARTITIONS):
            if far is None or self._far_template is None or number not in FAR:
                statements += _partition(number, refers=far is not None)
                statements += [
                    f"ALTER TABLE {table} ATTACH PARTITION {table}_{number} {_share(number)}"
                    for table in sorted(_SPREAD)
                ]
            else:
                _build(far, self._far_template, _partition(number, refers=True))
                statements += [
                    f"CREATE FOREIGN TABLE {table}_{number} PARTITION OF {table} {_share(number)}"
                    f" SERVER far OPTIONS (table_name '{table}_{number}')"
                    for table in sorted(_SPREAD)
                ]
        if far is not None and self._far_template is not None:
            near.execute(
                "CREATE EXTENSION postgres_fdw",
                "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS"
                f" (host '127.0.0.1', port '{far.port}', dbname '{name_of(self._far_template)}',"
                " options '-c lock_timeout=5s')",
                # The far cluster asks for no password, which only a superuser may allow.
                f"CREATE USER MAPPING FOR {OWNER} SERVER far OPTIONS"
                f" (user '{OWNER}', password_required 'false')",
                f"GRANT USAGE ON FOREIGN SERVER far TO {OWNER}",
                database=name_of(self._template),
            )
        _build(near, self._template, statements)

    def make_database(self) -> tuple[str, Callable[[], None]]:
        """An empty database: its URL, and what drops it."""
        made = self.near.make_database(self._template)
        if self.far is None:
            return made, lambda: self.near.drop_database(made)
        far, beyond = self.far, self.far.make_database(self._far_template)
        self.near.execute(
            f"ALTER SERVER far OPTIONS (SET dbname '{name_of(beyond)}')", database=name_of(made)
        )

        def drop() -> None:
            self.near.drop_database(made)
            far.drop_database(beyond)

        return made, drop

    def partition_of(self, organization_id: UUID) -> int:
        """The number of the partitions that have an organization's rows."""
        ((number,),) = self.near.fetch(
            "SELECT number FROM generate_series(0, $2::int - 1) AS number"
            " WHERE satisfies_hash_partition('customers'::regclass, $2::int, number, $1::uuid)",
            organization_id,
            PARTITIONS,
            database=name_of(self._template),
        )
        return int(number)


def has_foreign_tables(cluster: Cluster) -> bool:
    """Whether a cluster's installation has postgres_fdw."""
    return bool(cluster.fetch("SELECT 1 FROM pg_available_extensions WHERE name = 'postgres_fdw'"))


def _build(cluster: Cluster, database: str, statements: list[str]) -> None:
    """Run statements as the ordinary role, which so owns what they make."""
    cluster.execute(f"SET ROLE {OWNER}", *statements, database=name_of(database))


def _statements() -> Iterator[str]:
    text = resources.files(PACKAGE).joinpath("schema.sql").read_text("utf-8")
    for statement in re.sub(r"--.*", "", text).split(";"):
        if statement.strip():
            yield statement.strip()


def _whole(*, has_far: bool) -> Iterator[str]:
    """Makes all but the partitions, and records that Icefloe's migrations are done.

    A table with foreign partitions can have no unique index, so no foreign key leads to it either:
    each partition has its own.
    """
    for statement in _statements():
        table, index = _TABLE.match(statement), _INDEX.match(statement)
        if table is not None and table[1] in _SPREAD:
            body = _ALL_CONSTRAINTS.sub("", table[2]) if has_far else table[2]
            yield f"CREATE TABLE {table[1]} ({body}) PARTITION BY HASH (organization_id)"
        elif index is None or index[2] not in _SPREAD or not has_far:
            yield statement
    yield (
        "CREATE TABLE schema_migrations ("
        ' number integer PRIMARY KEY, name text COLLATE "C" NOT NULL,'
        ' checksum text COLLATE "C" NOT NULL, applied_at bigint NOT NULL)'
    )
    for step in read_migrations(PACKAGE):
        yield (
            "INSERT INTO schema_migrations (number, name, checksum, applied_at)"  # noqa: S608 - ours
            f" VALUES ({step.number}, '{step.name}', '{step.checksum}', 0)"
        )


def _partition(number: int, *, refers: bool) -> list[str]:
    """Makes the partitions of one number: each index is called like the whole table's, and `_number`.

    Args:
        number: which.
        refers: whether a member's partition itself has the foreign key to the customers' one.
    """
    made = ["CREATE EXTENSION IF NOT EXISTS pg_trgm"]
    for statement in _statements():
        if (table := _TABLE.match(statement)) is not None and table[1] in _SPREAD:
            body = _DEFAULT.sub("", table[2] if refers else _FOREIGN_KEY.sub("", table[2]))
            body = _CONSTRAINT.sub(rf", CONSTRAINT \1_{number}", body)
            body = re.sub(r"REFERENCES (\w+)", rf"REFERENCES \1_{number}", body)
            made.append(f"CREATE TABLE {table[1]}_{number} ({body}){table[3]}")
        elif (index := _INDEX.match(statement)) is not None and index[2] in _SPREAD:
            kind = statement[: index.start(1)]
            made.append(f"{kind}{index[1]}_{number} ON {index[2]}_{number}{index[3]}")
    return made


def _share(number: int) -> str:
    return f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"

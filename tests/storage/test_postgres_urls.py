"""PostgreSQL databases named as their providers name them, and as libpq does."""

import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest

import postgres
from icefloe import database_url
from icefloe.domain.organizations import Organizations
from icefloe.domain.values import errors
from icefloe.domain.values.clock import Clock
from icefloe.storage.open import open_maintenance, open_storage
from support import run


async def use(url: str) -> list[str]:
    """Open a database by its URL, write to it and read; the names of its organizations."""
    store = await open_storage(url)
    try:
        await Organizations(store, Clock()).create("Acme")
        return [
            one.name for one in await store.read(lambda tables: tables.organizations.find_all(9))
        ]
    finally:
        await store.close()


def execute(url: str, *statements: str) -> None:
    """Run statements on a database, one after another."""

    async def main() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(main())


def fetch(url: str, statement: str) -> object:
    """The first value of a statement."""

    async def main() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(main())


class TestProviders:
    """What providers print."""

    @pytest.mark.parametrize(
        ("query", "passed_over"),
        [
            ("sslmode=prefer&channel_binding=require", ("channel_binding",)),
            ("sslmode=disable&connect_timeout=10", ()),
            ("SSLMode=Disable&Connect_Timeout=10&Channel_Binding=prefer", ("Channel_Binding",)),
            ("pgbouncer=true&connection_limit=1", ("connection_limit",)),
            ("schema=public&sslaccept=accept_invalid_certs", ("sslaccept",)),
            (("keepalives=1&keepalives_idle=30&keepalives_interval=5&keepalives_count=3&"
             "tcp_user_timeout=9"), ("keepalives", "keepalives_idle", "keepalives_interval",
             "keepalives_count", "tcp_user_timeout")),
            ("options=-c%20statement_timeout%3D9000", ()),
            ("application_name=mine&target_session_attrs=any", ()),
            ("supa=base-pooler.x&pool_mode=session", ("supa", "pool_mode")),
            ("ssl=false&statement_cache_size=0", ()),
            ("connect_timeout=0&gssencmode=disable&sslsni=1", ("gssencmode", "sslsni")),
            ("of_nobody=1", ("of_nobody",)),
        ],
    )  # fmt: skip
    def test_used(self, postgres_database: str, query: str, passed_over: tuple[str, ...]) -> None:
        """A database is opened, written to and read, whatever the URL says for other programs."""
        sign = "&" if "?" in postgres_database else "?"
        url = f"{postgres_database}{sign}{query}"

        assert run(use(url)) == ["Acme"]
        assert database_url.find_passed_over(url) == passed_over
        status = run(open_maintenance(url).find_status())
        assert query not in status.title

    def test_forms(self, postgres_database: str) -> None:
        """Letters of any case, a driver's name behind the scheme, and libpq's keywords name it too."""
        rest = postgres_database.partition("://")[2]
        parts = urlsplit(postgres_database)
        host = parts.hostname or "/var/run/postgresql"
        keywords = f"host={host} dbname='{parts.path[1:]}' user={parts.username}"
        if parts.port:
            keywords += f" PORT = {parts.port}"
        if parts.password:
            keywords += f" password='{parts.password}'"
        for url in (f"POSTGRESQL://{rest}", f"postgresql+asyncpg://{rest}", keywords):
            assert "Acme" in run(use(url))

    def test_settings(self, postgres_database: str) -> None:
        """What a URL says of the session holds in it."""
        sign = "&" if "?" in postgres_database else "?"
        url = f"{postgres_database}{sign}application_name=mine&lock_timeout=1234ms"
        execute(postgres_database, "CREATE TABLE seen (name text, waits text)")
        execute(
            postgres_database,
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen"
            " VALUES (current_setting('application_name'), current_setting('lock_timeout'));"
            " RETURN NEW; END $$",
        )
        run(use(postgres_database))
        execute(
            postgres_database,
            "CREATE TRIGGER note AFTER INSERT ON organizations FOR EACH ROW EXECUTE FUNCTION note()",
        )
        run(use(url))

        assert fetch(postgres_database, "SELECT name FROM seen") == "mine"

    @pytest.mark.parametrize(
        ("query", "reason"),
        [
            ("sslmdoe=require", "did you mean 'sslmode'"),
            ("sslmode=sometimes", "sslmode"),
            ("connect_timeout=soon", "connect_timeout"),
            ("statement_timeout=soon", "the database refuses"),
            ("no.such=1", None),
            ("schema=nowhere", "CREATE SCHEMA"),
            ("port=70000", "port"),
            ("prepared_statements=maybe", "must be on or off"),
        ],
    )
    def test_mistakes(
        self, postgres_server: postgres.Databases, query: str, reason: str | None
    ) -> None:
        """What a URL gets wrong is one line."""
        database = postgres_server.make_database()
        url = f"{database}{'&' if '?' in database else '?'}{query}"
        try:
            if reason is None:
                assert run(use(url)) == ["Acme"]
                return
            with pytest.raises(errors.ConfigurationError, match=reason) as told:
                run(use(url))
            assert "\n" not in str(told.value)
        finally:
            postgres_server.drop_database(database)


class TestTrigrams:
    """Where the extension is."""

    @pytest.mark.parametrize("schema", ["extensions", 'Odd "one"'])
    def test_in_a_schema_of_its_own(self, postgres_server: postgres.Databases, schema: str) -> None:
        """pg_trgm in a schema that is not on the search path is found, and search uses its index."""
        database = postgres_server.make_database()
        quoted = '"' + schema.replace('"', '""') + '"'
        try:
            execute(
                database, f"CREATE SCHEMA {quoted}", f"CREATE EXTENSION pg_trgm SCHEMA {quoted}"
            )

            assert run(use(database)) == ["Acme"]

            assert "gin_trgm_ops" in str(
                fetch(
                    database,
                    "SELECT indexdef FROM pg_indexes WHERE indexname = 'customer_search_trigrams'",
                )
            )
            assert run(open_maintenance(database).find_disagreements(lambda _: None)) == []
        finally:
            postgres_server.drop_database(database)

    def test_tables_in_a_schema_of_ours(self, postgres_server: postgres.Databases) -> None:
        """With `schema=` all tables are in that schema, beside pg_trgm in another."""
        database = postgres_server.make_database()
        try:
            execute(database, "CREATE SCHEMA ours", "CREATE EXTENSION pg_trgm SCHEMA public")
            url = f"{database}{'&' if '?' in database else '?'}schema=ours"

            assert run(use(url)) == ["Acme"]

            assert (
                fetch(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
            )
            assert fetch(database, "SELECT name FROM ours.organizations") == "Acme"
        finally:
            postgres_server.drop_database(database)

"""What SQLite says in its own way."""


class SqliteDialect:
    """Implements `storage.dialect.Dialect`.

    `instr` compares characters one by one, so nothing in the text is a wildcard and no letter is
    taken for another; both sides are lower-cased before.
    """

    def contains(self, column: str, text: str) -> str:
        """A condition: the text of `column` contains that of `text`."""
        return f"instr({column}, {text}) > 0"

    def walked(self, table: str, index: str) -> str:
        """The table, to be walked by an index.

        SQLite keeps no statistics unless asked, and would sort everybody for the first few by two
        criteria.
        """
        return f"{table} INDEXED BY {index}"

    def starts_with(self, column: str, text: str) -> str:
        """A condition: the text of `column` begins with that of `text`."""
        return f"substr({column}, 1, length({text})) = {text}"

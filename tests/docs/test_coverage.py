"""`docs/coverage.md` against the routing table and what is known of public applications."""

from scripts import coverage


def test_tables() -> None:
    """The page counts what is answered and sent as it is: `python -m scripts.coverage` writes it."""
    assert coverage.PAGE.read_text("utf-8") == coverage.render()

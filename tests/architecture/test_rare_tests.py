"""Rare tests: each group is there, and knows what it guards."""

import pytest

import rarely


@pytest.mark.parametrize("group", rarely.GROUPS, ids=lambda group: group.name.replace(" ", "-"))
class TestGroups:
    """Each group of rare tests."""

    def test_guards(self, group: rarely.Group) -> None:
        """Every file and folder that it guards is there."""
        assert [name for name in group.guards if not (rarely.ROOT / name).exists()] == []

    def test_tests(self, group: rarely.Group) -> None:
        """It has tests of its own."""
        files = [
            path.relative_to(rarely.ROOT).as_posix()
            for path in (rarely.ROOT / "tests").rglob("test_*.py")
        ]

        assert any(
            group.has(node) for file in files for node in (file, f"{file}::test_x[postgres]")
        )

    def test_touched(self, group: rarely.Group) -> None:
        """A change of what it guards, or of what everything depends on, has it run."""
        guard = group.guards[0]

        assert group.is_touched([f"{guard}x.py" if guard.endswith("/") else guard])
        assert group.is_touched(["constraints.txt"])
        assert not group.is_touched(["CHANGELOG.md", "src/icefloe/version.py"])


@pytest.mark.processes
class TestSince:
    """What is left out since a revision."""

    def test_unknown_revision(self) -> None:
        """Where git knows no such revision, nothing is left out."""
        assert rarely.find_left_out("no-such-revision") == []

"""A pytest plugin: it leaves out the rare tests that have passed with the files that there are.

`make test` and `.ci/run` pass `--since-passed`. `make check` passes `--without-rare`: it leaves out all
of them. `make test-all` passes `--note-passed`: it runs every test and, if all pass, stores the
fingerprints of what each group guards.
"""

from typing import Any

import pytest

import rarely

# The groups that this run leaves out.
_left_out: list[rarely.Group] = []
# The fingerprint of what each group guards, as it was when this run began, by the group's name.
_fingerprints: dict[str, str] = {}
# Options that have a part of the tests run, which says nothing of the others.
_PARTS = ("without_rare", "keyword", "markexpr", "ignore", "ignore_glob", "deselect", "lf")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the three options."""
    parser.addoption("--without-rare", action="store_true", help="leave out every rare test")
    parser.addoption(
        "--since-passed",
        action="store_true",
        help="leave out rare tests if what they guard is as it was when they passed",
    )
    parser.addoption(
        "--note-passed",
        action="store_true",
        help="if every test passes, store what the rare ones guard",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Find out what is left out: once, as files may change before other processes look."""
    told: dict[str, Any] | None = getattr(config, "workerinput", None)
    if told is not None:
        _left_out.extend(group for group in rarely.GROUPS if group.name in told["left_out"])
        return
    is_noting = config.getoption("note_passed")
    if is_noting and (
        config.args_source is not pytest.Config.ArgsSource.TESTPATHS
        or any(config.getoption(name, None) for name in _PARTS)
    ):
        raise pytest.UsageError("--note-passed runs every test: leave out paths, -k and the like")
    if is_noting or config.getoption("since_passed"):
        _fingerprints.update(rarely.find_fingerprints())
    if config.getoption("without_rare"):
        _left_out.extend(rarely.GROUPS)
    elif config.getoption("since_passed"):
        _left_out.extend(rarely.find_passed(_fingerprints))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell another process of this run what is left out."""
    node.workerinput["left_out"] = [group.name for group in _left_out]


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which tests are left out."""
    if config.getoption("without_rare"):
        return ["left out: every rare test"]
    return [
        f"left out, as it passed with the files that there are: {group.name}" for group in _left_out
    ]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests out."""
    left = {item for item in items if any(group.has(item.nodeid) for group in _left_out)}
    if left:
        config.hook.pytest_deselected(items=list(left))
        items[:] = [item for item in items if item not in left]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Store what each group guards, if every test has passed and no guarded file has changed."""
    config = session.config
    if hasattr(config, "workerinput") or not config.getoption("note_passed"):
        return
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    is_skipped = reporter is None or "skipped" in reporter.stats
    # Without git there are no fingerprints.
    is_same = bool(_fingerprints) and _fingerprints == rarely.find_fingerprints()
    if exitstatus == 0 and not is_skipped and is_same:
        rarely.note_passed(_fingerprints)

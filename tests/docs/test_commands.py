"""`docs/commands.md` against the command line."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from docs import pages
from icefloe.cli.app import make_app

PAGE = "docs/commands.md"


def _walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Every command that does something, by the words that run it."""
    for name, below in getattr(command, "commands", {}).items():
        yield from _walk(below, (*words, name))
    if not hasattr(command, "commands"):
        yield " ".join(words), command


ROOT = typer.main.get_command(make_app())
COMMANDS = dict(_walk(ROOT, ("icefloe",)))


def _parameters(command: Any) -> set[str]:
    """Options as they are typed, and arguments in capitals, but for `--help`."""
    return {
        max(parameter.opts, key=len)
        if parameter.param_type_name == "option"
        else parameter.name.upper()
        for parameter in command.params
    }


def test_names() -> None:
    """Every command has a section, in the order in which help lists them; nothing else has."""
    sections = [name for name in pages.find_sections(PAGE) if name.startswith("icefloe ")]
    assert sections == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_options(name: str) -> None:
    """A command's table has a row for each argument and option, and for nothing else."""
    section = pages.find_sections(PAGE)[name]
    described = {pages.find_code(row[0])[0] for row in pages.find_rows(section)}
    assert described == _parameters(COMMANDS[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_defaults(name: str) -> None:
    """An option with a default of its own has it in its row."""
    section = pages.find_sections(PAGE)[name]
    rows = {pages.find_code(row[0])[0]: row for row in pages.find_rows(section)}
    for parameter in COMMANDS[name].params:
        if parameter.default not in {None, False, ()}:
            row = rows[max(parameter.opts, key=len)]
            assert row[-1] == f"`{getattr(parameter.default, 'value', parameter.default)}`"


@pytest.mark.parametrize("name", COMMANDS)
def test_required(name: str) -> None:
    """An option without which a command does not run is said to be required, and no other."""
    section = pages.find_sections(PAGE)[name]
    described = {
        pages.find_code(row[0])[0] for row in pages.find_rows(section) if row[-1] == "required"
    }
    assert described == {
        max(parameter.opts, key=len)
        for parameter in COMMANDS[name].params
        if parameter.required and parameter.param_type_name == "option"
    }


def test_root_options() -> None:
    """The options of `icefloe` itself are named before the commands."""
    opening = pages.read(PAGE).partition("\n## ")[0]
    for parameter in ROOT.params:
        assert f"icefloe {parameter.opts[0]}" in opening


@pytest.mark.parametrize("name", COMMANDS)
def test_first_sentences(name: str) -> None:
    """The list of commands has the whole first sentence of each, on a terminal of 80 columns."""
    assert not COMMANDS[name].get_short_help_str(60).endswith("...")

"""No method of the official clients' `customers` and `members` is left untried."""

import ast
from pathlib import Path

from support import Organization
from wire.programs import WALKS, Client

# Public by name, but no endpoint's: each with the reason why no act calls it.
MACHINERY = {
    "do_request": "sends what any other method of 0.x has made: each act goes through it",
    "do_request_async": "the same, for the methods whose names end in _async",
    "from_service": "makes a namespace of 1.x over another's connection, and asks for nothing",
}
# What must be among the methods that are found, lest the search for them finds too few.
LANDMARKS = {
    "polar-sdk-0.22.1": {"customers.create_async", "customers.get_state_external"},
    "polar-sdk-0.32.0": {"customers.members.update_external_async", "members.list_members"},
    "polar-sdk-1.0.2": {"customers.export", "customers.members.iter_list_external"},
}


def test_every_method_is_called(client: Client, organization: Organization) -> None:
    """Each method of both kinds of a client's object is called by an act that a test asks for."""
    methods: set[str] = set()
    for asynchronous in (False, True):
        connection = client.connect(organization, asynchronous=asynchronous)
        methods.update(connection.do("list_methods"))
    wanted = {method for method in methods if method.rpartition(".")[2] not in MACHINERY}
    assert LANDMARKS[client.name] <= wanted
    assert sorted(wanted - called_by(client.generation)) == []


def called_by(generation: str) -> set[str]:
    """What the acts of a generation's programs call, of the acts that tests ask for by name."""
    asked = asked_acts()
    called: set[str] = set()
    for program in sorted(WALKS.glob(f"*_{generation}.py")):
        tree = ast.parse(program.read_text("utf-8"))
        acts = acts_of(tree) & asked
        for act in tree.body:
            if isinstance(act, ast.FunctionDef) and act.name in acts:
                called.update(chains_in(act))
    return called


def asked_acts() -> set[str]:
    """The acts that tests of this folder ask for: any text in them can be an act's name."""
    return {
        node.value
        for test in Path(__file__).parent.glob("test_*.py")
        for node in ast.walk(ast.parse(test.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def acts_of(tree: ast.Module) -> set[str]:
    """The names in a program's `ACTS`."""
    return {
        name.id
        for statement in tree.body
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "ACTS"
        for name in ast.walk(statement.value)
        if isinstance(name, ast.Name)
    }


def chains_in(act: ast.FunctionDef) -> set[str]:
    """What an act takes from `polar`: `customers.create` and the like."""
    return {
        ast.unparse(node).removeprefix("polar.")
        for node in ast.walk(act)
        if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("polar.")
    }

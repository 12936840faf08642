"""`scripts/compare_openapi.py`: how far our description agrees with a reference's."""

import copy
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from described import find_document

_SCRIPT = Path(__file__).parents[2] / "scripts" / "compare_openapi.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("compare_openapi", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def ours() -> dict[str, Any]:
    """Our document, to be changed at will."""
    return copy.deepcopy(find_document("2026-10"))


def test_agreement(script: ModuleType, ours: dict[str, Any]) -> None:
    """A document does not differ from itself."""
    assert script.find_differences(ours, ours) == {}


def test_what_only_people_read(script: ModuleType, ours: dict[str, Any]) -> None:
    """Sentences, titles, examples and the order of parameters make no difference."""
    reference = copy.deepcopy(ours)
    operation = reference["paths"]["/v1/customers/"]["get"]
    operation["description"] = "Other words."
    operation["parameters"].reverse()
    reference["components"]["schemas"]["Address"]["title"] = "Another title"

    assert script.find_differences(reference, ours) == {}


def test_differences(
    script: ModuleType, ours: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Another type, a field more, an endpoint less: each is found, printed, and not explained."""
    reference = copy.deepcopy(ours)
    schemas = reference["components"]["schemas"]
    schemas["Pagination"]["properties"]["max_page"]["type"] = "string"
    schemas["Address"]["properties"]["description"] = {"type": "string"}
    schemas["Address"]["required"].append("city")
    del ours["paths"]["/v1/customers/{id}"]

    differences = script.find_differences(reference, ours)

    assert differences.keys() == {
        "schemas.Pagination.properties.max_page.type",
        "schemas.Address.properties.description",
        "schemas.Address.required",
        "paths./v1/customers/{id}",
    }
    assert script.report(differences) == 1
    assert "4 not explained" in capsys.readouterr().out


def test_explanations(script: ModuleType) -> None:
    """An explanation covers its place and what is inside it, and nothing else."""
    covered = "paths./v1/customers/.get.responses.401.content"

    assert script.find_explanation(covered) == "paths.*.responses.401"
    assert script.find_explanation("paths./v1/customers/.get.responses.4019") is None

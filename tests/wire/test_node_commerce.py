"""What customers have and buy, by the official clients for Node."""

import pytest

from support import Organization
from wire import node_environments


@pytest.mark.parametrize("name", node_environments.NAMES)
def test_walk(name: str, organization: Organization) -> None:
    """Each method is answered and understood; what is not here raises the client's own error."""
    generation = name.rpartition("-")[2].partition(".")[0]
    seen = node_environments.run(
        name,
        f"commerce_{generation}.mjs",
        ICEFLOE_URL=organization.url,
        ICEFLOE_TOKEN=organization.token(),
    )

    assert seen["listed"] == [[one] for one in seen["got"]]
    granted, again = seen["grants"]
    assert granted == again
    assert (seen["names"], seen["quantities"]) == (["call"], 1)
    assert seen["counted"]["inserted"] == 1
    assert ["ada@example.com" in export for export in seen["exports"]] == [True, True]
    assert {*seen["renamed"], seen["described"]} == {"Renamed"}
    for absent in seen["absent"]:
        assert absent["raised"] in {"SDKError", "PolarServerError"}
        assert "is not part of this server" in absent["message"]
    assert seen["refused"]["raised"] == "OrderNotDraft"
    assert (seen["revoked"], seen["left"]) == ("canceled", [])

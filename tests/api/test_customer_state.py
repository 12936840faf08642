"""A customer and what is active for it: `…/{id}/state` and `…/external/{external_id}/state`."""

from uuid import uuid4

import pytest

from api import writing
from api.writing import CUSTOMERS, EXTERNAL
from support import Organization

EMPTY: dict[str, list[object]] = {
    "active_subscriptions": [],
    "granted_benefits": [],
    "active_meters": [],
}


class TestGetCustomerState:
    """`GET /v1/customers/{id}/state`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nobody's state is shown."""
        answer = organization.get(f"{CUSTOMERS}{uuid4()}/state", token=None)

        assert (answer.status_code, answer.json()) == (401, writing.UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """A token without a scope of customers is refused."""
        token = organization.token("members:write")

        answer = organization.get(f"{CUSTOMERS}{uuid4()}/state", token=token)

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_not_found(self, organization: Organization) -> None:
        """An id that nobody has, or that somebody had, is not found."""
        gone = writing.make(organization)
        organization.request("DELETE", f"{CUSTOMERS}{gone['id']}")

        for customer_id in (uuid4(), gone["id"]):
            answer = organization.get(f"{CUSTOMERS}{customer_id}/state")
            assert (answer.status_code, answer.json()) == (404, writing.NOT_FOUND)

    def test_of_another_organization(
        self, organization: Organization, strangers: Organization
    ) -> None:
        """Another organization's customer is not found."""
        theirs = strangers.get(CUSTOMERS).json()["items"][0]

        assert organization.get(f"{CUSTOMERS}{theirs['id']}/state").status_code == 404

    @pytest.mark.parametrize("scope", ["customers:read", "customers:write"])
    def test_valid(self, organization: Organization, scope: str) -> None:
        """The state is the customer with three lists, all empty here."""
        made = writing.make(organization, metadata={"a": 1})

        answer = organization.get(f"{CUSTOMERS}{made['id']}/state", token=organization.token(scope))

        assert (answer.status_code, answer.json()) == (200, {**made, **EMPTY})
        assert list(answer.json()) == [*made, *EMPTY]

    def test_after_a_change(self, organization: Organization) -> None:
        """The state follows the customer at once."""
        made = writing.make(organization)
        writing.change(organization, made, name="New")

        assert organization.get(f"{CUSTOMERS}{made['id']}/state").json()["name"] == "New"

    def test_not_an_id(self, organization: Organization) -> None:
        """An id is a UUID of version 4."""
        for path, kind in (("abc", "uuid_parsing"), (str(uuid4())[:-22] + "1", "uuid_parsing")):
            ((place, found, _),) = writing.problems(organization.get(f"{CUSTOMERS}{path}/state"))
            assert (place, found) == (["path", "id"], kind)


class TestGetExternalCustomerState:
    """`GET /v1/customers/external/{external_id}/state`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nobody's state is shown."""
        assert organization.get(f"{EXTERNAL}mine/state", token=None).status_code == 401

    def test_missing_scope(self, organization: Organization) -> None:
        """A token without a scope of customers is refused."""
        token = organization.token("members:read")

        assert organization.get(f"{EXTERNAL}mine/state", token=token).status_code == 403

    @pytest.mark.parametrize("external_id", ["nobody", "Mine", "%00"])
    def test_not_found(self, organization: Organization, external_id: str) -> None:
        """An external id must be the whole one."""
        writing.make(organization, external_id="mine")

        answer = organization.get(f"{EXTERNAL}{external_id}/state")

        assert (answer.status_code, answer.json()) == (404, writing.NOT_FOUND)

    def test_valid(self, organization: Organization) -> None:
        """The answer is the same as by id."""
        made = writing.make(organization, external_id="mine")

        answer = organization.get(f"{EXTERNAL}mine/state")

        assert (answer.status_code, answer.json()) == (200, {**made, **EMPTY})

    def test_a_customer_called_state(self, organization: Organization) -> None:
        """Where somebody is called "state", the path without more is that customer."""
        made = writing.make(organization, external_id="state")

        assert organization.get(f"{EXTERNAL}state").json() == made
        assert organization.get(f"{EXTERNAL}state/state").json() == {**made, **EMPTY}

"""How a customer pays, which is not known here: `…/payment-methods`, by id and by external id."""

from uuid import uuid4

import pytest

from api import writing
from api.writing import CUSTOMERS, EXTERNAL
from support import Organization

NONE = {"items": [], "pagination": {"total_count": 0, "max_page": 0}}


class TestListPaymentMethods:
    """`GET /v1/customers/{id}/payment-methods`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is shown."""
        answer = organization.get(f"{CUSTOMERS}{uuid4()}/payment-methods", token=None)

        assert (answer.status_code, answer.json()) == (401, writing.UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """A token without a scope of customers is refused."""
        token = organization.token("members:write")

        answer = organization.get(f"{CUSTOMERS}{uuid4()}/payment-methods", token=token)

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_not_found(self, organization: Organization) -> None:
        """An id that nobody has is not found."""
        answer = organization.get(f"{CUSTOMERS}{uuid4()}/payment-methods")

        assert (answer.status_code, answer.json()) == (404, writing.NOT_FOUND)

    @pytest.mark.parametrize("query", ["", "?page=2&limit=1", "?limit=1000", "?unheard_of=1"])
    def test_valid(self, organization: Organization, query: str) -> None:
        """Every page is empty."""
        made = writing.make(organization)

        answer = organization.get(f"{CUSTOMERS}{made['id']}/payment-methods{query}")

        assert (answer.status_code, answer.json()) == (200, NONE)

    @pytest.mark.parametrize("query", ["page=0", "limit=0", "page=-1", "limit=x"])
    def test_not_a_page(self, organization: Organization, query: str) -> None:
        """Pages and limits are whole numbers above zero, whether the customer is there or not."""
        answer = organization.get(f"{CUSTOMERS}{uuid4()}/payment-methods?{query}")

        ((place, _, _),) = writing.problems(answer)
        assert place == ["query", query.partition("=")[0]]

    def test_not_an_id(self, organization: Organization) -> None:
        """An id is a UUID of version 4."""
        answer = organization.get(f"{CUSTOMERS}abc/payment-methods")

        ((place, kind, _),) = writing.problems(answer)
        assert (place, kind) == (["path", "id"], "uuid_parsing")

    def test_several_problems(self, organization: Organization) -> None:
        """What is wrong with the path and with the query is told at once."""
        answer = organization.get(f"{CUSTOMERS}abc/payment-methods?page=0&limit=0")

        assert [place for place, _, _ in writing.problems(answer)] == [
            ["path", "id"],
            ["query", "page"],
            ["query", "limit"],
        ]


class TestListExternalPaymentMethods:
    """`GET /v1/customers/external/{external_id}/payment-methods`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is shown."""
        assert organization.get(f"{EXTERNAL}mine/payment-methods", token=None).status_code == 401

    def test_missing_scope(self, organization: Organization) -> None:
        """A token without a scope of customers is refused."""
        token = organization.token("members:write")

        assert organization.get(f"{EXTERNAL}mine/payment-methods", token=token).status_code == 403

    def test_not_found(self, organization: Organization) -> None:
        """An external id that nobody has is not found."""
        answer = organization.get(f"{EXTERNAL}nobody/payment-methods")

        assert (answer.status_code, answer.json()) == (404, writing.NOT_FOUND)

    def test_valid(self, organization: Organization) -> None:
        """Every page is empty."""
        writing.make(organization, external_id="mine")

        answer = organization.get(f"{EXTERNAL}mine/payment-methods?page=3")

        assert (answer.status_code, answer.json()) == (200, NONE)

    def test_not_a_page(self, organization: Organization) -> None:
        """A page is a whole number above zero."""
        answer = organization.get(f"{EXTERNAL}mine/payment-methods?page=0")

        assert writing.problems(answer) == [
            (["query", "page"], "greater_than", "Input should be greater than 0")
        ]

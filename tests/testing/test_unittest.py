"""`icefloe.testing.TestCase`: unittest, without pytest."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from icefloe.testing import Server

_CASES = """\
import sys
import unittest

from icefloe.testing import TestCase


class TestOne(TestCase):
    icefloe_options = {"seed": 7}

    def test_webhooks(self):
        received = []

        def app(environ, start_response):
            received.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            start_response("200 OK", [])
            return []

        self.icefloe.webhooks.deliver_to(app, events=["customer.created"])
        self.icefloe.customers.create()
        delivery = self.icefloe.webhooks.wait_for("customer.created")
        self.assertEqual([delivery.body], received)

    def test_it(self):
        made = self.icefloe.customers.create()
        self.assertEqual(made.created_at, "2026-01-01T00:00:00Z")
        self.assertNotIn("pytest", sys.modules)
        self.kept = self.icefloe_server.control.get("organizations")["items"]
        self.assertEqual([one["id"] for one in self.kept], [self.icefloe.organization_id])


class TestTwo(TestCase, unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        super().setUp()
        self.made = self.icefloe.customers.create()

    async def test_it(self):
        self.assertIs(self.icefloe_server, TestOne.icefloe_server)
        self.assertTrue(self.made.email)
"""


@pytest.mark.parametrize("runs_already", [False, True])
def test_unittest(icefloe_server: Server, tmp_path: Path, *, runs_already: bool) -> None:
    """Each test has its organization, and all share a server: one of theirs, or one that runs."""
    (tmp_path / "test_it.py").write_text(_CASES, "utf-8")
    environment = {name: one for name, one in os.environ.items() if name != "ICEFLOE_URL"}
    if runs_already:
        environment |= {
            "ICEFLOE_URL": icefloe_server.base_url,
            "ICEFLOE_CONTROL_KEY": icefloe_server.control_key,
        }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "unittest"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Ran 3 tests" in done.stderr

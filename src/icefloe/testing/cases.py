"""Test cases of unittest, with an organization of its own for each test."""

import atexit
import unittest
from typing import Any, ClassVar

from icefloe.testing import server
from icefloe.testing.organization import Organization


class TestCase(unittest.TestCase):
    """A test case whose tests each have an organization of their own, removed after the test.

    All classes of a process share one server: that at ICEFLOE_URL, or one that is started with the
    first of them and ends with the process. Before `unittest.IsolatedAsyncioTestCase` among the
    bases, it does for that as well.

    Attributes:
        icefloe_options: how a class wants its organizations: the arguments of
            `Server.new_organization`, such as `{"seed": 7, "strict": True}`.
        icefloe_server: the server.
        icefloe: the organization of the present test.
    """

    icefloe_options: ClassVar[dict[str, Any]] = {}
    icefloe_server: ClassVar[server.Server]
    icefloe: Organization

    @classmethod
    def setUpClass(cls) -> None:
        """See that there is a server."""
        super().setUpClass()
        atexit.register(server.stop_shared)
        cls.icefloe_server = server.shared()

    def setUp(self) -> None:
        """Make the test's organization; a class with a `setUp` of its own calls this first."""
        super().setUp()
        self.icefloe = self.icefloe_server.new_organization(**self.icefloe_options)
        self.addCleanup(self.icefloe.remove)

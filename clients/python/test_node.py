"""Runs the tests of the JavaScript clients against a server of their own."""

import json
import os
import subprocess
import unittest
from pathlib import Path

from served import Served

NODE = Path(__file__).parent.parent / "node"


class NodeTest(unittest.TestCase):
    def setUp(self):
        self.served = Served()
        self.addCleanup(self.served.close)

    def passes(self, file, **more):
        environment = {**os.environ, "TASK_MCP_URL": self.served.url, **more}
        done = subprocess.run(
            ["node", "--test", file], cwd=NODE, env=environment, capture_output=True, text=True, timeout=120,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_javascript_sdk(self):
        self.passes("sdk.test.mjs")

    def test_the_mcp_sdks(self):
        pipe = {
            "command": str(self.served.binary), "args": ["mcp", "--source", "docs=docs"],
            "env": self.served.environment, "cwd": self.served.directory.name,
        }
        self.passes("mcp.test.mjs", TASK_MCP_PIPE=json.dumps(pipe))


if __name__ == "__main__":
    unittest.main()

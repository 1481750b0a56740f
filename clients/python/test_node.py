"""Runs the tests of the JavaScript SDK against a server of their own."""

import os
import subprocess
import unittest
from pathlib import Path

from served import Served

NODE = Path(__file__).parent.parent / "node"


class NodeTest(unittest.TestCase):
    def test_the_javascript_sdk(self):
        served = Served()
        try:
            environment = {**os.environ, "TASK_MCP_URL": served.url}
            done = subprocess.run(
                ["node", "--test", "sdk.test.mjs"], cwd=NODE, env=environment,
                capture_output=True, text=True, timeout=120,
            )
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        finally:
            served.close()


if __name__ == "__main__":
    unittest.main()

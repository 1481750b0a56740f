"""The official MCP conformance suite, both of its requirement sets, against two builds of the server.

The build with fixtures (feature `conformance-fixtures`) has to pass every check, and at least as many as are known to
run. The ordinary build has to pass every check of the scenarios that call no fixture.
"""

import json
import os
import subprocess
import tempfile
import unittest
from collections import Counter
from pathlib import Path

from served import Served

SUITE = Path(__file__).parent.parent / "conformance" / "node_modules"
NODE = SUITE / ".bin" / "node"
PROGRAM = SUITE / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"

# Checks that pass, for each requirement set. Fewer means that something was not asked.
FLOORS = {"2025-11-25": 83, "2026-07-28": 196}

# `tasks-status-notifications` is skipped by the suite itself.
TASKS = {
    "tasks-capability-negotiation", "tasks-dispatch-and-envelope", "tasks-lifecycle", "tasks-mrtr-composition",
    "tasks-mrtr-input", "tasks-request-headers", "tasks-request-state-removal", "tasks-required-task-error",
    "tasks-wire-fields",
}

# Scenarios that say something about a server without fixtures, and how many of their checks pass.
GENERIC = {
    "2025-11-25": {
        "server-initialize": 3, "server-session-lifecycle": 3, "ping": 2, "completion-complete": 2, "tools-list": 3,
        "resources-list": 2, "prompts-list": 2, "dns-rebinding-protection": 2, "server-sse-multiple-streams": 2,
    },
    "2026-07-28": {
        "server-stateless": 24, "completion-complete": 2, "tools-list": 4, "resources-list": 2, "prompts-list": 2,
        "dns-rebinding-protection": 2, "server-sse-multiple-streams": 1, "caching": 8, "http-header-validation": 14,
        "sep-2164-resource-not-found": 4, "input-required-result-unsupported-methods": 2,
    },
}

# Checks of these scenarios that call a fixture, and so cannot be made without.
NEED_FIXTURES = {
    "sep-2575-server-rejects-undeclared-capability", "sep-2575-missing-capability-http-400",
    "sep-2575-http-server-no-independent-requests-on-stream", "sep-2575-server-no-log-without-loglevel",
}


def run(url, requirements):
    """All checks by scenario, as the suite wrote them, and how it ended."""
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            [NODE, PROGRAM, "server", "--url", url, "--requirements", requirements, "-o", directory],
            capture_output=True, text=True, timeout=300,
        )
        # Folders are called `server-SCENARIO-TIME`, and a time is 24 characters long.
        found = {
            path.parent.name[len("server-"):-len("-2026-01-01T00-00-00-000Z")]: json.loads(path.read_text())
            for path in Path(directory).glob("*/checks.json")
        }
    return found, done


def told(found):
    """What did not pass, for people."""
    lines = [
        f"{scenario}: {check['status']} {check['id']}: {check.get('errorMessage')}"
        for scenario, checks in sorted(found.items())
        for check in checks
        if check["status"] in ("FAILURE", "WARNING")
    ]
    return "\n".join(lines)


def counted(checks):
    return Counter(check["status"] for check in checks)


class ConformanceTest(unittest.TestCase):
    maxDiff = None

    def check_all(self, path, requirements):
        found, done = run(self.served.url + path, requirements)
        count = counted(check for checks in found.values() for check in checks)
        print(f"\nconformance {requirements} on {path}: {count['SUCCESS']} checks passed, {count['FAILURE']} failed")
        self.assertEqual(told(found), "")
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])
        self.assertGreaterEqual(count["SUCCESS"], FLOORS[requirements])
        return found

    def test_with_fixtures_everything_passes(self):
        self.served = Served(binary=os.environ["TASK_MCP_FIXTURES_BINARY"])
        self.addCleanup(self.served.close)
        # Small models have a door of their own on the same stack.
        for path in ("/mcp", "/mcp/simple"):
            with self.subTest(path):
                self.check_all(path, "2025-11-25")
                found = self.check_all(path, "2026-07-28")
                passed = {scenario for scenario in TASKS if counted(found[scenario])["SUCCESS"]}
                self.assertEqual(passed, TASKS)

    def test_without_fixtures_everything_passes_that_calls_none(self):
        self.served = Served()
        self.addCleanup(self.served.close)
        # Something finished, so that there is a resource to be read.
        self.served.run("research", "What does the Otter 3 cost?")
        for requirements, scenarios in GENERIC.items():
            found, _ = run(self.served.url + "/mcp", requirements)
            found = {
                scenario: [check for check in found[scenario] if check["id"] not in NEED_FIXTURES]
                for scenario in scenarios
            }
            passed = {scenario: counted(checks)["SUCCESS"] for scenario, checks in found.items()}
            count = sum(passed.values())
            print(f"\nconformance {requirements} without fixtures: {count} checks passed in {len(passed)} scenarios")
            self.assertEqual(told(found), "")
            self.assertEqual(passed, {name: max(passed[name], least) for name, least in scenarios.items()})


if __name__ == "__main__":
    unittest.main()

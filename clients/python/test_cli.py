"""`parallel-cli`, unchanged, with our address in its environment."""

import csv
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

from served import Served


class CliTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.served = Served()
        cls.folder = Path(cls.served.directory.name)

    @classmethod
    def tearDownClass(cls):
        cls.served.close()

    def cli(self, *arguments):
        environment = {
            "HOME": str(self.folder), "PATH": os.environ["PATH"], "PARALLEL_API_KEY": "any",
            "PARALLEL_API_URL": self.served.url, "PARALLEL_BASE_URL": self.served.url,
        }
        done = subprocess.run(
            [Path(sys.executable).with_name("parallel-cli"), *arguments],
            cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_research_writes_a_report(self):
        self.cli("research", "run", "What does the Otter 3 turbine cost?", "--text", "-o", "report", "--poll-interval", "1")
        self.assertIn("48,000 crowns", (self.folder / "report.md").read_text())

    def test_research_without_a_schema_brings_fields(self):
        self.cli("research", "run", "Who is the chief executive of Brook Energy?", "-o", "auto", "--poll-interval", "1")
        self.assertIn("Ada Lind", json.dumps(json.loads((self.folder / "auto.json").read_text())))

    def test_a_csv_is_enriched_in_its_order(self):
        (self.folder / "in.csv").write_text("product\nOtter 3\nHeron 5\n")
        self.cli(
            "enrich", "run", "--source-type", "csv", "--source", "in.csv", "--target", "out.csv",
            "--source-columns", json.dumps([{"name": "product", "description": "name of the turbine"}]),
            "--enriched-columns", json.dumps([{"name": "launched", "description": "year it was launched", "type": "int"}]),
        )
        with open(self.folder / "out.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["product"], row["launched"]) for row in rows], [("Otter 3", "2019"), ("Heron 5", "2021")])


if __name__ == "__main__":
    unittest.main()

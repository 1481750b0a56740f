"""Rows from a file on the client's own machine: over stdio its path may stand for the rows."""

import csv
import json
import unittest
from pathlib import Path

from mcp_doors import DOORS, MODERN, at_every_door, call, connected, finished, page, text_of
from served import Served

COLUMNS = "launched: year it was launched"
PRODUCTS = [{"product": "Otter 3"}, {"product": "Heron 5"}]
PIPES = [door for door in DOORS if door[0] == "stdio"]


class FilesTest(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.served = Served()

    @classmethod
    def tearDownClass(cls):
        cls.served.close()

    def file(self, name, text):
        path = Path(self.served.directory.name) / name
        path.write_text(text)
        return str(path)

    async def test_a_table_is_filled_from_each_kind_of_file(self):
        files = [
            self.file("products.csv", "product\nOtter 3\nHeron 5\n"),
            self.file("products.tsv", "product\tnote\nOtter 3\tx\nHeron 5\ty\n"),
            self.file("products.json", json.dumps(PRODUCTS)),
            self.file("products.jsonl", "\n".join(json.dumps(row) for row in PRODUCTS)),
            "file://" + self.file("more products.csv", "product\nOtter 3\nHeron 5\n"),
        ]

        async def job(transport, era):
            async with connected(self.served, transport, era) as client:
                for path in files:
                    started = await call(client, "createTaskGroup", inputs=path, output=COLUMNS)
                    self.assertEqual(started["rows"], 2, path)
                    self.assertIn("2 rows were read from", started["notes"][0])
                    await finished(client, started["id"])
                    text = await page(client, taskRunOrGroupId=started["id"])
                    for fact in ("Otter 3", "2019", "Heron 5", "2021"):
                        self.assertIn(fact, text, path)

        await at_every_door(job, PIPES)

    async def test_a_file_may_have_more_rows_than_a_call(self):
        path = Path(self.served.directory.name) / "many.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([["name"], *[[f"row-{number}"] for number in range(1500)]])

        async def job(transport, era):
            async with connected(self.served, transport, era) as client:
                asked = {"inputs": str(path), "output": "a: any", "processor": "noop", "request_key": "many-" + era}
                started = await call(client, "createTaskGroup", **asked)
                self.assertEqual((started["rows"], started["rows_in_group"]), (1500, 1500))
                again = await call(client, "createTaskGroup", **asked)
                self.assertEqual((again["id"], again["rows_in_group"]), (started["id"], 1500))

        await at_every_door(job, PIPES)

    async def test_files_that_cannot_be_read_are_refused_with_a_reason(self):
        empty, broken = self.file("empty.csv", ""), self.file("broken.json", "[{")
        async with connected(self.served, "stdio", MODERN) as client:
            for path, told in (
                ("/nowhere/rows.csv", "No such file"),
                ("rows.csv", "whole path"),
                (empty, "`inputs`"),
                (broken, "`inputs`"),
            ):
                result = await client.call_tool("createTaskGroup", {"inputs": path, "output": COLUMNS})
                self.assertTrue(result.is_error, path)
                self.assertIn(told, text_of(result))

    async def test_over_http_a_path_is_no_file(self):
        path = self.file("secret.csv", "product\nOtter 3\n")
        async with connected(self.served, "http", MODERN) as client:
            told = await client.call_tool("createTaskGroup", {"inputs": path, "output": "a: any", "processor": "noop"})
            self.assertTrue(told.is_error)
            self.assertIn("looks like the path of a file, and no such file is read here", text_of(told))


if __name__ == "__main__":
    unittest.main()

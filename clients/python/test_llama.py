"""Our client of language models against llama.cpp's own server: every question ends in an answer that fits or in a
failure with a name, over each wire that the server speaks. Says nothing about the words; the weights are random."""

import json
import os
import subprocess
import unittest
from collections import Counter

from llama import CONTEXT, Llama

TIMES = 34


def ask(wire, address):
    """What `crates/llm/examples/ask.rs` prints."""
    command = [os.environ["TASK_MCP_ASK"], wire, address, "random", str(TIMES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


class LlamaTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.llama = Llama().__enter__()
        cls.addClassCleanup(cls.llama.__exit__, None, None, None)

    def check(self, wire):
        probe, *lines = ask(wire, self.llama.address)
        of = lambda kind: [line for line in lines if line["kind"] == kind]
        texts, typed, long = of("text"), of("typed"), of("long")
        self.assertEqual((len(texts), len(typed), len(long)), (TIMES, TIMES, TIMES))
        for line in texts + typed:
            # Random weights may say nothing at all, and that has a name too.
            self.assertIn(line.get("failed"), (None, "empty"), line)
        answered = [line for line in texts + typed if "failed" not in line]
        self.assertGreater(len(answered), TIMES)
        for line in answered:
            self.assertFalse(line["usage"]["is_estimated"], line)
            self.assertGreater(line["usage"]["input_tokens"], 20, line)
        for line in typed:
            # What was not cut at its limit was held to the schema by the server, and fits.
            if line.get("stopped") == "end":
                self.assertIsNone(line["unfit"], line)
        for line in long:
            self.assertEqual(line.get("failed"), "too_long", line)
        return probe, Counter(line.get("stopped", line.get("failed")) for line in typed)

    def test_chat_completions(self):
        probe, ends = self.check("openai")
        self.assertEqual(probe["context"], CONTEXT)
        self.assertGreater(ends["end"], 0, ends)

    def test_responses(self):
        self.check("openai-responses")

    def test_messages(self):
        self.check("anthropic")


if __name__ == "__main__":
    unittest.main()

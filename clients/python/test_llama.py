"""Our client of language models against llama.cpp's own server: every question ends in an answer that fits or in a
failure with a name, over each wire that the server speaks. Says nothing about the words; the weights are random."""

import json
import os
import subprocess
import unittest

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
            # Random weights may say nothing, or what the server cannot read; both have names.
            self.assertIn(line.get("failed"), (None, "empty", "garbled"), line)
        self.assertGreater(len([line for line in texts + typed if "failed" not in line]), TIMES)
        for line in long:
            self.assertEqual(line.get("failed"), "too_long", line)
        return probe, [line for line in texts + typed if "failed" not in line]

    def heard_out(self, answered):
        # What went round in circles was not, and its usage comes at the end.
        return [line for line in answered if line["stopped"] != "loop"]

    def test_chat_completions(self):
        probe, answered = self.check("openai")
        self.assertEqual((probe["typed"], probe["context"]), ("native", CONTEXT))
        whole = [line for line in answered if line["kind"] == "typed" and line["stopped"] == "end"]
        self.assertGreater(len(whole), 0)
        for line in self.heard_out(answered):
            self.assertFalse(line["usage"]["is_estimated"], line)
            self.assertGreater(line["usage"]["input_tokens"], 20, line)
        # What was not cut at its limit was held to the schema by the server, and fits.
        for line in whole:
            self.assertIsNone(line["unfit"], line)

    def test_responses(self):
        # The server knows no schema on this wire, and the model cannot be asked for one in words.
        _, answered = self.check("openai-responses")
        for line in self.heard_out(answered):
            self.assertFalse(line["usage"]["is_estimated"], line)

    def test_messages(self):
        # Where the first character is half there, the server leaves out its first event and the usage in it.
        _, answered = self.check("anthropic")
        self.assertTrue(any(not line["usage"]["is_estimated"] for line in answered))


if __name__ == "__main__":
    unittest.main()

"""The naive client comes to a useful end with every task, on both sets of tools; what it took is printed."""

import unittest

import naive_mcp
from served import Served


class NaiveTest(unittest.TestCase):
    def ends_usefully(self, tools):
        served = Served()
        self.addCleanup(served.close)
        score = naive_mcp.run(served.url, tools)
        print(f"\n{score}", flush=True)
        self.assertEqual([name for name, _ in score.failed], [])
        ours, of_ours, others, of_others = score.choices
        self.assertEqual((ours, others), (of_ours, of_others))
        return score

    def test_with_six_tools(self):
        score = self.ends_usefully("full")
        self.assertLess(score.calls / score.tasks, 5)

    def test_with_three_tools(self):
        score = self.ends_usefully("simple")
        self.assertLess(score.calls / score.tasks, 5)


if __name__ == "__main__":
    unittest.main()

"""Work outlives its client, its server and its transport; links open for as long as anybody is there."""

import json
import subprocess
import time
import unittest
import urllib.request

from mcp_doors import MODERN, SlowPages, call, connected, finished, page
from served import Served


class Pipe:
    """`task-mcp mcp` and a client of few words, which can be killed or close its end."""

    def __init__(self, served, *settings):
        command = [served.binary, "mcp", "--source", "docs=docs", *served.settings, *settings]
        self.process = subprocess.Popen(
            command, cwd=served.directory.name, env=served.environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        self.last = 0
        self.request("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "t", "version": "1"})
        self.send({"method": "notifications/initialized"})

    def send(self, message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def request(self, method, **params):
        self.last += 1
        self.send({"id": self.last, "method": method, "params": params})
        while True:
            answer = json.loads(self.process.stdout.readline())
            if answer.get("id") == self.last:
                return answer

    def call(self, tool, **arguments):
        result = self.request("tools/call", name=tool, arguments=arguments)["result"]
        text = result["content"][0]["text"]
        assert not result.get("isError"), text
        return result.get("structuredContent", text)

    def start(self, question, **arguments):
        return self.call("createDeepResearch", input=question, **arguments)

    def wait(self, id):
        return self.call("getStatus", taskRunOrGroupId=id, wait_seconds=50)

    def end(self, within=30):
        """The client closes its end; how the process left, and after how many seconds."""
        began = time.monotonic()
        self.process.stdin.close()
        code = self.process.wait(within)
        self.process.stdout.close()
        return code, time.monotonic() - began

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def opened(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def opened_within(url, seconds):
    give_up_at = time.monotonic() + seconds
    while True:
        try:
            return opened(url)
        except OSError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.1)


def piped(served, *messages, settings=()):
    """What `printf … | task-mcp mcp` prints, by the ids of the requests."""
    lines = "".join(json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in messages)
    done = subprocess.run(
        [served.binary, "mcp", "--source", "docs=docs", *settings], input=lines, cwd=served.directory.name,
        env=served.environment, capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return {answer.get("id"): answer for answer in map(json.loads, done.stdout.splitlines())}


INITIALIZE = {"id": 0, "method": "initialize", "params": {
    "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}
INITIALIZED = {"method": "notifications/initialized"}


class LastingTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.slow = SlowPages()
        self.addCleanup(self.slow.close)
        self.served = Served("--set", f"fetch.allow={self.slow.url}")
        self.addCleanup(self.served.close)

    def pipe(self, *settings):
        pipe = Pipe(self.served, *settings)
        self.addCleanup(pipe.kill)
        return pipe

    def stop_serving(self):
        self.served.process.kill()
        self.served.process.wait()

    async def test_work_of_a_killed_client_is_read_over_http(self):
        self.stop_serving()
        pipe = self.pipe()
        id = pipe.start(self.slow.question("one"))["id"]
        pipe.kill()
        self.slow.release("one")
        self.served.process.stdout.close()
        self.served.start()
        for era in (MODERN, "legacy"):
            async with connected(self.served, "http", era) as client:
                self.assertEqual((await finished(client, id))[-1]["status"], "completed")
                self.assertIn("7,700 crowns", await page(client, taskRunOrGroupId=id))

    async def test_work_started_over_http_is_read_at_a_pipe(self):
        async with connected(self.served) as client:
            id = (await call(client, "createDeepResearch", input=self.slow.question("two")))["id"]
        self.stop_serving()
        self.slow.release("two")
        pipe = self.pipe()
        self.assertEqual(pipe.wait(id)["status"], "completed")
        self.assertIn("7,700 crowns", pipe.call("getResultMarkdown", taskRunOrGroupId=id))
        self.assertEqual(pipe.end()[0], 0)

    async def test_a_restart_ends_neither_work_nor_a_session_of_the_older_era(self):
        async with connected(self.served, "http", MODERN) as modern, connected(self.served, "http", "legacy") as legacy:
            id = (await call(legacy, "createDeepResearch", input=self.slow.question("three")))["id"]
            self.served.kill_and_start()
            self.slow.release("three")
            for client in (legacy, modern):
                told = []

                async def progress(done, total, message):
                    told.append(done)

                status = await call(client, "getStatus", progress, taskRunOrGroupId=id, wait_seconds=50)
                self.assertEqual(status["status"], "completed")
            self.assertEqual(len((await legacy.list_tools()).tools), 6)

    async def test_every_link_opens_whoever_gave_it_out_and_whoever_has_gone(self):
        first, second = self.pipe(), self.pipe()
        links = [client.start("What is the Otter 3?", processor="noop")["url"] for client in (first, second)]
        async with connected(self.served) as client:
            links.append((await call(client, "createDeepResearch", input="What is the Heron 5?", processor="noop"))["url"])
        for link in links:
            self.assertIn("trun_", opened(link))
        self.stop_serving()
        for link in links:
            self.assertIn("trun_", opened_within(link, 4))
        first.kill()
        for link in links:
            self.assertIn("trun_", opened_within(link, 4))
        links.append(second.start("What is the Heron 5?", processor="noop")["url"])
        third = self.pipe()
        second.kill()
        links.append(third.start("What is the Heron 5?", processor="noop")["url"])
        for link in links:
            self.assertIn("trun_", opened_within(link, 4))
        self.assertEqual(third.end()[0], 0)

    async def test_links_of_pipes_alone_open_and_a_server_that_comes_later_leaves_them_so(self):
        self.stop_serving()
        first, second = self.pipe(), self.pipe()
        links = [client.start("What is the Otter 3?", processor="noop")["url"] for client in (first, second)]
        self.served.process.stdout.close()
        self.served.start()
        for link in links:
            self.assertIn("trun_", opened(link))
        first.kill()
        for link in links:
            self.assertIn("trun_", opened_within(link, 4))
        second.end()
        for link in links:
            self.assertIn("trun_", opened_within(link, 4))


class EndTest(unittest.TestCase):
    """What happens when the client closes its end."""

    def setUp(self):
        self.slow = SlowPages()
        self.addCleanup(self.slow.close)
        self.served = Served("--set", f"fetch.allow={self.slow.url}")
        self.addCleanup(self.served.directory.cleanup)
        self.served.process.kill()
        self.served.process.wait()
        self.served.process.stdout.close()

    def pipe(self, *settings):
        pipe = Pipe(self.served, *settings)
        self.addCleanup(pipe.kill)
        return pipe

    def test_running_work_is_finished_before_the_process_leaves(self):
        pipe = self.pipe()
        id = pipe.start(self.slow.question("one"))["id"]
        pipe.process.stdin.close()
        with self.assertRaises(subprocess.TimeoutExpired):
            pipe.process.wait(2)
        self.slow.release("one")
        self.assertEqual(pipe.process.wait(30), 0)
        pipe.process.stdout.close()
        again = self.pipe()
        self.assertEqual(again.call("getStatus", taskRunOrGroupId=id)["status"], "completed")
        again.end()

    def test_after_a_short_time_it_leaves_and_the_rest_goes_on_at_the_next_start(self):
        pipe = self.pipe("--set", "mcp.linger=1s")
        started = pipe.start(self.slow.question("two"))
        self.assertIn("goes on for up to 1s", started["next_step"])
        code, took = pipe.end()
        self.assertEqual(code, 0)
        self.assertLess(took, 6)
        self.slow.release("two")
        again = self.pipe()
        self.assertEqual(again.wait(started["id"])["status"], "completed")
        self.assertEqual(again.end()[0], 0)

    def test_every_request_sent_before_the_end_is_answered(self):
        calls = [{"id": n, "method": "tools/call", "params": {"name": "createDeepResearch", "arguments": {
            "input": "What does the Otter 3 turbine cost?"}}} for n in range(1, 21)]
        answers = piped(
            self.served, INITIALIZE, INITIALIZED, *calls, {"id": "list", "method": "tools/list"},
            {"id": 98, "method": "nonsense"},
        )
        self.assertEqual(set(answers), {0, *range(1, 21), "list", 98})
        self.assertTrue(all("structuredContent" in answers[n]["result"] for n in range(1, 21)))

    def test_a_call_that_waits_answers_with_what_there_is(self):
        pipe = self.pipe("--set", "mcp.linger=1s")
        id = pipe.start(self.slow.question("three"))["id"]
        pipe.send({"id": 77, "method": "tools/call", "params": {
            "name": "getStatus", "arguments": {"taskRunOrGroupId": id, "wait_seconds": 50}}})
        pipe.process.stdin.close()
        began = time.monotonic()
        answer = json.loads(pipe.process.stdout.readline())
        self.assertEqual((answer["id"], answer["result"]["structuredContent"]["is_active"]), (77, True))
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(pipe.process.wait(30), 0)
        pipe.process.stdout.close()

    def test_a_request_of_the_newer_era_needs_no_greeting(self):
        meta = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}
        answers = piped(self.served, {"id": 1, "method": "tools/call", "params": {
            "_meta": meta, "name": "listTasks", "arguments": {}}})
        self.assertEqual(answers[1]["result"]["resultType"], "complete")


if __name__ == "__main__":
    unittest.main()

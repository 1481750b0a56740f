"""What comes in wrong at /mcp: each refusal is JSON-RPC and a sentence that says what to do; keys and owners hold."""

import http.client
import json
import unittest
from urllib.parse import urlsplit

from mcp import MCPError

from mcp_doors import MODERN, call, connected
from served import Served

META = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}


class Raw(unittest.TestCase):
    """Requests byte by byte."""

    @classmethod
    def setUpClass(cls):
        cls.served = Served()

    @classmethod
    def tearDownClass(cls):
        cls.served.close()

    def send(self, body, method="POST", path="/mcp", **headers):
        at = urlsplit(self.served.url)
        connection = http.client.HTTPConnection(at.hostname, at.port, timeout=60)
        self.addCleanup(connection.close)
        usual = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        headers = {name: value for name, value in {**usual, **named}.items() if value is not None}
        body = json.dumps(body) if isinstance(body, (dict, list)) else body
        connection.request(method, path, body, headers)
        return connection.getresponse()

    def refused(self, status, body, told, code=None, **more):
        """It is refused with this status and a sentence."""
        answer = self.send(body, **more)
        text = answer.read().decode()
        self.assertEqual(answer.status, status, text)
        self.assertTrue(answer.headers["content-type"].startswith("application/json"), answer.headers)
        error = json.loads(text)
        self.assertEqual(error["jsonrpc"], "2.0")
        self.assertIn(told, error["error"]["message"])
        self.assertGreater(len(error["error"]["message"].split()), 3, text)
        if code:
            self.assertEqual(error["error"]["code"], code)
        return error

    def request(self, method, **params):
        """A request of the newer era, with the headers that it needs."""
        body = {"jsonrpc": "2.0", "id": 7, "method": method, "params": {"_meta": META, **params}}
        headers = {"mcp_protocol_version": MODERN, "mcp_method": method}
        name = params.get("name") or params.get("uri") or params.get("taskId")
        if isinstance(name, str):
            headers["mcp_name"] = name
        return body, headers

    def open_session(self, **headers):
        answer = self.send({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}, **headers)
        answer.read()
        return answer.headers["mcp-session-id"]


class RefusalsTest(Raw):
    def test_what_is_no_message(self):
        self.refused(400, "{\"jsonrpc\":", "", -32700)
        self.refused(400, "", "", -32700)
        self.refused(400, "[]", "one at a time", -32600)
        self.refused(400, [{"jsonrpc": "2.0", "id": 1, "method": "ping"}], "one at a time", -32600)
        self.refused(400, {"jsonrpc": "2.0", "id": 1}, "`method` is missing", -32600)
        self.refused(400, {"id": 1, "method": "ping"}, "`jsonrpc`", -32600)
        self.refused(400, {"jsonrpc": "2.0", "id": [1], "method": "ping"}, "`id`", -32600)
        self.refused(400, b"\xff\xfe{}", "", -32700)

    def test_parameters_of_a_wrong_kind(self):
        for arguments in ("what is it?", 7, ["a", "b"], True):
            body, headers = self.request("tools/call", name="getStatus", arguments=arguments)
            answer = self.send(body, **headers)
            error = json.loads(answer.read())
            self.assertEqual(error["error"]["code"], -32602, error)
            self.assertIn("`arguments`", error["error"]["message"])
        body, headers = self.request("tools/call", name=7)
        self.assertIn("`name`", json.loads(self.send(body, **headers).read())["error"]["message"])
        body, headers = self.request("resources/read", uri=["x"])
        self.assertIn("uri", json.loads(self.send(body, **headers).read())["error"]["message"])

    def test_arguments_as_text_are_read(self):
        body, headers = self.request("tools/call", name="listTasks", arguments="{\"limit\": \"3\"}")
        answer = json.loads(self.send(body, **headers).read())
        self.assertIn("tasks", answer["result"]["structuredContent"])

    def test_unknown_names_and_places(self):
        for method, params, told in (
            ("tools/call", {"name": "webSearch", "arguments": {}}, "createDeepResearch"),
            ("tools/list", {"cursor": "x"}, "`cursor` is `x`"),
            ("resources/list", {"cursor": "x"}, "`cursor` is `x`"),
            ("prompts/get", {"name": "dance"}, "research_question"),
            ("resources/read", {"uri": "research://results/trun_" + "0" * 32}, "there is no resource"),
            ("tasks/get", {"taskId": "trun_" + "0" * 32}, ""),
        ):
            body, headers = self.request(method, **params)
            if method == "tasks/get":
                extensions = {"extensions": {"io.modelcontextprotocol/tasks": {}}}
                body["params"]["_meta"] = {**META, "io.modelcontextprotocol/clientCapabilities": extensions}
                told = "there is no task"
            error = json.loads(self.send(body, **headers).read())["error"]
            self.assertEqual(error["code"], -32602, (method, error))
            self.assertIn(told, error["message"])
        body, headers = self.request("dance/now")
        self.refused(404, body, "there is no method `dance/now`", -32601, **headers)

    def test_origins_and_hosts_of_others(self):
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        for method in ("POST", "GET", "DELETE"):
            self.refused(403, ping, "", method=method, origin="https://evil.example")
        self.refused(403, ping, "", host="evil.example")
        session = self.open_session(origin=self.served.url)
        self.assertTrue(session)

    def test_too_much_and_the_wrong_kind(self):
        self.refused(413, b"x" * (5 * 1024 * 1024), "larger than 4 MiB")
        body, headers = self.request("tools/list")
        self.refused(406, body, "", accept="text/html", **headers)
        self.refused(415, body, "", content_type="text/plain", **headers)
        self.refused(404, body, "no such session", mcp_session_id="nonsense")
        self.refused(405, None, "", method="PUT")

    def test_an_answer_may_be_long_but_no_error_is_a_stack_of_types(self):
        for arguments in ({"inputs": 7}, {"inputs": [], "output": {"a": 1}}, {"inputs": "x", "output": 9, "output_type": "xml"}):
            body, headers = self.request("tools/call", name="createTaskGroup", arguments=arguments)
            result = json.loads(self.send(body, **headers).read())["result"]
            self.assertTrue(result["isError"])
            text = result["content"][0]["text"]
            self.assertIn("A correct call of createTaskGroup: {", text)
            for word in ("serde", "expected", "untagged", "column 1"):
                self.assertNotIn(word, text)


class KeysTest(Raw, unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ours, cls.theirs = (cls.served.run("keys", "add", name).split()[-1] for name in ("ours", "theirs"))

    def test_who_has_no_key_is_told_how_to_show_one(self):
        body, headers = self.request("tools/list")
        for key in ({}, {"authorization": "Bearer wrong"}, {"x_api_key": "wrong"}):
            self.refused(401, body, "", **headers, **key)
            answer = self.send(body, **headers, **key)
            answer.read()
            self.assertTrue(answer.headers["www-authenticate"].startswith("Bearer"), answer.headers)
        for key in ({"authorization": f"Bearer {self.ours}"}, {"x_api_key": self.ours}):
            answer = self.send(body, **headers, **key)
            self.assertEqual(answer.status, 200, answer.read())
            answer.read()

    def test_a_session_of_another_owner_is_not_there(self):
        session = self.open_session(x_api_key=self.ours)
        message = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        answer = self.send(message, mcp_session_id=session, x_api_key=self.ours)
        self.assertEqual((answer.status, b"getStatus" in answer.read()), (200, True))
        stolen = self.refused(404, message, "no such session", mcp_session_id=session, x_api_key=self.theirs)
        nowhere = self.refused(404, message, "no such session", mcp_session_id="1.2.3", x_api_key=self.theirs)
        self.assertEqual(stolen["error"], nowhere["error"])
        for method in ("GET", "DELETE"):
            self.refused(404, None, "no such session", method=method, mcp_session_id=session, x_api_key=self.theirs)
        answer = self.send(message, mcp_session_id=session, x_api_key=self.ours)
        self.assertEqual(answer.status, 200)
        answer.read()

    async def test_work_of_another_owner_is_not_there(self):
        nowhere = "trun_" + "0" * 32
        for era in (MODERN, "legacy"):
            async with connected(self.served, era=era, key=self.ours) as us, \
                    connected(self.served, era=era, key=self.theirs) as them:
                id = (await call(us, "createDeepResearch", input="What is the Otter 3?", processor="noop"))["id"]
                self.assertEqual((await call(us, "getStatus", taskRunOrGroupId=id))["id"], id)
                for tool in ("getStatus", "getResultMarkdown", "cancelTask"):
                    told = [
                        (await them.call_tool(tool, {"taskRunOrGroupId": other})).content[0].text.replace(other, "ID")
                        for other in (id, nowhere)
                    ]
                    self.assertEqual(told[0], told[1])
                self.assertEqual((await call(them, "listTasks"))["tasks"], [])
                errors = []
                for other in (id, nowhere):
                    with self.assertRaises(MCPError) as refused:
                        await them.read_resource(f"research://results/{other}")
                    errors.append(str(refused.exception).replace(other, "ID"))
                self.assertEqual(errors[0], errors[1])


if __name__ == "__main__":
    unittest.main()

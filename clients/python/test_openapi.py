"""The OpenAPI document against the built server: whatever is sent, the answer is one that the document promises."""

import http.client
import json
import unittest
import urllib.request
from collections import Counter

import jsonschema_rs
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance, response_headers_conformance, response_schema_conformance, status_code_conformance,
)

from served import Served

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]
# Per operation and mode; all of them take about half a minute.
EXAMPLES = 15
# Members of a run or of rows that random text hardly ever fits.
HARD_TO_NAME = (
    "previous_interaction_id", "task_spec", "default_task_spec", "source_policy", "webhook", "mcp_servers", "advanced_settings",
)


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


class OpenApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.served = Served()
        cls.schema = schemathesis.openapi.from_url(cls.served.url + "/openapi.json")
        tasks = cls.served.url + "/v1/tasks"
        cls.alone = post(f"{tasks}/runs", {"input": "What does the Otter 3 turbine cost?", "processor": "core"})["run_id"]
        cls.group = post(f"{tasks}/groups", {})["taskgroup_id"]
        rows = {"inputs": [{"input": "What does the Heron 5 turbine cost?", "processor": "core"}]}
        cls.row = post(f"{tasks}/groups/{cls.group}/runs", rows)["run_ids"][0]
        for run in (cls.alone, cls.row):
            with urllib.request.urlopen(f"{tasks}/runs/{run}/result?timeout=60") as answer:
                answer.read()

        # How often an operation was answered with a status.
        cls.seen = Counter()

    @classmethod
    def tearDownClass(cls):
        cls.served.close()

    def at_things_that_exist(self, case):
        """Random ids are never there; and what waits must not wait for long."""
        path = case.path_parameters or {}
        if "group_id" in path:
            path["group_id"] = self.group
        if "run_id" in path:
            path["run_id"] = self.row if "group_id" in path else self.alone
        if isinstance(case.body, dict):
            rows = case.body.get("inputs")
            for body in [case.body, *(rows if isinstance(rows, list) else [])]:
                if isinstance(body, dict):
                    # What random text can hardly name or describe.
                    for name in HARD_TO_NAME:
                        body.pop(name, None)
                    body["processor"] = "noop"
        if case.operation.path.endswith(("/result", "/groups/{group_id}/events")):
            case.query = {**(case.query or {}), "timeout": "1"}

    def fuzz(self, operation, mode, exists):
        @seed(7)
        @settings(
            max_examples=EXAMPLES, database=None, deadline=None, suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case):
            if exists:
                self.at_things_that_exist(case)
            response = case.call(base_url=self.served.url, timeout=10)
            self.seen[operation.label, response.status_code] += 1
            # A stream is not one value; its events are looked at in a test of their own.
            is_stream = "text/event-stream" in response.headers.get("content-type", [""])[0]
            checks = [check for check in CHECKS if not is_stream or check is not response_schema_conformance]
            case.validate_response(response, checks=checks)

        check()

    def test_every_operation_keeps_to_the_document(self):
        modes = list(schemathesis.GenerationMode)
        for result in self.schema.get_all_operations():
            operation = result.ok()
            takes_something = operation.body or list(operation.iter_parameters())
            for mode in modes if takes_something else modes[:1]:
                for exists in (True, False) if "{" in operation.path or operation.body else (False,):
                    with self.subTest(operation=operation.label, mode=mode.name, exists=exists):
                        self.fuzz(operation, mode, exists)
        for label in ("POST /v1/tasks/runs", "POST /v1/tasks/groups", "POST /v1/tasks/groups/{group_id}/runs"):
            self.assertTrue({(label, 200), (label, 202)} & self.seen.keys(), f"{label} never made anything")

    def test_every_event_is_one_of_the_document(self):
        document = self.schema.raw_schema
        event = {"$ref": "#/components/schemas/StreamEvent", "components": document["components"]}
        validator = jsonschema_rs.Draft202012Validator(event)
        for path in (
            f"runs/{self.alone}/events", f"groups/{self.group}/events?timeout=1",
            f"groups/{self.group}/runs?include_input=true&include_output=true",
        ):
            with urllib.request.urlopen(f"{self.served.url}/v1/tasks/{path}", timeout=30) as stream:
                lines = [line for line in stream.read().decode().splitlines() if line.startswith("data: ")]
            self.assertTrue(lines)
            for line in lines:
                validator.validate(json.loads(line.removeprefix("data: ")))

    def send(self, method, path, body=b"", headers=None):
        connection = http.client.HTTPConnection(self.served.url.removeprefix("http://"), timeout=10)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in {"content-length": str(len(body)), **(headers or {})}.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def test_odd_bodies_are_refused_or_taken_but_break_nothing(self):
        deep = b"[" * 100_000 + b"]" * 100_000
        bodies = [
            b"", b"null", b"[]", b"{", b"\xff", b"\xef\xbb\xbf{}", b"{}{}", b"NaN", deep,
            b'{"input": "a", "input": "b"}', b'{"input": "\\u0000"}', b'{"input": "\\ud800"}', b'{"input": "\x00"}',
            b'{"a\\u0000": 1, "input": "a"}', b'{"input": {"\\u0000": 1}}', b'{"input": ' + deep + b"}",
            b'{"input": {"n": 1e999}}', b'{"input": {"n": -1e-999}}', b'{"input": {"n": ' + b"9" * 5000 + b"}}",
            b'{"input": {"n": -9223372036854775809}}', b'{"input": "a", "metadata": {"n": 1e308, "m": 18446744073709551615}}',
            b'{"input": "a", "metadata": {"n": 123456789012345678901234567890}}', b'{"input": "a", "metadata": {"": ""}}',
            b'{"input": "a", "processor": "\\u0000"}', b'{"input": "a", "processor": "' + b"x" * 100_000 + b'"}',
            b'{"input": "a", "previous_interaction_id": "\\u0000"}', b'{"input": "\xf0\x9f\xa6\xa6 \\ufffe\\uffff\\u202e"}',
            b'{"input": "a", "task_spec": {"output_schema": {"type": "json", "json_schema": {"$ref": "#"}}}}',
            b'{"input": "a", "task_spec": {"output_schema": {"json_schema": {"type": "object", "properties": {"a": {"$ref": '
            b'"#/$defs/a"}}, "$defs": {"a": {"$ref": "#/$defs/a"}}}}}}',
            b'{"input": "a", "task_spec": {"output_schema": {"json_schema": {"type": "object", "properties": {"a": {"type": '
            b'"string", "pattern": "(a+)+$", "enum": [1e400, null, {}]}}}}}}',
            b'{"input": "a", "source_policy": {"include_domains": ["\\u0000", "xn--", ".", "a" ], "after_date": "0000-99-99"}}',
            b'{"input": "a", "source_policy": {"after_date": "99999999999-01-01"}}',
        ]
        rows = [b'{"inputs": [' + body + b"]}" for body in bodies] + [
            b'{"inputs": {}}', b'{"inputs": [[]]}', b'{"inputs": [null]}', b'{"inputs": [{"input": "a"}], "default_task_spec": 1}',
        ]
        for path, sent in [
            ("/v1/tasks/runs", bodies), ("/v1/tasks/groups", bodies), (f"/v1/tasks/groups/{self.group}/runs", bodies + rows),
        ]:
            for body in sent:
                with self.subTest(path=path, body=body[:80]):
                    status, answer = self.send("POST", path, body)
                    self.assertIn(status, (200, 202, 400, 403, 422), answer)
                    if status >= 400:
                        self.assertEqual(json.loads(answer)["type"], "error")

    def test_odd_addresses_and_headers_are_refused_or_taken_but_break_nothing(self):
        queries = [
            "%", "%ff", "%00", "timeout=%00", "timeout=%ff", "timeout=1&timeout=2", "timeout[]=1", "&&&", "=", "timeout=+1",
            "timeout=1e400", "timeout=-0", "timeout=0x1", "last_event_id=9223372036854775807", "last_event_id=-9223372036854775808",
            "last_event_id=%2B1", "last_event_id=1%00", "cursor=9223372036854775807", "cursor=-9223372036854775808", "cursor=-1",
            "cursor=0", "limit=200&limit=1", "limit=%D9%A1", "limit=+5", "status=%00", "status=COMPLETED", "include_input=",
            "include_output=%F0%9F%A6%A6", "a=" + "x" * 5000, "&".join(f"a{n}=1" for n in range(500)),
        ]
        paths = [
            f"/v1/tasks/runs/{self.alone}/result", f"/v1/tasks/runs/{self.alone}/events", "/v1/tasks/runs", "/v1/tasks/groups", "/v1/tasks/webhooks",
            f"/v1/tasks/groups/{self.group}/runs", "/openapi.json", "/",
        ]
        odd = [f"{path}?{query}" for path in paths for query in queries] + [
            f"/v1/tasks/{kind}/{name}{behind}"
            for kind in ("runs", "groups")
            for name in ("%00", "%ff", "%2e%2e", "%2F", "trun_" + "g" * 32, "TRUN_" + "0" * 32, "trun_" + "0" * 33, "x" * 5000)
            for behind in ("", "/events", "/runs")
        ] + [f"/{kind}/{name}" for kind in ("runs", "groups", "pages", "assets") for name in ("%00", "%ff", "%2e%2e", "x" * 5000)]
        for path in odd:
            with self.subTest(path=path[:120]):
                status, answer = self.send("GET", path)
                self.assertIn(status, (200, 400, 404, 405, 408, 422), answer)
                if status >= 400:
                    self.assertEqual(json.loads(answer)["type"], "error")
        for name in ("%00", "%ff", "whevent_%00", "x" * 5000):
            with self.subTest(delivery=name[:20]):
                status, answer = self.send("POST", f"/v1/tasks/webhooks/{name}/replay")
                self.assertIn(status, (400, 404), answer)
        for name in ("idempotency-key", "last-event-id", "x-api-key", "authorization", "content-type", "origin", "accept"):
            for value in (b"", b"\xff", b" ", b"x" * 5000, b"Basic %%%", b"Bearer", b"null", b"99999999999999999999"):
                for method, path in (("POST", "/v1/tasks/groups"), ("GET", f"/v1/tasks/runs/{self.alone}/events")):
                    with self.subTest(header=name, value=value[:20], path=path):
                        status, answer = self.send(method, path, headers={name: value})
                        self.assertIn(status, (200, 400, 401, 403, 422), answer)


if __name__ == "__main__":
    unittest.main()

"""The official Python MCP SDK does whole jobs at every door: over streamable HTTP and stdio, in both eras."""

import asyncio
import json
import re
import time
import unittest
import warnings

import jsonschema
from mcp import MCPDeprecationWarning
from mcp.types import PromptReference, ResourceTemplateReference

from mcp_doors import DOORS, MODERN, SlowPages, Tasks, at_every_door, call, connected, finished, page, text_of
from served import Served

COLUMNS = "launched: year it was launched; maker: company that makes it"


class JobsTest(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.slow = SlowPages()
        cls.served = Served("--set", f"fetch.allow={cls.slow.url}")

    @classmethod
    def tearDownClass(cls):
        cls.slow.close()
        cls.served.close()

    def connected(self, transport="http", era=MODERN, **options):
        return connected(self.served, transport, era, **options)

    async def test_a_report_is_started_awaited_with_progress_and_read(self):
        async def job(transport, era):
            name = transport + era[:1]
            async with self.connected(transport, era) as client:
                self.assertEqual(client.protocol_version, era if era == MODERN else "2025-11-25")
                tools = {tool.name: tool for tool in (await client.list_tools()).tools}
                self.assertEqual(len(tools), 6)
                began = time.monotonic()
                started = await call(client, "createDeepResearch", input=self.slow.question(name))
                self.assertLess(time.monotonic() - began, 5)
                told = []

                async def progress(done, total, message):
                    told.append((done, total, message))
                    if len(told) == 2:
                        self.slow.release(name)

                status = await call(client, "getStatus", progress, taskRunOrGroupId=started["id"], wait_seconds=50)
                self.assertEqual(status["status"], "completed", status)
                numbers = [done for done, _, _ in told]
                self.assertGreaterEqual(len(numbers), 2)
                self.assertTrue(all(a < b for a, b in zip(numbers, numbers[1:])), numbers)
                self.assertTrue(all(total == 100 and message for _, total, message in told), told)
                for tool, answer in (("createDeepResearch", started), ("getStatus", status)):
                    jsonschema.validate(answer, tools[tool].output_schema)
                text = await page(client, taskRunOrGroupId=started["id"])
                self.assertIn("7,700 crowns", text)
                listed = await call(client, "listTasks", limit=50)
                jsonschema.validate(listed, tools["listTasks"].output_schema)
                self.assertIn(started["id"], [task["id"] for task in listed["tasks"]])

        await at_every_door(job)

    async def test_a_table_is_filled_in_two_parts_and_each_row_is_told_once(self):
        async def job(transport, era):
            async with self.connected(transport, era) as client:
                started = await call(client, "createTaskGroup", inputs="product\nOtter 3\nHeron 5\n", output=COLUMNS)
                self.assertEqual((started["rows"], started["columns"]), (2, ["launched", "maker"]))
                more = json.dumps([{"product": "Otter 3"}, {"product": "Heron 5"}])
                added = await call(client, "createTaskGroup", inputs=more, group_id=started["id"])
                self.assertEqual((added["id"], added["rows_in_group"]), (started["id"], 4))
                statuses = await finished(client, started["id"])
                told = [row["index"] for status in statuses for row in status["newly_finished"]]
                self.assertEqual(sorted(told), [0, 1, 2, 3])
                text = await page(client, taskRunOrGroupId=started["id"], basis="field:launched")
                for fact in ("2019", "2021", "Brook Energy"):
                    self.assertIn(fact, text)
                self.assertIn("launched in 2021", text.split("# Evidence")[1])
                again = await call(client, "getStatus", taskRunOrGroupId=started["id"], since=statuses[-1]["since"])
                self.assertEqual(again["newly_finished"], [])

        await at_every_door(job)

    async def test_a_long_table_is_told_and_read_by_pages_each_row_once(self):
        async def job(transport, era):
            async with self.connected(transport, era) as client:
                rows = [{"name": f"row-{n}"} for n in range(300)]
                started = await call(client, "createTaskGroup", inputs=rows[:200], output="a: any", processor="noop")
                id = started["id"]
                await call(client, "createTaskGroup", inputs=rows[200:], group_id=id, processor="noop")
                statuses = await finished(client, id)
                while len(statuses[-1]["newly_finished"]) > 0:
                    since = statuses[-1]["since"]
                    statuses.append(await call(client, "getStatus", taskRunOrGroupId=id, since=since))
                told = [row["index"] for status in statuses for row in status["newly_finished"]]
                self.assertEqual(sorted(told), list(range(300)))
                seen, cursor = [], 0
                while cursor is not None:
                    text = await page(client, taskRunOrGroupId=id, cursor=cursor, page_size=5000)
                    self.assertLess(len(text), 7000)
                    seen += re.findall(r"row-\d+", text)
                    following = re.search(r"cursor (\d+)\._", text)
                    cursor = int(following[1]) if following else None
                self.assertEqual(seen, [f"row-{n}" for n in range(300)])

        await at_every_door(job)

    async def test_a_client_with_tasks_gets_the_result_itself(self):
        async def job(transport, era):
            tasks = Tasks()
            async with self.connected(transport, era, extensions=[tasks]) as client:
                result = await client.call_tool("createDeepResearch", {"input": "What does the Otter 3 turbine cost?"})
                self.assertIn("48,000 crowns", text_of(result))
                self.assertEqual(result.structured_content["result"], text_of(result))
                id = tasks.seen[0][0]
                self.assertEqual((tasks.seen[0][1], tasks.seen[-1][1]), ("working", "completed"))
                self.assertEqual((await call(client, "getStatus", taskRunOrGroupId=id))["status"], "completed")
                table = await client.call_tool("createTaskGroup", {"inputs": "product\nHeron 5", "output": COLUMNS})
                self.assertIn("2021", text_of(table))

        await at_every_door(job, [("http", MODERN), ("stdio", MODERN)])

    async def test_a_task_is_cancelled(self):
        async def job(transport, era):
            tasks = Tasks()
            async with self.connected(transport, era, extensions=[tasks]) as client:
                async def cancel(id):
                    await tasks.cancel(client.session, id)

                tasks.on_created = cancel
                with self.assertRaisesRegex(RuntimeError, "cancelled"):
                    await client.call_tool("createDeepResearch", {"input": self.slow.question("cancel" + transport)})
                status = await call(client, "getStatus", taskRunOrGroupId=tasks.seen[0][0])
                self.assertEqual((status["status"], status["is_active"]), ("cancelled", False))

        await at_every_door(job, [("http", MODERN), ("stdio", MODERN)])

    async def test_a_subscriber_is_told_when_the_result_is_there(self):
        async def job(transport, era):
            name = "sub" + transport + era[:1]
            updated = asyncio.Event()

            async def heard(message):
                if getattr(message, "method", "") == "notifications/resources/updated":
                    self.assertIn("research://results/trun_", message.params.uri)
                    updated.set()

            async with self.connected(transport, era, message_handler=heard) as client:
                started = await call(client, "createDeepResearch", input=self.slow.question(name))
                uri = f"research://results/{started['id']}"
                if era == MODERN:
                    async with client.listen(resource_subscriptions=[uri]) as events:
                        self.assertEqual(events.honored.resource_subscriptions, [uri])
                        self.slow.release(name)
                        event = await asyncio.wait_for(anext(events), 30)
                        self.assertEqual(event.uri, uri)
                else:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore", MCPDeprecationWarning)  # the older era has no other way
                        await client.subscribe_resource(uri)
                    self.slow.release(name)
                    await asyncio.wait_for(updated.wait(), 30)
                read = await client.read_resource(uri)
                self.assertIn("7,700 crowns", read.contents[0].text)
                listed = [resource.uri for resource in (await client.list_resources()).resources]
                self.assertIn(uri, listed)

        await at_every_door(job)

    async def test_templates_prompts_and_completions(self):
        async def job(transport, era):
            async with self.connected(transport, era) as client:
                template = (await client.list_resource_templates()).resource_templates[0]
                self.assertEqual(template.uri_template, "research://results/{id}")
                started = await call(client, "createDeepResearch", input="What is the Otter 3?", processor="noop")
                reference = ResourceTemplateReference(uri=template.uri_template)
                completed = await client.complete(reference, {"name": "id", "value": started["id"][:12]})
                self.assertIn(started["id"], completed.completion.values)
                prompts = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
                self.assertEqual(len(prompts), 4)
                prompt = await client.get_prompt("research_question", {"question": "Why do turbines fail?"})
                self.assertIn("Why do turbines fail?", prompt.messages[0].content.text)
                processors = await client.complete(
                    PromptReference(name="research_question"), {"name": "processor", "value": "co"}
                )
                self.assertIn("core", processors.completion.values)

        await at_every_door(job)


if __name__ == "__main__":
    unittest.main()

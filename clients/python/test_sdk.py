"""The official Python SDK against the built server: nothing changed but the base address."""

import asyncio
import time
import unittest
import urllib.request
from typing import List, Optional

import parallel
from parallel import AsyncParallel, Parallel
from pydantic import BaseModel, Field

from cluster import database
from served import Served

FIELDS = {
    "type": "json",
    "json_schema": {
        "type": "object",
        "properties": {
            "price": {"type": "string", "description": "what it costs, in crowns"},
            "launched": {"type": "integer", "description": "year it was launched"},
        },
        "required": ["price", "launched"],
        "additionalProperties": False,
    },
}


class Turbine(BaseModel):
    """What is asked of a turbine."""

    launched: Optional[int] = Field(description="year it was launched")
    maker: Optional[str] = Field(description="company that makes it")
    parts: Optional[List[str]] = Field(default=None, description="names of its parts")


class SdkTest(unittest.TestCase):
    database = None

    @classmethod
    def setUpClass(cls):
        cls.served = Served(database=cls.database and cls.database())
        cls.client = Parallel(api_key="any", base_url=cls.served.url)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.served.close()

    def row(self, name, **more):
        return {"input": {"product": name}, "processor": "core", **more}

    def test_a_report_is_created_awaited_and_its_quotes_are_verbatim(self):
        run = self.client.task_run.create(
            input="What does the Otter 3 turbine cost?", processor="pro",
            task_spec={"output_schema": "a short report"}, metadata={"who": "test", "row": 7, "ok": True},
        )
        self.assertTrue(run.run_id.startswith("trun_"))
        self.assertTrue(run.is_active)
        result = self.client.task_run.result(run.run_id, api_timeout=60)
        self.assertEqual(result.output.type, "text")
        self.assertIn("48,000 crowns", result.output.content)
        excerpts = [e for c in result.output.basis[0].citations for e in c.excerpts]
        self.assertTrue(any("48,000 crowns" in excerpt for excerpt in excerpts))
        again = self.client.task_run.retrieve(run.run_id)
        self.assertEqual((again.status, again.metadata["row"], again.metadata["ok"]), ("completed", 7, True))

    def test_execute_fills_a_pydantic_class(self):
        result = self.client.task_run.execute(
            input={"product": "Heron 5"}, processor="core", output=Turbine, timeout=120
        )
        self.assertIsInstance(result.output.parsed, Turbine)
        self.assertEqual(result.output.parsed.launched, 2021)

    def test_execute_with_text_and_without_a_schema(self):
        for output in ("one sentence", parallel.omit):
            result = self.client.task_run.execute(
                input="Who is the chief executive of Brook Energy?", processor="core", output=output
            )
            self.assertIn("Ada Lind", str(result.output.content))

    def test_the_waiting_helper_is_held_for_as_long_as_it_listens(self):
        """`execute` breaks with an unrelated error when the server gives up before it does; it says how long it reads."""
        slow = Served("--set", "worker.concurrency=1", database=self.database and self.database())
        self.addCleanup(slow.close)
        with Parallel(api_key="any", base_url=slow.url, max_retries=0) as client:
            group = client.task_group.create()
            rows = [{"input": f"row {n}", "processor": "noop"} for n in range(1000)]
            last = client.task_group.add_runs(group.task_group_id, inputs=rows).run_ids[-1]
            began = time.monotonic()
            with self.assertRaises(parallel.APIStatusError) as held:
                client.task_run.result(
                    last, extra_headers={"X-Stainless-Poll-Helper": "true", "X-Stainless-Read-Timeout": "1.5"}
                )
            self.assertEqual(held.exception.status_code, 408)
            self.assertGreater(time.monotonic() - began, 1.4)
            self.assertLess(time.monotonic() - began, 5)

    def test_the_async_client_does_the_same(self):
        async def both():
            async with AsyncParallel(api_key="any", base_url=self.served.url) as client:
                results = await asyncio.gather(*[
                    client.task_run.execute(input={"product": name}, processor="core", output=Turbine)
                    for name in ("Otter 3", "Heron 5")
                ])
                run = await client.task_run.create(input="What is the Otter 3?", processor="noop")
                events = [event async for event in await client.task_run.events(run.run_id)]
                return [result.output.parsed.launched for result in results], events

        years, events = asyncio.run(both())
        self.assertEqual(years, [2019, 2021])
        self.assertEqual(events[-1].run.status, "completed")

    def test_events_tell_the_story_and_end_with_the_output(self):
        run = self.client.task_run.create(
            input="What does the Heron 5 turbine cost?", processor="pro", enable_events=True,
            task_spec={"output_schema": {"type": "text"}},
        )
        with self.client.task_run.events(run.run_id) as stream:
            events = list(stream)
        kinds = [event.type for event in events]
        self.assertEqual((kinds[0], kinds[-1]), ("task_run.state", "task_run.state"))
        for kind in ("plan", "search", "result"):
            self.assertIn(f"task_run.progress_msg.{kind}", kinds)
        stats = [event for event in events if event.type == "task_run.progress_stats"][-1]
        self.assertGreater(stats.source_stats.num_sources_read, 0)
        self.assertEqual(events[-1].run.status, "completed")
        self.assertIn("61,500 crowns", events[-1].output.content)

    def test_events_go_on_behind_the_last_one_also_after_a_kill(self):
        run = self.client.task_run.create(
            input="What does the Otter 3 turbine cost?", processor="pro", task_spec={"output_schema": "x"}
        )
        self.client.task_run.result(run.run_id, api_timeout=60)
        whole = [event.to_dict() for event in self.client.task_run.events(run.run_id)][1:]
        middle = whole[len(whole) // 2]["event_id"]
        self.served.kill_and_start()
        rest = self.client.task_run.events(run.run_id, extra_query={"last_event_id": middle})
        rest = [event.to_dict()["event_id"] for event in rest]
        self.assertEqual(rest, [event["event_id"] for event in whole[len(whole) // 2 + 1:]])
        nothing = self.client.task_run.events(run.run_id, extra_query={"last_event_id": whole[-1]["event_id"]})
        self.assertEqual(list(nothing), [])

    def test_a_group_is_filled_watched_and_read(self):
        group = self.client.task_group.create(metadata={"sheet": "turbines"})
        self.assertEqual((group.status.num_task_runs, group.status.is_active), (0, False))
        first = self.client.task_group.add_runs(
            group.task_group_id, default_task_spec={"output_schema": FIELDS},
            inputs=[self.row("Otter 3"), self.row("Heron 5", metadata={"row": 1})],
        )
        self.assertEqual((len(first.run_ids), first.run_cursor, first.event_cursor), (2, None, None))
        with self.client.task_group.events(group.task_group_id, api_timeout=60) as stream:
            events = list(stream)
        ended = [event for event in events if event.type == "task_run.state"]
        self.assertEqual({event.run.run_id for event in ended}, set(first.run_ids))
        status = [event for event in events if event.type == "task_group_status"][-1].status
        self.assertEqual(status.task_run_status_counts, {"completed": 2})

        second = self.client.task_group.add_runs(
            group.task_group_id, inputs=[self.row("Brook Energy", task_spec={"output_schema": FIELDS})]
        )
        self.assertEqual((second.run_cursor, second.event_cursor), ("2", "2"))
        later = list(self.client.task_group.events(group.task_group_id, last_event_id=second.event_cursor))
        self.assertEqual([e.run.run_id for e in later if e.type == "task_run.state"], second.run_ids)

        rows = list(self.client.task_group.get_runs(group.task_group_id, include_input=True, include_output=True))
        self.assertEqual([row.run.run_id for row in rows], first.run_ids + second.run_ids)
        self.assertEqual(rows[0].input.input, {"product": "Otter 3"})
        self.assertEqual(rows[0].output.content["launched"], 2019)
        after = list(self.client.task_group.get_runs(group.task_group_id, last_event_id=second.run_cursor))
        self.assertEqual([row.run.run_id for row in after], second.run_ids)
        done = list(self.client.task_group.get_runs(group.task_group_id, status="failed"))
        self.assertEqual(done, [])
        one = self.client.task_group.retrieve(group.task_group_id)
        self.assertEqual((one.status.num_task_runs, one.status.is_active, one.metadata["sheet"]), (3, False, "turbines"))

    def test_the_older_beta_paths_answer_the_same(self):
        group = self.client.post("/v1beta/tasks/groups", body={}, cast_to=object)
        path = f"/v1beta/tasks/groups/{group['taskgroup_id']}"
        added = self.client.post(f"{path}/runs", body={"inputs": [{"input": "x", "processor": "noop"}]}, cast_to=object)
        run = added["run_ids"][0]
        self.assertEqual(self.client.get(f"{path}/runs/{run}", cast_to=object)["run_id"], run)
        for events in (f"{path}/events", f"{path}/runs", f"/v1beta/tasks/runs/{run}/events"):
            with urllib.request.urlopen(self.served.url + events) as stream:
                self.assertIn(b"event: task_run.state\ndata: {", stream.read())

    def test_the_helpers_suggest_a_task_and_a_processor(self):
        wish = {"user_intent": "Find the maker and the launch year of each turbine"}
        task = self.client.post("/v1beta/tasks/suggest", body=wish, cast_to=object)
        self.assertEqual(list(task["output_schema"]["json_schema"]["properties"]), ["maker", "launch_year"])
        self.assertEqual(list(task["input_schema"]["json_schema"]["properties"]), ["turbine"])
        spec = {"task_spec": {"output_schema": task["output_schema"]}}
        processors = self.client.post("/v1beta/tasks/suggest-processor", body=spec, cast_to=object)
        self.assertEqual(processors["recommended_processors"][0], "base")

    def test_each_error_is_the_one_that_the_client_has_for_it(self):
        unknown = "trun_" + "0" * 32
        for error, call in [
            (parallel.NotFoundError, lambda: self.client.task_run.retrieve(unknown)),
            (parallel.NotFoundError, lambda: self.client.task_run.result(unknown)),
            (parallel.NotFoundError, lambda: self.client.task_run.events(unknown)),
            (parallel.NotFoundError, lambda: self.client.task_group.retrieve("tgrp_" + "0" * 32)),
            (parallel.PermissionDeniedError, lambda: self.client.task_run.create(input="x", processor="giant")),
            (parallel.UnprocessableEntityError, lambda: self.client.task_run.create(input="", processor="core")),
        ]:
            with self.assertRaises(error) as raised:
                call()
            body = raised.exception.body
            self.assertEqual(body["type"], "error")
            self.assertRegex(body["error"]["ref_id"], r"^[0-9a-f]{8}-[0-9a-f]{4}-")
        slow = self.client.with_options(max_retries=0)
        run = self.client.task_run.create(input="Of what colour are the doors in Telmark?", processor="noop")
        self.client.task_run.result(run.run_id)
        with self.assertRaises(parallel.UnprocessableEntityError):
            slow.task_run.result(run.run_id, api_timeout=0)

    def test_a_failed_run_has_no_result_and_says_why(self):
        run = self.client.task_run.create(
            input="Who painted the ceiling of the Nimbus opera house?", processor="core",
            task_spec={"output_schema": "one sentence"},
        )
        with self.assertRaises(parallel.NotFoundError):
            self.client.task_run.result(run.run_id, api_timeout=60)
        failed = self.client.task_run.retrieve(run.run_id)
        self.assertEqual(failed.status, "failed")
        self.assertTrue(failed.error.message)

    def test_one_bad_row_refuses_all_and_is_named(self):
        group = self.client.task_group.create()
        with self.assertRaises(parallel.UnprocessableEntityError) as refused:
            self.client.task_group.add_runs(
                group.task_group_id, inputs=[self.row("Otter 3"), {"input": "", "processor": "core"}]
            )
        self.assertIn("inputs[1].input", refused.exception.body["error"]["message"])
        self.assertEqual(self.client.task_group.retrieve(group.task_group_id).status.num_task_runs, 0)

    def test_a_follow_up_takes_the_earlier_evidence_along(self):
        first = self.client.task_run.execute(
            input="What does the Otter 3 turbine cost?", processor="core", output="a sentence"
        )
        second = self.client.task_run.create(
            input="When was it launched?", processor="core", previous_interaction_id=first.run.interaction_id,
            task_spec={"output_schema": "a sentence"},
        )
        result = self.client.task_run.result(second.run_id, api_timeout=60)
        self.assertIn("2019", result.output.content)
        with self.assertRaises(parallel.UnprocessableEntityError):
            self.client.task_run.create(input="x", processor="core", previous_interaction_id="trun_" + "0" * 32)


class SdkOnPostgresTest(SdkTest):
    database = staticmethod(database)


class KeysTest(unittest.TestCase):
    """From the first key on, every caller needs one, and sees only what is its own."""

    def test_owners_see_only_their_own_and_a_revoked_key_ends(self):
        served = Served()
        try:
            with Parallel(api_key="any", base_url=served.url) as anyone:
                before = anyone.task_run.create(input="x", processor="noop")
            ana, bo, heir = (
                Parallel(api_key=served.run("keys", "add", *words), base_url=served.url, max_retries=0)
                for words in (["ana"], ["bo"], ["heir", "--take-local"])
            )
            time.sleep(5)
            run = ana.task_run.create(input="x", processor="noop")
            self.assertEqual(ana.task_run.retrieve(run.run_id).run_id, run.run_id)
            with self.assertRaises(parallel.NotFoundError) as theirs:
                bo.task_run.retrieve(run.run_id)
            with self.assertRaises(parallel.NotFoundError) as nobodys:
                bo.task_run.retrieve("trun_" + "0" * 32)
            same = [error.exception.body["error"]["message"].replace(run.run_id, "ID") for error in (theirs, nobodys)]
            self.assertEqual(same[0], same[1].replace("trun_" + "0" * 32, "ID"))
            self.assertEqual(heir.task_run.retrieve(before.run_id).run_id, before.run_id)
            with Parallel(api_key="any", base_url=served.url, max_retries=0) as anyone:
                with self.assertRaises(parallel.AuthenticationError):
                    anyone.task_run.retrieve(run.run_id)
            question = {"input": "What does the Otter 3 turbine cost?", "processor": "core", "output": "a sentence"}
            with self.assertRaises(parallel.UnprocessableEntityError) as nothing:
                ana.task_run.execute(**question)
            self.assertIn("nothing this run could read", nothing.exception.body["error"]["message"])
            served.run("sources", "--owner", "ana", "add", "hers=docs")
            self.assertIn("48,000 crowns", ana.task_run.execute(**question).output.content)
            served.run("keys", "revoke", "ana")
            time.sleep(5)
            with self.assertRaises(parallel.AuthenticationError):
                ana.task_run.retrieve(run.run_id)
            for client in (ana, bo, heir):
                client.close()
        finally:
            served.close()


if __name__ == "__main__":
    unittest.main()

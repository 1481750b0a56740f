"""The server is killed while creations are under way: nothing acknowledged is lost, and nothing is made twice."""

import threading
import time
import unittest
import uuid

import parallel
from parallel import Parallel

from cluster import database
from served import Served

KILLS = 4
# Least time between two kills, and how many work meanwhile.
BETWEEN = 0.6
CREATORS = 4
ROWS = 300


class Creators:
    """Threads that create under a key each time, and repeat until the creation is acknowledged."""

    def __init__(self, url):
        self.url, self.stop = url, threading.Event()
        self.acknowledged, self.interrupted, self.failures = {}, 0, []
        self.threads = []

    def start(self, count, create):
        self.threads += [threading.Thread(target=self.work, args=[create]) for _ in range(count)]
        for thread in self.threads[-count:]:
            thread.start()

    def work(self, create):
        with Parallel(api_key="any", base_url=self.url, max_retries=0, timeout=5) as client:
            while not self.stop.is_set():
                key = str(uuid.uuid4())
                self.acknowledged[key] = self.until_acknowledged(client, create, key)

    def until_acknowledged(self, client, create, key):
        while True:
            try:
                return create(client, key)
            except parallel.APIConnectionError:
                self.interrupted += 1
                time.sleep(0.02)
            except parallel.APIStatusError as refused:
                # Its first try is still being written, or the database is busy with the one who was killed.
                if refused.status_code not in (409, 503):
                    self.failures.append(refused)
                    raise

    def join(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(60)


def create_run(client, key):
    run = client.task_run.create(
        input="x", processor="noop", metadata={"key": key}, extra_headers={"Idempotency-Key": key}
    )
    return [run.run_id]


def add_rows(group):
    def create(client, key):
        rows = [{"input": f"row {n}", "processor": "noop", "metadata": {"key": key}} for n in range(ROWS)]
        added = client.task_group.add_runs(group, inputs=rows, extra_headers={"Idempotency-Key": key})
        return added.run_ids

    return create


class KillTest(unittest.TestCase):
    database = None

    def setUp(self):
        self.served = Served(database=self.database and self.database())
        self.addCleanup(self.served.close)
        self.client = Parallel(api_key="any", base_url=self.served.url)
        self.addCleanup(self.client.close)

    def listed(self, **query):
        """Key and id of every run there is."""
        runs, cursor = [], None
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = self.client.get("/v1/tasks/runs", cast_to=object, options={"params": {"limit": 200, **query, **more}})
            runs += [(run["metadata"]["key"], run["run_id"]) for run in page["runs"]]
            cursor = page["next_cursor"]
            if not cursor:
                return runs

    def test_what_was_acknowledged_is_there_once_after_kills(self):
        group = self.client.task_group.create().task_group_id
        singles, rows = Creators(self.served.url), Creators(self.served.url)
        singles.start(CREATORS, create_run)
        rows.start(1, add_rows(group))
        for _ in range(KILLS):
            time.sleep(BETWEEN)
            self.served.kill_and_start()
        time.sleep(BETWEEN)
        singles.join()
        rows.join()
        self.assertEqual(singles.failures + rows.failures, [])
        self.assertGreater(singles.interrupted, 0)
        for creators, listed in ((singles, self.listed()), (rows, self.listed(taskgroup_id=group))):
            made = {}
            for key, run in listed:
                made.setdefault(key, []).append(run)
            told = {key: sorted(runs) for key, runs in creators.acknowledged.items()}
            self.assertEqual({key: sorted(runs) for key, runs in made.items()}, told)
            self.assertTrue(told)


class KillOnPostgresTest(KillTest):
    database = staticmethod(database)


if __name__ == "__main__":
    unittest.main()

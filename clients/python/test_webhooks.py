"""Webhooks of the built server, received and checked as the Standard Webhooks scheme says."""

import base64
import hashlib
import hmac
import http.server
import json
import socket
import threading
import time
import unittest

from parallel import Parallel

from served import Served


class Receiver(http.server.ThreadingHTTPServer):
    """Keeps what it is told; refuses the first `refusals` tries."""

    daemon_threads = True

    def __init__(self, refusals=0):
        super().__init__(("127.0.0.1", 0), Handler)
        self.told, self.tries, self.refusals = [], [], refusals
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def wait_for(self, count, seconds=20):
        end = time.monotonic() + seconds
        while len(self.told) < count and time.monotonic() < end:
            time.sleep(0.05)
        return self.told


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.tries.append((time.monotonic(), self.headers["webhook-id"]))
        if len(self.server.tries) <= self.server.refusals:
            self.send_response(503)
        else:
            self.server.told.append((dict(self.headers), body))
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def is_signed(secret, headers, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    headers = {name.lower(): value for name, value in headers.items()}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    right = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fresh = abs(int(headers["webhook-timestamp"]) - time.time()) < 300
    return fresh and right in headers["webhook-signature"].split(" ")


def dead_end():
    """An address where connections are taken and never answered."""
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(100)
    return silent, f"http://127.0.0.1:{silent.getsockname()[1]}"


class WebhookTest(unittest.TestCase):
    def serve(self, *origins):
        served = Served("--set", f"webhooks.allow={','.join(origins)}")
        self.addCleanup(served.close)
        client = Parallel(api_key="any", base_url=served.url)
        self.addCleanup(client.close)
        return served, client

    def create(self, client, url, **more):
        return client.task_run.create(input="x", processor="noop", webhook={"url": url, **more})

    def test_the_end_of_a_run_is_told_once_and_signed(self):
        receiver = Receiver()
        served, client = self.serve(receiver.origin)
        run = self.create(client, f"{receiver.origin}/hook", event_types=["task_run.status"])
        [(headers, body)] = receiver.wait_for(1)
        self.assertTrue(is_signed(served.run("webhooks", "secret"), headers, body))
        told = json.loads(body)
        self.assertEqual((told["type"], told["data"]["run_id"]), ("task_run.status", run.run_id))
        self.assertEqual(told["data"]["status"], "completed")
        self.assertNotIn("output", told["data"])
        time.sleep(2)
        self.assertEqual(len(receiver.told), 1)
        self.assertIn("delivered  1 tries", served.run("webhooks"))

    def test_a_new_secret_and_the_one_before_it_both_sign(self):
        receiver = Receiver()
        served, client = self.serve(receiver.origin)
        old = served.run("webhooks", "secret")
        new = served.run("webhooks", "rotate")
        self.assertNotEqual(old, new)
        self.create(client, receiver.origin)
        [(headers, body)] = receiver.wait_for(1)
        self.assertTrue(is_signed(old, headers, body) and is_signed(new, headers, body))

    def test_a_refused_delivery_is_tried_again_with_the_same_id_also_after_a_kill(self):
        receiver = Receiver(refusals=1)
        served, client = self.serve(receiver.origin)
        self.create(client, receiver.origin)
        while not receiver.tries:
            time.sleep(0.05)
        time.sleep(1)
        served.kill_and_start()
        receiver.wait_for(1, 40)
        (first, first_id), (second, second_id) = receiver.tries
        self.assertEqual(first_id, second_id)
        self.assertGreater(second - first, 4)

    def test_a_receiver_that_never_answers_holds_up_nobody(self):
        silent, nowhere = dead_end()
        self.addCleanup(silent.close)
        receiver = Receiver()
        _, client = self.serve(receiver.origin, nowhere)
        for _ in range(50):
            self.create(client, nowhere)
        time.sleep(2)
        began = time.monotonic()
        self.create(client, receiver.origin)
        self.assertEqual(len(receiver.wait_for(1)), 1)
        self.assertLess(time.monotonic() - began, 5)

    def test_a_group_tells_when_it_has_come_to_rest(self):
        receiver = Receiver()
        _, client = self.serve(receiver.origin)
        group = client.task_group.create(extra_body={"webhook": {"url": receiver.origin}})
        rows = [{"input": f"row {n}", "processor": "noop"} for n in range(40)]
        client.task_group.add_runs(group.task_group_id, inputs=rows)
        (_, body) = receiver.wait_for(1)[0]
        told = json.loads(body)
        self.assertEqual((told["type"], told["data"]["taskgroup_id"]), ("task_group.status", group.task_group_id))
        self.assertEqual(told["data"]["status"]["task_run_status_counts"], {"completed": 40})

    def test_private_addresses_are_refused_before_anything_is_made(self):
        _, client = self.serve("http://127.0.0.1:9")
        for url in ("http://127.0.0.1:22/", "http://169.254.169.254/", "ftp://example.org/", "http://localhost/"):
            with self.assertRaisesRegex(Exception, "webhook.url"):
                self.create(client, url)
        self.assertEqual(client.get("/v1/tasks/runs", cast_to=object)["runs"], [])


if __name__ == "__main__":
    unittest.main()

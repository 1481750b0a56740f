"""The doors that MCP clients come through: streamable HTTP and stdio, each in both eras of the protocol."""

import asyncio
import json
import logging
import os
import re
import threading
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import httpx2
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client.extension import ClientExtension, ResultClaim
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, Request, RequestParams, Result

# Tests run asyncio in its debug mode, which tells of every step that took long.
logging.getLogger("asyncio").setLevel(logging.ERROR)

MODERN = "2026-07-28"
DOORS = [(transport, era) for transport in ("http", "stdio") for era in (MODERN, "legacy")]


@asynccontextmanager
async def connected(served, transport="http", era=MODERN, *, path="/mcp", key=None, settings=(), **options):
    """A client of the official SDK at one of the doors."""
    async with AsyncExitStack() as open_until_end:
        if transport == "stdio":
            nowhere = open_until_end.enter_context(open(os.devnull, "w"))
            server = stdio_client(StdioServerParameters(
                command=str(served.binary), args=["mcp", "--source", "docs=docs", *served.settings, *settings],
                env=served.environment, cwd=served.directory.name,
            ), errlog=nowhere)
        else:
            headers = {"authorization": f"Bearer {key}"} if key else {}
            http = httpx2.AsyncClient(headers=headers, timeout=httpx2.Timeout(70))
            await open_until_end.enter_async_context(http)
            server = streamable_http_client(served.url + path, http_client=http)
        async with Client(server, mode=era, **options) as client:
            yield client


async def at_every_door(job, doors=DOORS):
    """The same job at all doors at the same time."""

    async def at(door):
        try:
            await job(*door)
        except Exception as why:
            raise AssertionError(f"at the door {door}: {why!r}") from why

    await asyncio.gather(*[at(door) for door in doors])


async def call(client, tool, progress=None, **arguments):
    """What a tool answers as data; the text says the same."""
    result = await client.call_tool(tool, arguments, progress_callback=progress)
    text = text_of(result)
    assert not result.is_error, text
    assert result.structured_content == json.loads(text), text
    return result.structured_content


async def page(client, **arguments):
    """A page of a result, as text."""
    result = await client.call_tool("getResultMarkdown", arguments)
    assert not result.is_error, text_of(result)
    assert result.structured_content is None
    return text_of(result)


async def finished(client, id, **arguments):
    """Waits until work has ended; every status on the way."""
    statuses = []
    while not statuses or statuses[-1]["is_active"]:
        since = {"since": statuses[-1]["since"]} if statuses and "since" in statuses[-1] else {}
        statuses.append(await call(client, "getStatus", taskRunOrGroupId=id, wait_seconds=50, **since, **arguments))
    return statuses


def text_of(result):
    return "".join(block.text for block in result.content if block.type == "text")


# ---------------------------------------------------------------- the tasks extension, which the SDK leaves to others


class TaskResult(Result):
    result_type: Literal["task"]
    task_id: str
    status: str
    poll_interval_ms: int | None = None
    status_message: str | None = None


class Task(Result):
    result_type: Literal["complete"]
    task_id: str
    status: str
    status_message: str | None = None
    poll_interval_ms: int | None = None
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


class TaskParams(RequestParams):
    task_id: str


class GetTask(Request[TaskParams, Literal["tasks/get"]]):
    name_param = "taskId"
    method: Literal["tasks/get"] = "tasks/get"
    params: TaskParams


class CancelTask(Request[TaskParams, Literal["tasks/cancel"]]):
    name_param = "taskId"
    method: Literal["tasks/cancel"] = "tasks/cancel"
    params: TaskParams


class Tasks(ClientExtension):
    """Waits for tasks by itself, as a host does; what it saw on the way is in `seen`."""

    identifier = "io.modelcontextprotocol/tasks"

    def __init__(self):
        self.seen = []
        self.on_created = None

    def claims(self):
        return [ResultClaim(result_type="task", model=TaskResult, resolve=self.resolve)]

    async def resolve(self, created, context):
        self.seen.append((created.task_id, created.status))
        if self.on_created:
            await self.on_created(created.task_id)
        while True:
            task = await self.get(context.session, created.task_id)
            self.seen.append((task.task_id, task.status))
            if task.status == "completed":
                return CallToolResult.model_validate(task.result)
            if task.status in ("failed", "cancelled"):
                raise RuntimeError(f"{task.status}: {task.status_message}")
            await asyncio.sleep(0.2)

    async def get(self, session, id):
        return await session.send_request(GetTask(params=TaskParams(task_id=id)), Task)

    async def cancel(self, session, id):
        return await session.send_request(CancelTask(params=TaskParams(task_id=id)), Result)


# ---------------------------------------------------------------- pages that come when the test wants them


class SlowPages:
    """Pages about turbines that are sent when they are released; their address is to be allowed."""

    def __init__(self):
        self.released = {}
        pages = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                with suppress(OSError):  # whoever asked may have been killed
                    self.answer()

            def answer(self):
                name = re.match(r"/(\w+)\.html", self.path)
                if not name:
                    self.send_error(404)
                    return
                pages.event(name[1]).wait(60)
                body = f"<title>Tern</title><h1>Tern {name[1]}</h1><p>The Tern {name[1]} turbine costs 7,700 crowns.</p>"
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def event(self, name):
        return self.released.setdefault(name, threading.Event())

    def question(self, name):
        return f"What does the Tern {name} turbine cost, according to {self.url}/{name}.html?"

    def release(self, name):
        self.event(name).set()

    def close(self):
        for event in self.released.values():
            event.set()
        self.server.shutdown()
        self.server.server_close()

"""A client that knows nothing but what definitions and answers tell it, the way a small model behaves.

It works through thirty tasks on each set of tools: with wrong names and types, garbled and forgotten ids, calls in the
wrong order. It mends its calls only by what errors say and goes on only by what `next_step` says. Run it against a
server that has the documents of `served.py`, with no work of other callers in between:

    python naive_mcp.py http://127.0.0.1:7717
"""

import difflib
import json
import re
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any, Callable

SETS = {
    "full": {"path": "/mcp", "start": "createDeepResearch", "rows": "createTaskGroup", "status": "getStatus",
             "result": "getResultMarkdown", "id": "taskRunOrGroupId"},
    "simple": {"path": "/mcp/simple", "start": "startTask", "rows": "startTask", "status": "checkTask",
               "result": "readResult", "id": "id"},
}
MOST_CALLS = 12
ID = re.compile(r"\b(?:trun|tgrp)_[0-9a-f]{32}\b")

# What a model has in mind for an argument of this name.
MEANT = {
    "input": "question", "question": "question", "inputs": "rows", "rows": "rows", "output": "columns", "columns": "columns",
}


@dataclass
class Answer:
    text: str
    is_error: bool
    data: Any = None


class Session:
    """One chat: a session of the older era, which every client still speaks."""

    def __init__(self, url, tools):
        self.url, self.tools, self.id, self.last = url + SETS[tools]["path"], tools, None, 0
        greeting = self.send("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "naive", "version": "0"})
        self.instructions = greeting["result"].get("instructions", "")
        self.definitions = self.send("tools/list")["result"]["tools"]

    def send(self, method, **params):
        self.last += 1
        body = json.dumps({"jsonrpc": "2.0", "id": self.last, "method": method, "params": params}).encode()
        headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        if self.id:
            headers["mcp-session-id"] = self.id
        request = urllib.request.Request(self.url, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=70) as answer:
                self.id = answer.headers.get("mcp-session-id") or self.id
                text = answer.read().decode()
        except urllib.error.HTTPError as refused:
            text = refused.read().decode()
        messages = [line[5:] for line in text.splitlines() if line.startswith("data:") and line[5:].strip()] or [text]
        answers = [message for message in map(json.loads, messages) if message.get("id") == self.last or "error" in message]
        return answers[-1]


@dataclass
class Task:
    name: str
    expected: str  # what the answer that ends it says
    question: Any = None
    rows: Any = None
    columns: Any = None
    first: Callable | None = None  # the first call, from the names of the set; the right one where there is none
    garble: Callable | None = None  # what it does to its own calls: (tool, arguments) -> (tool, arguments), once each
    ends_at: str = "result"  # the tool whose answer ends it; "any" where a refusal or a status does
    in_new_session: bool = False
    repeats: bool = False  # every call is made twice
    sets: tuple = ("full", "simple")


@dataclass
class Naive:
    url: str
    tools: str
    session: Session = None
    calls: int = 0
    sent: int = 0
    received: int = 0
    story: list = field(default_factory=list)

    def __post_init__(self):
        self.session = Session(self.url, self.tools)
        self.names = SETS[self.tools]

    def call(self, tool, arguments):
        self.calls += 1
        self.sent += len(tool) + len(json.dumps(arguments, ensure_ascii=False))
        answered = self.session.send("tools/call", name=tool, arguments=arguments)
        if "error" in answered:
            answer = Answer(answered["error"]["message"], True)
        else:
            result = answered["result"]
            text = "".join(block["text"] for block in result["content"])
            answer = Answer(text, result.get("isError", False), result.get("structuredContent"))
        self.received += len(answer.text)
        self.story.append((tool, arguments, answer.text))
        return answer

    # ------------------------------------------------------------ one task

    def work(self, task):
        """Whether it ended usefully."""
        self.story = []
        following = self.first(task)
        waits_left = 1 if task.in_new_session else 0
        garbled = set()
        for _ in range(MOST_CALLS):
            tool, arguments = following
            if task.garble and tool not in garbled:
                garbled.add(tool)
                tool, arguments = task.garble(self.names, tool, arguments)
            answer = self.call(tool, arguments)
            if task.repeats and tool in (self.names["start"], self.names["rows"], self.names["result"]):
                again = self.call(tool, arguments)
                if tool != self.names["result"] and answer.data and again.data["id"] != answer.data["id"]:
                    return False
            is_end = task.ends_at == "any" or tool == self.names["result"]
            if is_end and re.search(task.expected, answer.text):
                return True
            if waits_left and answer.data and answer.data.get("is_active", answer.data.get("status") == "queued"):
                # It gives up, and asks in another chat without anything that it knew.
                waits_left -= 1
                self.session = Session(self.url, self.tools)
                following = ("listTasks", {}) if self.tools == "full" else (self.names["result"], {})
                continue
            following = self.corrected(task, tool, arguments, answer) if answer.is_error else self.told(answer)
            if following is None:
                return False
        return False

    def first(self, task):
        if task.first:
            return task.first(self.names)
        if task.rows is not None:
            return self.names["rows"], self.filled(self.names["rows"], task)
        return self.names["start"], self.filled(self.names["start"], task)

    def filled(self, tool, task):
        """The arguments that it has something to say for."""
        known = {name for definition in self.session.definitions if definition["name"] == tool
                 for name in definition["inputSchema"].get("properties", {})}
        meant = {name: getattr(task, MEANT[name]) for name in known if name in MEANT}
        return {name: value for name, value in meant.items() if value is not None}

    # ------------------------------------------------------------ what answers tell it

    def told(self, answer):
        """The call that an answer asks for: a tool, and the names and values behind it."""
        step = answer.data.get("next_step", "") if answer.data else answer.text
        offered = "|".join(definition["name"] for definition in self.session.definitions)
        called = re.search(rf"\b[Cc]all ({offered})\b(.*?)(?:[.;\n]|$)", step, re.S)
        if not called:
            return None
        tool, behind = called[1], called[2]
        arguments = {name: value for name, value in re.findall(r"(\w+) `([^`]+)`", behind)}
        arguments |= {name: int(value) for name, value in re.findall(r"(\w+) (\d+)\b", behind)}
        if answer.data and "tasks" in answer.data and answer.data["tasks"]:
            arguments[self.names["id"]] = answer.data["tasks"][0]["id"]
        return tool, arguments

    def corrected(self, task, tool, arguments, answer):
        """The call again, mended by what the refusal says."""
        text = answer.text
        offered = [definition["name"] for definition in self.session.definitions]
        if unknown := re.search(r"there is no tool `([^`]+)`; there are (.*)", text):
            near = difflib.get_close_matches(unknown[1].replace("_", ""), offered, 1, 0.3)
            return (near[0] if near else offered[0]), arguments
        if other := re.search(rf"call ({'|'.join(offered)})(?: or ({'|'.join(offered)}))?(?: first| for )", text):
            wanted = other[2] if other[2] and task.rows is not None else other[1]
            return wanted, self.filled(wanted, task)
        arguments = dict(arguments) if isinstance(arguments, dict) else {}
        mended = False
        if newest := re.search(r"`(\w+)` is .*?the newest are `([^`]+)`", text, re.S):
            arguments[newest[1]] = newest[2]
            mended = True
        for name, choices in re.findall(r"`(\w+)` is `[^\n]*?`: it must be one of (\w+)", text):
            arguments[name] = choices
            mended = True
        for name, such in re.findall(r"`(\w+)` is [^\n]*?(?:such as|give for example) `([^`]+)`", text):
            arguments[name] = getattr(task, MEANT.get(name, ""), None) or such
            mended = True
        example = re.search(rf"A correct call of {tool}: (\{{.*\}})", text, re.S)
        if example:
            for name in re.findall(r"`(\w+)[`\[]", text.split("A correct call")[0]):
                if name in MEANT and getattr(task, MEANT[name]) is not None:
                    arguments[name] = getattr(task, MEANT[name])
                    mended = True
        if not mended and example:
            arguments = self.filled(tool, task) or json.loads(example[1])
            mended = True
        return (tool, arguments) if mended else None


# ---------------------------------------------------------------- the tasks

COST = {"question": "What does the Otter 3 turbine cost?", "expected": "48,000 crowns"}
BOSS = {"question": "Who is the chief executive of Brook Energy?", "expected": "Ada Lind"}
YEARS = {"rows": [{"product": "Otter 3"}, {"product": "Heron 5"}], "columns": "launched: year it was launched",
         "expected": r"Otter 3 \|[^\n]*2019[\s\S]*Heron 5 \|[^\n]*2021"}


def sent(kind, **arguments):
    """A first call with these arguments, a `%` before a name meaning: as the set calls it."""
    return lambda names: (names[kind], {names[key[1:]] if key[0] == "%" else key: value for key, value in arguments.items()})


def with_rows(rows, columns="launched: year it was launched", **more):
    return lambda names: (names["rows"], {
        "inputs" if names["rows"] == "createTaskGroup" else "rows": rows,
        "output" if names["rows"] == "createTaskGroup" else "columns": columns, **more,
    })


def garbled_id(change):
    """Every tool that takes an id gets it garbled, once."""

    def garble(names, tool, arguments):
        id = arguments.get(names["id"])
        return (tool, {**arguments, names["id"]: change(id)}) if id else (tool, arguments)

    return garble


def without_id(names, tool, arguments):
    return tool, {name: value for name, value in arguments.items() if name != names["id"]}


def too_early(names, tool, arguments):
    """Reads before it has waited."""
    return (names["result"], {names["id"]: arguments[names["id"]]}) if tool == names["status"] else (tool, arguments)


def badly_waiting(names, tool, arguments):
    return (tool, {**arguments, "wait_seconds": "50 seconds"}) if tool == names["status"] else (tool, arguments)


TASKS = [
    # The first comes when nothing was started yet.
    Task("asks for a status before it has started anything", first=lambda names: (names["status"], {}), **COST),
    Task("a plain question", **COST),
    Task("the question as `query`", first=sent("start", query=COST["question"]), **COST),
    Task("the question as `prompt`, with arguments of other tools",
         first=sent("start", prompt=BOSS["question"], max_results=5, language="en"), **BOSS),
    Task("arguments as one JSON text", first=lambda names: (
        names["start"], json.dumps({"input" if names["start"] == "createDeepResearch" else "question": COST["question"]})), **COST),
    Task("arguments that are null", first=sent("start", question=BOSS["question"], processor=None, source_policy=None, rows=None,
                                               columns=None), **BOSS),
    Task("no arguments at all", first=sent("start"), **COST),
    Task("a question in an object", first=lambda names: (
        names["start"], {"input" if names["start"] == "createDeepResearch" else "question": {"text": COST["question"]}}), **COST),
    Task("a question in a list", first=sent("start", question=[BOSS["question"]]), **BOSS),
    Task("a processor that does not exist", first=sent("start", question=COST["question"], processor="best"), **COST),
    Task("a tool of another name", first=lambda names: (names["start"].replace("D", "_d").replace("T", "_t"),
                                                         {"question": COST["question"]}), **COST),
    Task("rows as a list", **YEARS),
    Task("rows as CSV", first=with_rows("product\nOtter 3\nHeron 5"), **YEARS),
    Task("rows as a table in Markdown, in a fence",
         first=with_rows("```\n| product |\n| --- |\n| Otter 3 |\n| Heron 5 |\n```"), **YEARS),
    Task("rows as JSON text", first=with_rows(json.dumps(YEARS["rows"])), **YEARS),
    Task("one object for rows", first=with_rows({"product": "Heron 5"}), expected=r"Heron 5 \|[^\n]*2021", rows=[{"product": "Heron 5"}]),
    Task("names for rows, and names for columns", first=with_rows(["Otter 3", "Heron 5"], ["launched", "maker"]),
         rows=YEARS["rows"], expected=r"Otter 3 \|[^\n]*2019[^\n]*Brook Energy"),
    Task("rows in an object, columns as an object", first=with_rows({"rows": YEARS["rows"]}, {"launched": "year it was launched"}),
         **YEARS),
    Task("columns as a JSON Schema", first=with_rows(YEARS["rows"], json.dumps(
        {"type": "object", "properties": {"launched": {"type": "integer", "description": "year it was launched"}}})), **YEARS),
    Task("rows without columns", first=lambda names: (names["rows"], {"rows": YEARS["rows"]}), **YEARS),
    Task("rows for the tool of questions", first=sent("start", inputs=YEARS["rows"], output=YEARS["columns"]), **YEARS),
    Task("a question for the tool of rows", first=sent("rows", input=COST["question"]), **COST),
    Task("the link for the id", garble=garbled_id(lambda id: f"http://127.0.0.1:7717/runs/{id}"), **COST),
    Task("the id in backticks, in a sentence", garble=garbled_id(lambda id: f"the task `{id}`."), **BOSS),
    Task("the id of the other kind", garble=garbled_id(lambda id: id.replace("trun", "tgrp")), **COST),
    Task("an id that it made up", garble=garbled_id(lambda id: "trun_0123456789abcdef0123456789abcdef"), **BOSS),
    Task("forgotten ids", garble=without_id, **YEARS),
    Task("reads before it is finished, waits in words", garble=lambda names, tool, arguments: (
        too_early(names, *badly_waiting(names, tool, arguments))), **COST),
    Task("everything twice, with one key", repeats=True, first=lambda names: (names["start"], {
        "question": BOSS["question"], "request_key": f"naive-{names['start']}"}), **BOSS),
    Task("gives up and asks in a new session", in_new_session=True, **COST),
    Task("more rows than a call takes", first=with_rows([{"product": f"Otter {n}"} for n in range(250)]), ends_at="any",
         expected=r"250 rows.*(REST|calls)"),
    Task("a question that no document answers", question="When was the Puffin 9 airship launched?", ends_at="any",
         expected="No evidence was found: 3 pages were read and none of them answers"),
]


# ---------------------------------------------------------------- which tool it would take

DECOYS = {
    "web_search": "Search the web. Returns titles, links and snippets for a query. Use for quick look-ups, news, current facts.",
    "search_documents": "Search the user's documents by keyword and return matching passages.",
    "fetch_page": "Fetch the content of a web page by its URL and return its text.",
    "read_file": "Read a file from the local disk and return its content.",
    "calculator": "Evaluate an arithmetic expression and return the number.",
    "get_weather": "Get the current weather or the forecast for a city.",
    "answer_question": "Answer a simple question quickly from general knowledge.",
    "run_sql": "Run an SQL query on a database table and return rows.",
}
WISHES = [
    ("research", "Write a comprehensive report on why tidal turbines fail, with quotes from sources"),
    ("research", "I need a thorough, checkable report on the reliability of heat pumps, with verbatim quotes"),
    ("research", "Research in depth how ports finance shore power; every statement needs its source"),
    ("research", "Give me a comprehensive report from my own documents about the warranty terms"),
    ("table", "Fill in columns founded and ceo for many rows of companies"),
    ("table", "Enrich this table: for each row find the year and the price, with quotes and a confidence"),
    ("table", "Do fact checks for these twenty rows in parallel and give me a table with evidence"),
    ("table", "Match each of these rows to a supplier and fill the same columns for all of them"),
    ("quick", "Search the web for the opening hours of the museum"),
    ("quick", "What is the weather forecast for Bern"),
    ("quick", "Quick look-up: current news about the election"),
    ("quick", "Read the file notes.txt from the disk"),
    ("quick", "Evaluate 17 * 23"),
    ("quick", "Fetch the page https://example.org and return its text"),
]
COMMON = set("the a an of and or for to in is it its with by from on this that are be as use not me my i do these all how what "
             "each give get return returns one when must".split())


def words(text):
    """Stems of the words that say something."""
    return {word[:5] for word in re.findall(r"[a-z]{2,}", text.lower()) if word not in COMMON}


def chosen(wish, definitions):
    """The definition that shares most with a wish; rare words count for more."""
    texts = {name: words(re.sub(r"([a-z])([A-Z])", r"\1 \2", name) + " " + what) for name, what in definitions.items()}
    weight = lambda word: 1 / sum(word in text for text in texts.values())
    score = lambda name: sum(weight(word) for word in words(wish) & texts[name]) / (8 + len(texts[name])) ** 0.5
    return max(texts, key=score)


def choices(session):
    """How often it takes our right tool for our kind of wish, and leaves ours alone for others."""
    names = SETS[session.tools]
    definitions = {definition["name"]: definition["description"] for definition in session.definitions}
    right = {"research": names["start"], "table": names["rows"]}
    ours = [chosen(wish, definitions | DECOYS) == right[kind] for kind, wish in WISHES if kind in right]
    others = [chosen(wish, definitions | DECOYS) not in definitions for kind, wish in WISHES if kind == "quick"]
    return sum(ours), len(ours), sum(others), len(others)


@dataclass
class Score:
    tools: str
    tasks: int
    useful: int
    calls: int
    sent: int
    received: int
    definitions: int
    choices: tuple
    failed: list

    def __str__(self):
        ours, of_ours, others, of_others = self.choices
        return (
            f"naive client, {self.tools} tools: {self.useful} of {self.tasks} tasks ended usefully, {self.calls} calls, "
            f"{self.sent} characters sent, {self.received} received, {self.definitions} of definitions in each chat; "
            f"chose ours for {ours} of {of_ours} tasks of ours, left {others} of {of_others} others alone"
        )


def run(url, tools):
    naive = Naive(url, tools)
    failed = []
    for task in TASKS:
        if not naive.work(task):
            failed.append((task.name, naive.story))
    definitions = len(json.dumps(naive.session.definitions, ensure_ascii=False, separators=(",", ":")))
    return Score(tools, len(TASKS), len(TASKS) - len(failed), naive.calls, naive.sent, naive.received, definitions,
                 choices(naive.session), failed)


if __name__ == "__main__":
    for tools in SETS:
        score = run(sys.argv[1], tools)
        print(score)
        for name, story in score.failed:
            print(f"  not useful: {name}")
            for tool, arguments, text in story:
                print(f"    {tool} {json.dumps(arguments, ensure_ascii=False)[:200]}\n      -> {text[:600]!r}")

#!/usr/bin/env python3
"""Measure task-mcp without a language model on installed documentation. See README.md."""

import argparse
import csv
import fnmatch
import functools
import html.parser
import http.server
import io
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata
import urllib.parse
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
GOALS = {"stated cells right": 0.60, "given answers right": 0.80, "excerpts verbatim": 1.00}

# ---------------------------------------------------------------- pages


class PageText(html.parser.HTMLParser):
    """The text of a page, in document order; attributes and JSON-LD that may be quoted come last."""

    BLOCKS = set("p div li dt dd tr td th table caption h1 h2 h3 h4 h5 h6 pre br ul ol dl section".split())

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.parts, self.attributes, self.title = [], [], ""
        self.tag, self.hidden = "", None

    def handle_starttag(self, tag, attrs):
        self.tag = tag
        attrs = dict(attrs)
        self.attributes += [attrs[name] for name in ("content", "alt", "title") if attrs.get(name)]
        if tag in ("script", "style"):
            self.hidden = self.attributes if attrs.get("type") == "application/ld+json" else []
        if tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag):
        self.tag = ""
        if tag in ("script", "style"):
            self.hidden = None
        if tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data):
        if self.hidden is not None:
            self.hidden.append(data)
            return
        if self.tag == "title":
            self.title += data
        self.parts.append(data)


@functools.lru_cache(maxsize=4000)
def read_page(path):
    """(title, text) of a file."""
    raw = Path(path).read_bytes()
    charset = re.search(rb"charset=[\"']?([\w-]+)", raw[:4000])
    text = raw.decode(charset.group(1).decode() if charset else "utf-8", "replace")
    if not re.search(r"\.x?html?$", str(path)):
        return Path(path).name, text
    page = PageText()
    page.feed(text)
    page.close()
    return " ".join(page.title.split()), "".join(page.parts) + "\n" + "\n".join(page.attributes)


def squeeze(text):
    return " ".join(text.split())


def bare(text):
    """What must agree for a quote to be verbatim: all but white space, cell borders and heading marks (¶ or an icon)."""
    return re.sub(r"[\s|¶\uf0c1\u00ad\u200b]+", "", unicodedata.normalize("NFC", text))


def letters(text):
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower()


@functools.lru_cache(maxsize=4000)
def bare_page(path):
    return bare(read_page(path)[1]), letters(read_page(path)[1])


def check_excerpt(corpus, address, excerpt):
    """'verbatim', 'loose' (differs in punctuation only), 'altered' or 'no page'."""
    path = corpus.locate(address)
    if not path or not bare(excerpt):
        return "no page"
    strict, loose = bare_page(path)
    if bare(excerpt) in strict:
        return "verbatim"
    return "loose" if letters(excerpt) and letters(excerpt) in loose else "altered"


# ---------------------------------------------------------------- corpora


class Corpus:
    """A copy of the documentation of one package, and a data directory for the binary."""

    def __init__(self, name, spec, docs, work):
        self.name, self.spec = name, spec
        root = (HERE if spec.get("ours") else Path(docs)) / spec["root"]
        self.folder, self.data, self.server = work / name, work / f"{name}.data", None
        for path in sorted(root.rglob("*")) if root.is_dir() else []:
            relative = path.relative_to(root).as_posix()
            if path.is_file() and "_sources/" not in relative and any(
                fnmatch.fnmatch(relative, pattern) for pattern in spec["include"]
            ):
                target = self.folder / relative
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        if not self.folder.is_dir():
            sys.exit(f"{root} holds no pages: install the package {spec['package']}")

    def locate(self, address):
        """The file behind a path, file: or doc: address or an address of our own server."""
        address = urllib.parse.unquote(re.split(r"[#?]", address.strip())[0])
        if self.server and address.startswith(self.server.address):
            address = address[len(self.server.address):]
        for prefix in ("file://", f"doc://{self.name}", f"{self.folder}"):
            if address.startswith(prefix):
                address = address[len(prefix):]
        for path in (self.folder / address.lstrip("/"), Path(address)):
            if path.is_file() and path.resolve().is_relative_to(self.folder.resolve()):
                return str(path)
        return None

    def arguments(self):
        """How the binary reaches the pages: (global options, options of the command)."""
        if not self.server:
            return [], ["--source", f"{self.name}={self.folder}"]
        address = self.server.address
        return ["--set", f"search.searxng.url={address}", "--set", f'fetch.allow=["{address}"]'], []


class Site:
    """The pages of a corpus on a loopback port, with a search endpoint in the shape of SearXNG."""

    def __init__(self, corpus):
        self.pages, frequency = [], Counter()
        for path in sorted(corpus.folder.rglob("*.html")):
            title, text = read_page(str(path))
            terms = Counter(self.terms(text) + self.terms(title) * 3)
            frequency.update(terms.keys())
            self.pages.append((path.relative_to(corpus.folder).as_posix(), title, squeeze(text), terms))
        self.mean = sum(sum(page[3].values()) for page in self.pages) / len(self.pages)
        self.weight = {t: math.log(1 + (len(self.pages) - n + 0.5) / (n + 0.5)) for t, n in frequency.items()}
        site = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args):
                super().__init__(*args, directory=str(corpus.folder))

            def log_message(self, *args):
                pass

            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                if url.path != "/search":
                    return super().do_GET()
                query = urllib.parse.parse_qs(url.query)
                text, page = query.get("q", [""])[0], int(query.get("pageno", ["1"])[0])
                body = json.dumps({"query": text, "results": site.search(text, page)}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @staticmethod
    def terms(text):
        return re.findall(r"\w+", text.lower())

    def search(self, query, page=1, size=10):
        terms, scored = set(self.terms(query)) & self.weight.keys(), []
        for relative, title, text, counts in self.pages:
            length = 1.2 * (0.25 + 0.75 * sum(counts.values()) / self.mean)
            score = sum(self.weight[t] * counts[t] * 2.2 / (counts[t] + length) for t in terms)
            if score:
                scored.append((score, relative, title, text))
        scored.sort(key=lambda hit: (-hit[0], hit[1]))
        results = []
        for score, relative, title, text in scored[(page - 1) * size:page * size]:
            rare = max(terms, key=lambda t: self.weight[t] if t in text.lower() else 0)
            start = max(0, text.lower().find(rare) - 100)
            results.append({"url": f"{self.address}/{relative}", "title": title, "engine": "eval",
                            "content": text[start:start + 300], "score": round(score, 3)})
        return results


# ---------------------------------------------------------------- answers

UNITS = {
    "ms": "milliseconds? msecs?", "s": "seconds? secs?", "min": "minutes? mins? m", "h": "hours? hrs?", "d": "days?",
    "b": "bytes?", "kb": "kilobytes? kib", "mb": "megabytes? mib", "gb": "gigabytes? gib", "tb": "terabytes? tib",
}
UNIT_PATTERNS = [(re.compile(rf"(?<=\d)\s*(?:{'|'.join([u, *p.split()])})\b"), u) for u, p in UNITS.items()]
WORDS = "zero one two three four five six seven eight nine ten".split()
QUOTES = "\"'`“”‘’«»"


def normal(text, fold=True):
    """Case (unless it is kept), quotes, thousands separators, number words and units do not matter."""
    text = squeeze(unicodedata.normalize("NFKC", text).replace("−", "-").replace("\u200b", ""))
    text = text.lower() if fold else text
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text.strip(QUOTES + " ").rstrip(".;,").strip(QUOTES))
    text = re.sub(rf"\b({'|'.join(WORDS)})\b", lambda m: str(WORDS.index(m[1])), text)
    for pattern, unit in UNIT_PATTERNS:
        text = pattern.sub(unit, text)
    return text


def agrees(answer, variant, field):
    if variant.startswith("re:"):
        return len(answer) <= 500 and re.search(variant[3:], squeeze(answer), re.I) is not None
    fold = not field.get("exact")
    want = normal(variant, fold)
    if field.get("type") == "boolean":
        truth = {"yes": "true", "no": "false"}
        return truth.get(normal(answer), normal(answer)) == want
    spellings = [answer, re.sub(r"\s*\([^()]*\)", "", answer), *re.findall(r"\(([^()]*)\)", answer)]
    for have in [normal(s, fold) for s in spellings if s]:
        if have == want or ("," in want and sorted(re.split(r",\s*", have)) == sorted(re.split(r",\s*", want))):
            return True
        try:
            if float(have) == float(want):
                return True
        except ValueError:
            pass
    return False


def accepted(row, field):
    """What may stand in a cell: a list of variants; None in it means that an empty cell is right."""
    value = row["out"].get(field)
    if isinstance(value, dict):
        value = value["is"]
    return value if isinstance(value, list) else [value]


def judge(answer, variants, field):
    """One of: right, wrong, missed, null (rightly empty), false (a value where there is none)."""
    values = [v for v in variants if v is not None]
    if not answer.strip():
        return "null" if None in variants else "missed"
    if any(agrees(answer, v, field) for v in values):
        return "right"
    return "wrong" if values else "false"


# ---------------------------------------------------------------- running


def run_binary(options, corpus, command):
    before, after = corpus.arguments()
    line = [options.binary, "--data", str(corpus.data), *before, *options.extra, *command, *after]
    started = time.monotonic()
    try:
        done = subprocess.run(line, capture_output=True, text=True, timeout=options.timeout, stdin=subprocess.DEVNULL)
        code, out, err = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        code, out, err = -1, "", f"no end within {options.timeout} s"
    return code, out, err, time.monotonic() - started


def as_csv(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def run_fields(options, corpus, task):
    """Enrich one table; the result counts verdicts and keeps every cell."""
    folder = corpus.folder.parent
    source, target = folder / f"{task['name']}.csv", folder / f"{task['name']}.out.csv"
    source.write_text(as_csv([row["in"] for row in task["rows"]]))
    if any(f.get("type", "string") != "string" or "enum" in f for f in task["fields"]):
        schema = folder / f"{task['name']}.schema.json"
        properties = {f["name"]: {k: f[k] for k in ("type", "format", "items", "description", "enum") if k in f} for f in task["fields"]}
        for field in properties.values():
            field.setdefault("type", "string")
        schema.write_text(json.dumps({"type": "object", "properties": properties, "required": list(properties),
                                      "additionalProperties": False}))
        wanted = ["--schema", str(schema)]
    else:
        wanted = ["--fields", "; ".join(f"{f['name']}: {f['description']}" for f in task["fields"])]
    code, _, err, seconds = run_binary(options, corpus, ["enrich", str(source), *wanted, "-o", str(target)])
    table = list(csv.DictReader(io.StringIO(target.read_text()))) if target.exists() else []
    entity = next(iter(task["rows"][0]["in"]))
    result = {"name": task["name"], "form": task["form"], "seconds": seconds, "cells": [], "error": ""}
    if [r.get(entity) for r in table] != [r["in"][entity] for r in task["rows"]]:
        result["error"] = f"exit {code}, {len(table)} of {len(task['rows'])} rows: {err.strip()[-400:]}"
        table = [{} for _ in task["rows"]]
    for row, got in zip(task["rows"], table):
        for field in task["fields"]:
            name = field["name"]
            answer, quote, address = (got.get(k) or "" for k in (name, f"{name}__quote", f"{name}__source"))
            variants = accepted(row, name)
            result["cells"].append({
                "row": row["in"][entity], "field": name, "answer": answer, "want": variants,
                "verdict": judge(answer, variants, field), "stated": None not in variants,
                "confidence": got.get(f"{name}__confidence") or "", "quote": quote, "source": address,
                "excerpt": check_excerpt(corpus, address, quote) if answer or quote else "",
                "supported": bool(answer) and letters(answer) in letters(quote),
                "error": got.get("__error") or "",
            })
    return result


def run_questions(options, corpus, task):
    result = {"name": task["name"], "seconds": 0.0, "questions": []}
    for item in task["questions"]:
        code, out, err, seconds = run_binary(options, corpus, ["research", item["question"], "--json"])
        try:
            reply = json.loads(out)
        except ValueError:
            reply = {}
        output = reply.get("output") or {}
        citations = [c for b in output.get("basis") or [] for c in b.get("citations") or []]
        quotes = [(c.get("url") or "", e) for c in citations for e in c.get("excerpts") or []]
        facts = [fact if isinstance(fact, list) else [fact] for fact in item.get("facts", [])]
        hit = [any(re.search(p, squeeze(e), re.I) for p in fact for _, e in quotes) for fact in facts]
        status = (reply.get("run") or {}).get("status") or ("failed" if code else "no reply")
        result["seconds"] += seconds
        result["questions"].append({
            "question": item["question"], "status": status, "seconds": seconds, "answerable": bool(facts),
            "facts": len(facts), "found": sum(hit), "missed": [f[0] for f, h in zip(facts, hit) if not h],
            "confidence": [b.get("confidence") for b in output.get("basis") or []],
            "excerpts": [{"url": u, "excerpt": e, "check": check_excerpt(corpus, u, e)} for u, e in quotes],
            "markdown": output.get("content"), "error": "" if reply else f"exit {code}: {err.strip()[-300:]}",
        })
    return result


# ---------------------------------------------------------------- reporting


def share(part, whole):
    return f"{part / whole:6.1%}" if whole else "     –"


def tally(cells):
    """Counts of one set or of all."""
    count = Counter(c["verdict"] for c in cells)
    stated = [c for c in cells if c["stated"]]
    given = [c for c in cells if c["answer"].strip()]
    return {
        "cells": len(cells), "stated": len(stated), "stated_right": sum(c["verdict"] == "right" for c in stated),
        "right": count["right"], "wrong": count["wrong"], "missed": count["missed"], "null": count["null"],
        "false": count["false"], "given": len(given), "supported": sum(c["supported"] for c in given),
        "verbatim": sum(c["excerpt"] == "verbatim" for c in given),
        "loose": sum(c["excerpt"] == "loose" for c in given),
    }


def field_line(name, t, seconds):
    return (f"{name:<22}{t['cells']:>6}{t['stated']:>7}{t['right']:>6}{t['wrong']:>6}{t['missed']:>7}{t['null']:>5}"
            f"{t['false']:>6}  {share(t['stated_right'], t['stated'])}  {share(t['right'], t['given'])}"
            f"  {share(t['verbatim'], t['given'])}  {share(t['supported'], t['given'])}{seconds:>8.1f}")


def report_fields(results, verbose):
    print("\nfield set              cells stated right wrong missed null false   recall    prec.    verb.  support       s")
    for result in results:
        print(field_line(result["name"], tally(result["cells"]), result["seconds"]))
        if result["error"]:
            print("   ! " + result["error"])
        for c in result["cells"] if verbose else []:
            if c["verdict"] in ("wrong", "missed", "false") or c["excerpt"] in ("altered", "no page"):
                want = " or ".join("nothing" if w is None else repr(w) for w in c["want"])
                near = any(w and normal(w) in normal(c["answer"]) for w in c["want"])
                print(f"   {c['verdict']:<6} {c['row']} / {c['field']}: {c['answer']!r}, not {want}"
                      + " (holds the right value)" * (near and c["verdict"] == "wrong") + f" {c['confidence']} {c['error']}")
                if c["quote"]:
                    print(f"          {c['excerpt']}: {squeeze(c['quote'])[:300]!r}\n          {c['source']}")
    cells = [c for r in results for c in r["cells"]]
    total = tally(cells)
    by_form = defaultdict(list)
    for result in results:
        by_form[result["form"]] += result["cells"]
    for form, some in sorted(by_form.items()):
        print(field_line(f"  all of form {form}", tally(some), 0))
    print(field_line("total", total, sum(r["seconds"] for r in results)))
    print("\nconfidence   given   right   share")
    for level in ("high", "medium", "low", ""):
        given = [c for c in cells if c["answer"].strip() and c["confidence"] == level]
        right = sum(c["verdict"] == "right" for c in given)
        if given:
            print(f"{level or 'none':<10}{len(given):>8}{right:>8}  {share(right, len(given))}")
    return total


def report_questions(results, verbose):
    print("\nquestions              asked   facts  found   recall  refused excerpts    verb.       s")
    everything = []
    for name, asked, seconds in [(r["name"], r["questions"], r["seconds"]) for r in results] + [("total", everything, 0)]:
        everything += asked if name != "total" else []
        facts, found = sum(q["facts"] for q in asked), sum(q["found"] for q in asked)
        excerpts = [e for q in asked for e in q["excerpts"]]
        verbatim = sum(e["check"] == "verbatim" for e in excerpts)
        hopeless = [q for q in asked if not q["answerable"]]
        refused = sum(q["status"] == "failed" for q in hopeless)
        print(f"{name:<22}{len(asked):>6}{facts:>8}{found:>7}   {share(found, facts)}  {refused:>3} of {len(hopeless)}"
              f"{len(excerpts):>9}   {share(verbatim, len(excerpts))}{seconds:>8.1f}")
        for q in asked if verbose and name != "total" else []:
            if q["missed"] or q["error"] or (not q["answerable"] and q["status"] != "failed"):
                print(f"   {q['status']}: {q['question']} {q['error']}")
                for fact in q["missed"]:
                    print(f"          not quoted: {fact}")
            for e in q["excerpts"]:
                if e["check"] != "verbatim":
                    print(f"          {e['check']}: {squeeze(e['excerpt'])[:300]!r}\n          {e['url']}")
    return {"facts": facts, "found": found, "excerpts": len(excerpts), "verbatim": verbatim,
            "unanswerable": len(hopeless), "refused": refused}


def report_goals(fields, questions):
    measured = {
        "stated cells right": (fields["stated_right"], fields["stated"]),
        "given answers right": (fields["right"], fields["given"]),
        "excerpts verbatim": (fields["verbatim"] + questions["verbatim"], fields["given"] + questions["excerpts"]),
    }
    print()
    for name, goal in GOALS.items():
        part, whole = measured[name]
        met = "met" if whole and part / whole >= goal else "not met"
        print(f"{name:<22}{part:>5} of {whole:<5}{share(part, whole)}   goal {goal:.0%}: {met}")
    if questions["facts"]:
        print(f"{'key facts quoted':<22}{questions['found']:>5} of {questions['facts']:<5}"
              f"{share(questions['found'], questions['facts'])}")


# ---------------------------------------------------------------- the right answers themselves


def check_task(corpus, task):
    """Every right answer must stand on the page it names, near the name of its row; else say which does not."""
    faults = []
    for row in task.get("rows", []):
        entity = next(iter(row["in"].values()))
        if "page" not in row:  # made up: no page may know it
            known = [p.name for p in corpus.folder.rglob("*.html") if entity.lower() in squeeze(read_page(str(p))[1]).lower()]
            faults += [f"{entity}: stands on {known[:3]}"] if known and not any(row["out"].values()) else []
        for field in task["fields"]:
            cell = row["out"].get(field["name"])
            cell = cell if isinstance(cell, dict) else {"is": cell}
            values = [v for v in (cell["is"] if isinstance(cell["is"], list) else [cell["is"]]) if v]
            path = corpus.locate(cell.get("page") or row.get("page") or "-")
            if not values:
                if path and "page" in row and letters(entity) not in letters(read_page(path)[1]):
                    faults.append(f"{entity}: not on {row['page']}")
                continue
            text = squeeze(read_page(path)[1]).lower() if path else ""
            proofs = [cell["proof"]] if "proof" in cell else values
            near = [text[m.start():m.start() + 2500]
                    for m in re.finditer(re.escape((cell.get("at") or row.get("at") or entity).lower()), text)]
            if not any(re.search(p[3:], n, re.I) if p.startswith("re:") else p.lower() in n for p in proofs for n in near):
                faults.append(f"{entity} / {field['name']}: none of {proofs} on {cell.get('page') or row.get('page')}")
    for item in task.get("questions", []):
        pages = [squeeze(read_page(corpus.locate(p))[1]) for p in item.get("pages", [])]
        for fact in item.get("facts", []):
            patterns = fact if isinstance(fact, list) else [fact]
            if not any(re.search(p, text, re.I) for p in patterns for text in pages):
                faults.append(f"{item['question']}: {fact} not on {item.get('pages')}")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", help="the built task-mcp")
    parser.add_argument("--only", help="sets whose name contains this")
    parser.add_argument("--jobs", type=int, default=1, help="packages worked on at a time")
    parser.add_argument("--http", action="store_true", help="serve the pages and a search endpoint instead of a folder")
    parser.add_argument("--docs", default="/usr/share/doc", help="where packages install documentation")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for one call of the binary")
    parser.add_argument("--extra", action="append", default=[], help="one more global argument for the binary")
    parser.add_argument("--json", help="write all results to this file")
    parser.add_argument("--check", action="store_true", help="only check the right answers against the pages")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    if not options.check and not options.binary:
        parser.error("--binary is needed (or --check)")
    options.binary = options.binary and os.path.abspath(options.binary)

    tasks = [json.loads(path.read_text()) for path in sorted(HERE.glob("*/*.json"))]
    tasks = [t for t in tasks if options.only in t["name"]] if options.only else tasks
    specs = json.loads((HERE / "corpora.json").read_text())
    by_corpus = {name: [t for t in tasks if t["corpus"] == name] for name in specs}

    with tempfile.TemporaryDirectory(prefix="task-mcp-eval-") as work:

        def work_on(name):
            corpus = Corpus(name, specs[name], options.docs, Path(work))
            if options.check:
                return [(task, check_task(corpus, task)) for task in by_corpus[name]]
            if options.http:
                corpus.server = Site(corpus)
            results = [(run_fields if "rows" in t else run_questions)(options, corpus, t) for t in by_corpus[name]]
            if corpus.server:
                corpus.server.http.shutdown()
            return results

        with ThreadPoolExecutor(max(1, options.jobs)) as pool:
            results = [r for some in pool.map(work_on, [n for n, ts in by_corpus.items() if ts]) for r in some]

    if options.check:
        faults = [(task["name"], fault) for task, some in results for fault in some]
        for name, fault in faults:
            print(f"{name}: {fault}")
        cells = [accepted(r, f["name"]) for t in tasks for r in t.get("rows", []) for f in t["fields"]]
        print(f"{len(cells)} cells ({sum(None in c for c in cells)} of them empty), "
              f"{sum(len(t.get('questions', [])) for t in tasks)} questions, {len(faults)} faults")
        sys.exit(bool(faults))
    fields = [r for r in results if "cells" in r]
    questions = [r for r in results if "questions" in r]
    totals = {"fields": report_fields(fields, options.verbose), "questions": report_questions(questions, options.verbose)}
    report_goals(totals["fields"], totals["questions"])
    if options.json:
        Path(options.json).write_text(json.dumps({"totals": totals, "fields": fields, "questions": questions}, indent=1))


if __name__ == "__main__":
    main()

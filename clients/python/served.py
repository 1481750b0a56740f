"""A built task-mcp with a few documents, started for one set of tests and stopped after it."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

DOCUMENTS = {
    "otter.md": "# Otter 3\n\nThe Otter 3 turbine was launched in 2019. It costs 48,000 crowns. "
    "Its maker is Brook Energy.\n\n- Rated power: 12 kW\n- Weight: 340 kg\n",
    "heron.md": "# Heron 5\n\nThe Heron 5 turbine was launched in 2021. It costs 61,500 crowns. "
    "Its maker is Brook Energy.\n\n- Rated power: 20 kW\n- Weight: 510 kg\n",
    "brook.md": "# Brook Energy\n\nBrook Energy was founded in 1987 in Telmark. Its chief executive is Ada Lind.\n",
}


class Served:
    """`url` is the base address; the directory and the process end with `close`. Embedded, or in a PostgreSQL `database`."""

    def __init__(self, *settings, binary=None, database=None):
        self.binary = Path(binary or os.environ["TASK_MCP_BINARY"]).resolve()
        self.directory = tempfile.TemporaryDirectory()
        root = Path(self.directory.name)
        (root / "docs").mkdir()
        for name, text in DOCUMENTS.items():
            (root / "docs" / name).write_text(text)
        self.environment = {"HOME": str(root), "PATH": os.environ["PATH"], "TASK_MCP_DATA": str(root / "data")}
        self.settings = settings
        if database:
            self.environment["TASK_MCP_DATABASE"] = database
        self.port = "0"
        self.start()

    def start(self):
        # Nothing here asks the public network: not the search that needs no account either.
        at_home = ["--set", "search.keyless=false"]
        command = [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--source", "docs=docs", *at_home, *self.settings]
        self.process = subprocess.Popen(
            command, cwd=self.directory.name, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        line = self.process.stdout.readline()
        self.url = re.search(r"http://\S+", line).group()
        self.port = self.url.rsplit(":", 1)[1]

    def kill_and_start(self):
        """The plug is pulled and put back: same data, same address."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.start()

    def run(self, *arguments):
        done = subprocess.run(
            [self.binary, *arguments], cwd=self.directory.name, env=self.environment,
            capture_output=True, text=True, check=True, timeout=60,
        )
        return done.stdout.strip()

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.directory.cleanup()

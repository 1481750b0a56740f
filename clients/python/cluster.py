"""A throw-away PostgreSQL cluster for the tests of one process, as crates/testkit/src/postgres.rs starts one for Rust's."""

import atexit
import functools
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

FAST = (
    "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c synchronous_commit=off "
    "-c full_page_writes=off -c max_connections=100 -c shared_buffers=32MB"
)
NUMBERS = itertools.count(1)


def programs():
    """The newest installed version, else what `PATH` has."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(installed, key=lambda path: int(path.parts[-3]), default=None)
    found = newest or shutil.which("initdb")
    if not found:
        raise RuntimeError("the tests need PostgreSQL's server programs: run ./test.sh setup")
    return Path(found).parent


def account():
    """Who runs the server: never root, which PostgreSQL refuses."""
    if os.getuid() != 0:
        return {}
    known = {entry.pw_name for entry in pwd.getpwall()}
    return {"user": next(name for name in ("postgres", "nobody") if name in known), "group": None, "extra_groups": []}


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@functools.cache
def cluster():
    """The folder of the programs and the port; it runs until this process ends."""
    folder, as_whom, port = programs(), account(), free_port()
    data = tempfile.mkdtemp(prefix="task-mcp-clients-postgres-")
    if as_whom:
        shutil.chown(data, as_whom["user"])

    def run(program, *arguments):
        # It inherits nothing: a caller who reads our output would wait for the server to end.
        subprocess.run(
            [folder / program, *arguments], check=True, cwd="/", timeout=60, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_whom,
        )

    run("initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D", data)
    run("pg_ctl", "start", "-w", "-D", data, "-l", f"{data}/log", "-o", f"-p {port} {FAST}")

    def stop():
        run("pg_ctl", "stop", "-m", "immediate", "-D", data)
        shutil.rmtree(data, ignore_errors=True)

    atexit.register(stop)
    return folder, port


def database():
    """The address of a new, empty database."""
    folder, port = cluster()
    name = f"clients_{next(NUMBERS)}"
    create = ["-X", "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "-d", "postgres", "-c", f"CREATE DATABASE {name}"]
    subprocess.run([folder / "psql", *create], check=True, timeout=60)
    return f"postgres://postgres@127.0.0.1:{port}/{name}"

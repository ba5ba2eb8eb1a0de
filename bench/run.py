#!/usr/bin/env python3
"""One workload, all drivers, one table.

Starts the testkit's answering node, connects every driver's client to it, and lets them take turns: one
cell (style, statement, requests in flight) at a time, driver after driver, round after round. The median of
the rounds is printed, so that whatever else the machine does falls on all of them alike. Called by ``./dev
bench``; only the standard library is used.
"""

import argparse
import contextlib
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import signal
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
REFERENCE, SCYLLA = "cassandra-driver", "scylla"  # the two that ratios are given against
ONE_THREAD = ", 1 thread"  # a Rust client on tokio's single-threaded runtime, instead of on two workers


@dataclasses.dataclass
class Cell:
    """One figure that is measured: how, what, and how many at a time."""

    style: str
    statement: str
    in_flight: int
    # No core falls asleep meanwhile: what is measured is what the driver does, and not how long a core takes to wake.
    awake: bool = False

    def __str__(self):
        how = {"sync": "one at a time", "concurrent": f"{self.in_flight} in flight"}
        text = f"{self.statement.upper()}, {how.get(self.style, f'{self.in_flight} in flight by callbacks')}"
        return text + ", cores kept awake" * self.awake


class Client:
    """A driver's client: a process that answers one command line with one line of JSON."""

    def __init__(self, name, command, styles):
        self.name, self.styles = name, styles
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        answer = self.process.stdout.readline().strip()
        if answer != "ready":
            self.close()
            raise SystemExit(f"bench: the client of {name} did not connect (it said {answer!r})")

    def run(self, cell, seconds):
        command = f"{cell.style} {cell.statement} {cell.in_flight} {seconds}\n"
        try:
            self.process.stdin.write(command)
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise SystemExit(f"bench: the client of {self.name} ended in {cell}")
        return json.loads(answer)

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        end(self.process)


def end(process):
    """Ends a process of ours: it sees its input close, else SIGTERM, else SIGKILL."""
    for sign in (None, signal.SIGTERM, signal.SIGKILL):
        if sign is not None:
            process.send_signal(sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
            return


@contextlib.contextmanager
def answering_node(command, address, port):
    """The testkit's node, as a process that lives as long as this block."""
    process = subprocess.Popen(
        [*command, "answer", "--address", address, "--port", str(port)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        if "listening" not in process.stdout.readline():
            raise SystemExit("bench: the answering node did not start")
        yield process
    finally:
        process.stdin.close()
        end(process)


# Spins on one core whenever nobody else wants it, as long as the benchmark lives.
SPINNER = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
print("spinning", flush=True)
while os.getppid() == int(sys.argv[2]):
    for _ in range(100_000): pass
"""


@contextlib.contextmanager
def awake_cores():
    """Keeps every core busy with what anybody else comes before (Linux), as long as this block lasts.

    A core with nothing to do goes to sleep, and takes some 30 µs to wake, on a virtual machine more. Of a request that
    is waited for, that is the larger part, and it is the same for all drivers.
    """
    spinners = []
    try:
        for core in sorted(os.sched_getaffinity(0)):
            command = [sys.executable, "-c", SPINNER, str(core), str(os.getpid())]
            spinners.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True))
        for spinner in spinners:
            spinner.stdout.readline()
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


def cpu_seconds(pid):
    """CPU time that a process has used so far, in seconds (Linux; 0.0 elsewhere)."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def processor():
    """The processor's name as the kernel gives it."""
    with contextlib.suppress(OSError):
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def measure(clients, cells, rounds, seconds):
    """All rounds of all cells: {cell index: {client name: [report, …]}}."""
    reports = {index: {client.name: [] for client in clients} for index in range(len(cells))}
    for client in clients:  # a turn that nobody counts: code and connections are warm after it
        for cell in cells:
            if cell.style in client.styles:
                client.run(cell, min(seconds, 0.3))
    for turn in range(rounds):
        for index, cell in enumerate(cells):
            progress(f"round {turn + 1} of {rounds}: {cell}")
            # Each round begins with another driver, so that nobody always follows the same one.
            order = clients[turn % len(clients) :] + clients[: turn % len(clients)]
            with awake_cores() if cell.awake else contextlib.nullcontext():
                for client in order:
                    if cell.style in client.styles:
                        reports[index][client.name].append(client.run(cell, seconds))
    progress("")
    return reports


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)


def summary(reports):
    """Medians of one driver's reports of one cell."""

    def median(value):
        values = [value(report) for report in reports]
        return statistics.median(values) if None not in values else None

    return {
        "per_second": median(lambda r: r["requests"] / r["wall"]),
        "cpu_us": median(lambda r: r["cpu"] / r["requests"] * 1e6),
        "per_cpu_second": median(lambda r: r["requests"] / r["cpu"]),
        "p50_us": median(lambda r: r.get("p50_us")),
        "p99_us": median(lambda r: r.get("p99_us")),
    }


def table(cells, results):
    """The printed table, one block a cell, ratios against the reference and against scylla."""
    lines = []
    header = f"{'driver':<28}{'req/s':>10}{'p50 µs':>9}{'p99 µs':>9}{'CPU µs/req':>12}{'req/CPU s':>11}"
    header += f"{'x ' + REFERENCE:>20}{'x p50':>8}{'x CPU':>8}{'x ' + SCYLLA + ' CPU':>14}"
    for index, cell in enumerate(cells):
        rows = results[index]
        lines += ["", str(cell), header]
        for name, row in rows.items():
            # A client on a single-threaded runtime is held against its like.
            reference, scylla = rows.get(REFERENCE), rows.get(SCYLLA + ONE_THREAD * name.endswith(ONE_THREAD))
            lines.append(
                f"{name:<28}{row['per_second']:>10,.0f}{number(row['p50_us']):>9}{number(row['p99_us']):>9}"
                f"{row['cpu_us']:>12.2f}{row['per_cpu_second']:>11,.0f}"
                f"{ratio(row, reference, 'per_second'):>20}{ratio(reference, row, 'p50_us'):>8}"
                f"{ratio(row, reference, 'per_cpu_second'):>8}{ratio(row, scylla, 'per_cpu_second'):>14}"
            )
    return "\n".join(lines)


def number(value):
    return "-" if value is None else f"{value:,.1f}"


def ratio(row, other, key):
    if row is None or other is None or None in (row[key], other[key]):
        return "-"
    value = row[key] / other[key]
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def cells_of(plan):
    """The cells of a plan, in the order in which they are measured and printed."""
    statements = ("select", "insert")
    cells = [Cell("sync", statement, 1) for statement in statements]
    if hasattr(os, "SCHED_IDLE"):
        cells += [Cell("sync", statement, 1, awake=True) for statement in statements]
    cells += [Cell("concurrent", statement, n) for n in (100, 1000) for statement in statements]
    if plan == "all":
        cells += [Cell("window", "select", n) for n in (100, 1000)]
    return cells


def commands(options):
    """Name, command line and styles of every driver that this run compares."""
    node = ["--address", options.address, "--port", str(options.port)]
    rust, python = options.rust_clients, str(ROOT / "bench/python/client.py")
    found = []
    if options.plan != "rust" and options.reference_python:
        found.append((REFERENCE, [options.reference_python, python, *node], PYTHON_STYLES))
    for workers, note in ((2, ""), (0, ONE_THREAD)):
        runtime = ["--workers", str(workers)]
        for name, program in ((SCYLLA, "scylla_client"), ("helenus (Rust)", "helenus_client")):
            path = pathlib.Path(rust) / program
            if path.exists():
                found.append((name + note, [str(path), *node, *runtime], RUST_STYLES))
            else:
                print(f"bench: {program} is not built: {name} is left out", file=sys.stderr)
    if options.plan != "rust" and options.python:
        found.append(("helenus (cassandra)", [options.python, python, *node], PYTHON_STYLES))
    return found


PYTHON_STYLES, RUST_STYLES = ("sync", "concurrent", "window"), ("sync", "concurrent")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", choices=("quick", "rust", "all"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.6, help="of one turn of one driver in one cell")
    parser.add_argument("--address", default="127.0.50.1")
    parser.add_argument("--port", type=int, default=9042)
    parser.add_argument("--mock", help="the program helenus-mock; without it a node must be listening already")
    parser.add_argument("--rust-clients", required=True, help="the directory of scylla_client and helenus_client")
    parser.add_argument("--python", help="an interpreter that has our package")
    parser.add_argument("--reference-python", help="an interpreter that has cassandra-driver")
    parser.add_argument("--output", help="where the figures go as JSON")
    options = parser.parse_args()

    cells = cells_of(options.plan)
    with contextlib.ExitStack() as stack:
        node = None
        if options.mock:
            node = stack.enter_context(answering_node([options.mock], options.address, options.port))
        clients = []
        for name, command, styles in commands(options):
            clients.append(Client(name, command, styles))
            stack.callback(clients[-1].close)
        reports = measure(clients, cells, options.rounds, options.seconds)
        node_cpu = cpu_seconds(node.pid) if node else None
    results = [
        {name: summary(of_driver) for name, of_driver in reports[index].items() if of_driver}
        for index in range(len(cells))
    ]
    machine = f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"
    when = datetime.datetime.now(datetime.timezone.utc)
    print(f"{when:%Y-%m-%d %H:%M} UTC, {machine}")
    print(f"{options.rounds} rounds, {options.seconds} s a turn, medians; the testkit's node on this machine.")
    print("One connection to the node for each driver: set so in Rust, the default in Python.")
    print(table(cells, results))
    if node_cpu:
        every = [report for cell in reports.values() for of_driver in cell.values() for report in of_driver]
        requests = sum(report["requests"] for report in every)
        print(f"\nthe node itself: {node_cpu / requests * 1e6:.2f} µs of CPU an answer")
    if options.output:
        rows = zip(cells, results, strict=True)
        figures = {
            "when": when.isoformat(timespec="seconds"),
            "machine": machine,
            "cells": [{"cell": dataclasses.asdict(cell), "drivers": drivers} for cell, drivers in rows],
        }
        path = pathlib.Path(options.output)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)

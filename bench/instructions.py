#!/usr/bin/env python3
"""What a request costs in instructions: the Rust clients under callgrind, against the testkit's node.

Unlike times, instructions are nearly the same on a busy machine and on a quiet one. Each client runs every cell
(statement, requests in flight) with so many requests and with so many more, on tokio's single-threaded runtime; the
difference of both, by the difference of their lengths, is what one request costs, without start, connecting and
warming up. The kernel's part is not in it. Called by ``./dev bench rust`` and ``./dev bench guard``, which install
valgrind; only the standard library is used.
"""

import argparse
import contextlib
import json
import pathlib
import signal
import subprocess
import sys
import tempfile

from run import SCYLLA, Cell, answering_node, end, progress

OURS = "helenus (Rust)"
PROGRAMS = {SCYLLA: "scylla_client", OURS: "helenus_client"}
# How many requests: the more in flight, the longer until every buffer has grown to its size.
LENGTHS = {1: (500, 2500), 100: (4000, 24000), 1000: (10000, 50000)}


def cells_of(in_flight):
    """The cells, in the order in which they are measured and printed."""
    style = {1: "sync"}
    return [Cell(style.get(n, "concurrent"), statement, n) for n in in_flight for statement in ("select", "insert")]


def total(dump):
    """The sum of a dump of callgrind."""
    with contextlib.suppress(FileNotFoundError), pathlib.Path(dump).open() as lines:
        for line in lines:
            if line.startswith(("summary:", "totals:")):
                return int(line.split()[1])
    raise SystemExit(f"bench: {dump} is no whole dump of callgrind")


def count(program, node, cells):
    """Instructions a request in each cell. The client's function `mark` has callgrind write a dump before each run and
    after it: the fourth of a cell's four is that of the longer run alone."""
    with tempfile.TemporaryDirectory(prefix="helenus-bench-") as directory:
        out = f"{directory}/dump"
        valgrind = ["valgrind", "--quiet", "--tool=callgrind", "--dump-after=workload::mark*"]
        command = [*valgrind, f"--callgrind-out-file={out}", program, *node, "--workers", "0"]
        client = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        try:
            if client.stdout.readline().strip() != "ready":
                raise SystemExit(f"bench: {program} did not connect under valgrind")
            for cell in cells:
                progress(f"callgrind: {pathlib.Path(program).name}, {cell}")
                for length in LENGTHS[cell.in_flight]:
                    client.stdin.write(f"counted {cell.statement} {cell.in_flight} {length}\n")
                    client.stdin.flush()
                    if not client.stdout.readline():
                        raise SystemExit(f"bench: {program} ended in {cell} under valgrind")
        finally:
            with contextlib.suppress(BrokenPipeError):
                client.stdin.close()
            end(client)
            progress("")
        costs = []
        for number, cell in enumerate(cells):
            first, second = LENGTHS[cell.in_flight]
            short, long = (total(f"{out}.{4 * number + place}") for place in (2, 4))
            costs.append((long - short) / (second - first))
        return costs


def table(cells, costs):
    """The printed table: drivers as columns, and how many times ours the other's are."""
    names = list(costs)
    lines = ["", "instructions a request (callgrind, user space, 1 thread)"]
    header = f"{'':<28}" + "".join(f"{name:>18}" for name in names)
    both = SCYLLA in costs and OURS in costs
    lines.append(header + (f"{SCYLLA + ' / ours':>18}" if both else ""))
    for number, cell in enumerate(cells):
        line = f"{cell!s:<28}" + "".join(f"{costs[name][number]:>18,.0f}" for name in names)
        ratio = f"{costs[SCYLLA][number] / costs[OURS][number]:>18.2f}" if both else ""
        lines.append(line + ratio)
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="127.0.50.1")
    parser.add_argument("--port", type=int, default=9042)
    parser.add_argument("--mock", required=True, help="the program helenus-mock")
    parser.add_argument("--rust-clients", required=True, help="the directory of scylla_client and helenus_client")
    parser.add_argument("--only-ours", action="store_true", help="leave the other driver out")
    parser.add_argument("--in-flight", type=int, action="append", choices=LENGTHS, help="all, unless given")
    parser.add_argument("--at-most", type=int, help="fail if a request of ours costs more instructions in any cell")
    parser.add_argument("--output", help="where the figures go as JSON")
    options = parser.parse_args()

    cells = cells_of(options.in_flight or LENGTHS)
    node = ["--address", options.address, "--port", str(options.port)]
    costs = {}
    with answering_node([options.mock], options.address, options.port):
        for name, program in PROGRAMS.items():
            path = pathlib.Path(options.rust_clients) / program
            if options.only_ours and name != OURS:
                continue
            if path.exists():
                costs[name] = count(str(path), node, cells)
            else:
                print(f"bench: {program} is not built: {name} is left out", file=sys.stderr)
    print(table(cells, costs))
    if options.output:
        figures = {name: {str(cell): round(cost) for cell, cost in zip(cells, of_driver, strict=True)}
                   for name, of_driver in costs.items()}  # fmt: skip
        path = pathlib.Path(options.output)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(figures, indent=1) + "\n")
    if options.at_most is not None:
        # A guard that has measured nothing has guarded nothing.
        worst = max(costs.get(OURS, [float("inf")]))
        print(f"\nthe dearest of ours: {worst:,.0f}; at most {options.at_most:,} are allowed")
        if worst > options.at_most:
            raise SystemExit("bench: a request of ours has become dearer than that")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)

"""The benchmark's client for Python: the same file runs on cassandra-driver and on helenus.

Which of the two it measures is decided by the interpreter that runs it: each environment has one package
named ``cassandra``. It connects once, prints ``ready``, and answers commands (see
``bench/rust/workload``)::

    sync|concurrent|window select|insert IN_FLIGHT SECONDS

``sync`` is a loop of ``execute``; ``concurrent`` is ``execute_concurrent_with_args``; ``window`` keeps
IN_FLIGHT futures of ``execute_async`` going by their callbacks. Nothing here is particular to either
driver.
"""

import argparse
import json
import statistics
import sys
import threading
import time

from cassandra.cluster import Cluster
from cassandra.concurrent import execute_concurrent_with_args

SELECT = "SELECT k, v FROM bench.kv WHERE k = ?"
INSERT = "INSERT INTO bench.kv (k, v) VALUES (?, ?)"
TEXT = "the value of a row of the benchmark"
LONGEST_BATCH = 0.25  # seconds of one execute_concurrent_with_args: short beside a turn, long beside its tail


def arguments_of(statement, key):
    return (key,) if statement == "select" else (key, TEXT)


def read(result):
    row = result.one()
    return row.k, row.v


class Client:
    def __init__(self, options):
        # Neither driver is told more than where the node is: the rest is what a program gets by default.
        self.cluster = Cluster([options.address], port=options.port, protocol_version=options.protocol)
        self.session = self.cluster.connect()
        self.prepared = {"select": self.session.prepare(SELECT), "insert": self.session.prepare(INSERT)}

    def run(self, style, statement, in_flight, seconds):
        measure = {"sync": self.sync, "concurrent": self.concurrent, "window": self.window}[style]
        cpu, wall = time.process_time(), time.perf_counter()
        requests, latencies = measure(statement, in_flight, wall + seconds)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        report = {"requests": requests, "wall": wall, "cpu": cpu}
        if len(latencies) > 1:
            percentiles = statistics.quantiles(latencies, n=100)
            report |= {"p50_us": percentiles[49] * 1e6, "p99_us": percentiles[98] * 1e6}
        return report

    def sync(self, statement, _in_flight, end):
        prepared, latencies, key = self.prepared[statement], [], 0
        before = time.perf_counter()
        while before < end:
            result = self.session.execute(prepared, arguments_of(statement, key))
            if statement == "select":
                read(result)
            key += 1
            after = time.perf_counter()
            latencies.append(after - before)
            before = after
        return key, latencies

    def concurrent(self, statement, in_flight, end):
        prepared, done, batch = self.prepared[statement], 0, 2 * in_flight
        before = time.perf_counter()
        while before < end:
            arguments = [arguments_of(statement, key) for key in range(done, done + batch)]
            for success, result in execute_concurrent_with_args(
                self.session, prepared, arguments, concurrency=in_flight
            ):
                if not success:
                    raise result
                if statement == "select":
                    read(result)
            done += batch
            after = time.perf_counter()
            # The next batch is sized by this one's speed: a tail costs each driver the same share.
            batch = max(2 * in_flight, int(batch / (after - before) * min(LONGEST_BATCH, max(end - after, 0))))
            before = after
        return done, []

    def window(self, statement, in_flight, end):
        return Window(self.session, self.prepared[statement], statement, end).run(in_flight)


class Window:
    """A fixed number of requests in flight, each answer's callback sending the next request."""

    def __init__(self, session, prepared, statement, end):
        self.session, self.prepared, self.statement, self.end = session, prepared, statement, end
        self.lock, self.key, self.open = threading.Lock(), 0, 0
        self.latencies, self.failure, self.finished = [], None, threading.Event()

    def run(self, in_flight):
        self.open = in_flight
        for _ in range(in_flight):
            self.send()
        self.finished.wait()
        if self.failure is not None:
            raise self.failure
        return len(self.latencies), self.latencies

    def send(self):
        with self.lock:
            key, self.key = self.key, self.key + 1
        future = self.session.execute_async(self.prepared, arguments_of(self.statement, key))
        future.add_callbacks(self.answered, self.failed, callback_args=(time.perf_counter(),))

    def answered(self, rows, sent):
        now = time.perf_counter()
        self.latencies.append(now - sent)
        if self.statement == "select":
            _ = rows[0].k, rows[0].v
        if now < self.end:
            self.send()
        else:
            self.close()

    def failed(self, error):
        self.failure = error
        self.close()

    def close(self):
        with self.lock:
            self.open -= 1
            last = self.open == 0
        if last:
            self.finished.set()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9042)
    parser.add_argument("--protocol", type=int, default=5)
    client = Client(parser.parse_args())
    print("ready", flush=True)
    for line in sys.stdin:
        style, statement, in_flight, seconds = line.split()
        print(json.dumps(client.run(style, statement, int(in_flight), float(seconds))), flush=True)
    client.cluster.shutdown()


if __name__ == "__main__":
    main()

"""The load of the fault runner by cassandra-driver: rows are read and written, counters incremented, at a steady rate.

    python -c … ADDRESSES PORT RATE TIMEOUT SEED

Says `ready` once it has begun. A line on its standard input ends it; then it says `count GOOD ERRORS SERVERS_OWN`, of
what may be repeated: the reads and writes of rows.
"""

import logging
import random
import sys
import threading
import time

from cassandra import ConsistencyLevel, ReadTimeout, Unavailable, WriteTimeout
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.connection import DefaultEndPoint, DefaultEndPointFactory

ROWS, COUNTERS, MOST = 512, 64, 6000
TICK = 0.005
PATIENCE = 5.0


class ByProxy(DefaultEndPointFactory):
    """Nodes are reached at the port of the proxies, whichever port they say they have."""

    def create(self, row):
        return DefaultEndPoint(super().create(row).address, self.port)


class Load:
    def __init__(self, session, rate, seed):
        self.session, self.rate = session, rate
        self.read = session.prepare("SELECT id, version, body FROM faults.reference_rows WHERE id = ?")
        self.write = session.prepare("INSERT INTO faults.reference_rows (id, version, body) VALUES (?, ?, ?)")
        self.increment = session.prepare("UPDATE faults.reference_counters SET n = n + 1 WHERE id = ?")
        self.read.is_idempotent = self.write.is_idempotent = True
        self.chance = random.Random(seed)
        self.lock = threading.Lock()
        self.good = self.errors = self.servers_own = self.under_way = 0
        self.ended = threading.Event()

    def ended_well(self, _, counts):
        with self.lock:
            self.under_way -= 1
            self.good += counts

    def failed(self, error, counts):
        own = isinstance(error, (ReadTimeout, WriteTimeout, Unavailable))
        with self.lock:
            self.under_way -= 1
            self.servers_own += counts and own
            self.errors += counts and not own

    def begin(self, version):
        kind = self.chance.randrange(100)
        key = self.chance.randrange(ROWS if kind < 85 else COUNTERS)
        if kind < 50:
            statement, values = self.read, (key,)
        elif kind < 85:
            statement, values = self.write, (key, version, f"{key} {version}")
        else:
            statement, values = self.increment, (key,)
        counts = int(kind < 85)
        with self.lock:
            if self.under_way >= MOST:
                return
            self.under_way += 1
        try:
            future = self.session.execute_async(statement, values)
        except Exception as error:
            self.failed(error, counts)
        else:
            future.add_callbacks(self.ended_well, self.failed, callback_args=(counts,), errback_args=(counts,))

    def run(self):
        begun, asked = time.monotonic(), 0
        while not self.ended.wait(TICK):
            due = int((time.monotonic() - begun) * self.rate)
            asked = max(asked, due - self.rate)
            while asked < due:
                asked += 1
                self.begin(asked)
        until = time.monotonic() + PATIENCE
        while self.under_way and time.monotonic() < until:
            time.sleep(TICK)


def main():
    addresses, port, rate, timeout, seed = sys.argv[1:]
    logging.disable()
    profile = ExecutionProfile(consistency_level=ConsistencyLevel.LOCAL_QUORUM, request_timeout=float(timeout))
    cluster = Cluster(
        addresses.split(","),
        port=int(port),
        endpoint_factory=ByProxy(port=int(port)),
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
    )
    load = Load(cluster.connect(), int(rate), int(seed))
    running = threading.Thread(target=load.run)
    running.start()
    print("ready", flush=True)
    sys.stdin.readline()
    load.ended.set()
    running.join()
    print("count", load.good, load.errors, load.servers_own, flush=True)
    cluster.shutdown()


main()

"""What programs do around the driver: worker processes, threads, an asyncio program, sessions of their own, logging."""

import asyncio
import logging
import multiprocessing
import os
import threading

from cassandra.cluster import NoHostAvailable, Session

from tests.server.side_by_side.stage import KEYSPACE, attempt, cluster, connected, refused, show


class Pool:
    """As in the manual: each worker process has a session of its own."""

    session = None

    @classmethod
    def set_up(cls):
        cls.whole = cluster()
        cls.session = cls.whole.connect(KEYSPACE)
        cls.prepared = cls.session.prepare("SELECT v FROM t WHERE k = ?")


def work(number):
    return [row.v for row in Pool.session.execute(Pool.prepared, (number,))]


def main():
    with connected() as session:
        session.execute("CREATE TABLE t (k int PRIMARY KEY, v int)")
        for number in range(4):
            session.execute("INSERT INTO t (k, v) VALUES (%s, %s)", (number, number * number))
        with multiprocessing.get_context("spawn" if os.environ.get("SPAWN") else "fork").Pool(2, Pool.set_up) as pool:
            show("workers", pool.map(work, range(4)))
        found, threads = [], []
        for number in range(8):
            thread = threading.Thread(
                target=lambda number=number: found.append(
                    session.execute("SELECT v FROM t WHERE k = %s", [number % 4]).one().v
                )
            )
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()
        show("threads", sorted(found))

        async def program():
            loop = asyncio.get_running_loop()
            waiter = loop.create_future()
            future = session.execute_async("SELECT v FROM t WHERE k = 2")
            future.add_callbacks(
                lambda rows: loop.call_soon_threadsafe(waiter.set_result, rows),
                lambda error: loop.call_soon_threadsafe(waiter.set_exception, error),
            )
            return await waiter

        show("asyncio", asyncio.run(program()))

        class Mine(Session):
            def execute(self, query, *args, **kwargs):
                return [row._asdict() for row in super().execute(query, *args, **kwargs)]

        own = Mine(session.cluster, session.cluster.metadata.all_hosts(), KEYSPACE)
        show("a session of one's own", own.execute("SELECT v FROM t WHERE k = 3"))
        with session.cluster.connect(KEYSPACE) as second:
            show(
                "second",
                second.keyspace == KEYSPACE,
                second.execute("SELECT v FROM t WHERE k = 1").one(),
                second.is_shutdown,
            )
        show("closed", second.is_shutdown, session.is_shutdown)
    show("shut down", session.cluster.is_shutdown, session.is_shutdown)
    attempt("connect again", session.cluster.connect)
    session.cluster.shutdown()
    logging.getLogger("cassandra").setLevel(logging.CRITICAL)
    from cassandra.cluster import Cluster

    try:
        Cluster(["127.0.0.1"], port=1, connect_timeout=1).connect()
    except NoHostAvailable as error:
        show(
            "nobody there", error.args[0], list(error.errors), [type(cause).__name__ for cause in error.errors.values()]
        )
    refused("no such name", Cluster, ["no.such.name.invalid"])
    with cluster() as other:
        try:
            other.connect("nothing_there")
        except NoHostAvailable as error:
            show("no such keyspace", str(error))


if __name__ == "__main__":
    main()

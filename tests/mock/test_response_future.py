"""`ResponseFuture` on mock nodes: waiting, callbacks, awaiting."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import Any

import pytest
from cassandra import ConsistencyLevel, DriverException, InvalidRequest, OperationTimedOut
from cassandra.cluster import NoHostAvailable, ResponseFuture, ResultSet, Session

from tests.support.mock import MockCluster, error, query, rows, silence
from tests.support.statements import COLUMNS, INSERT, wait_until, with_profile


class TestFuture:
    def test_callback_is_told_the_rows(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SELECT"), rows(COLUMNS, [[1, "a"]], delay=0.05))
        told: list[Any] = []
        future = session.execute_async("SELECT 1")
        assert future.add_callback(lambda *args, **kwargs: told.append((args, kwargs)), 5, key=6) is future
        wait_until(lambda: told)
        (told_rows, five), keywords = told[0]
        assert (told_rows, five, keywords) == ([(1, "a")], 5, {"key": 6})
        future.result()
        time.sleep(0.05)
        assert len(told) == 1

    def test_late_callback_is_told_at_once(self, session: Session) -> None:
        future = session.execute_async("SELECT 1")
        future.result()
        threads: list[Any] = []
        future.add_callback(lambda rows: threads.append(threading.current_thread()))
        assert threads == [threading.current_thread()]

    def test_errback(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("FAIL"), error("invalid", "no way", way={"delay": 0.05}))
        told: list[Any] = []
        future = session.execute_async("FAIL")
        future.add_callbacks(told.append, told.append)
        with pytest.raises(InvalidRequest, match="no way"):
            future.result()
        wait_until(lambda: told)
        time.sleep(0.05)
        assert [type(outcome) for outcome in told] == [InvalidRequest]

    def test_exception_in_a_callback_is_logged_once(
        self, mock: MockCluster, session: Session, caplog: pytest.LogCaptureFixture
    ) -> None:
        """E7, E27 of docs/promises.md."""
        mock.on(query("SELECT"), rows(COLUMNS, [[1, "a"]], delay=0.05))
        failed: list[Any] = []

        def raises(rows: Any) -> None:
            raise ValueError("boom")

        future = session.execute_async("SELECT 1")
        with caplog.at_level(logging.ERROR, "cassandra.cluster"):
            future.add_callbacks(raises, failed.append)
            assert future.result().one() == (1, "a")
            wait_until(lambda: caplog.records)
            time.sleep(0.05)
        assert len(caplog.records) == 1
        assert failed == []

    def test_a_callback_may_run_statements(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("FIRST"), rows(COLUMNS, [[1, "a"]], delay=0.05))
        mock.on(query("SECOND"), rows(COLUMNS, [[2, "b"]]))
        told: list[Any] = []
        session.execute_async("FIRST").add_callback(lambda rows: told.append(session.execute("SECOND").one()))
        wait_until(lambda: told)
        assert told == [(2, "b")]

    def test_callbacks_that_a_listener_for_new_requests_puts_in(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("GOOD"), rows(COLUMNS, [[1, "a"]], delay=0.05))
        mock.on(query("BAD"), error("invalid", "no way"))
        told: list[Any] = []

        def on_request(future: ResponseFuture) -> None:
            assert future.request_encoded_size is None
            future.add_callbacks(
                lambda rows: told.append((rows, future.request_encoded_size)),
                lambda error: told.append((type(error), future.request_encoded_size)),
            )

        session.add_request_init_listener(on_request)
        session.use_client_timestamp = False
        session.default_fetch_size = None
        session.execute("GOOD")
        wait_until(lambda: told)
        with pytest.raises(InvalidRequest):
            session.execute("BAD")
        wait_until(lambda: len(told) == 2)
        # The header, the text with its length, the consistency level, and the flags of v5.
        assert told == [([(1, "a")], 9 + 4 + 4 + 2 + 4), (InvalidRequest, 9 + 4 + 3 + 2 + 4)]

    def test_the_size_of_a_request_with_values(self, mock: MockCluster, session: Session) -> None:
        insert = session.prepare(INSERT)
        sizes = []
        for text in ("", "12345"):
            future = session.execute_async(insert, (1, text))
            future.result()
            sizes.append(future.request_encoded_size)
        assert sizes[1] == sizes[0] + 5

    def test_patience_runs_out_and_the_request_goes_on(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SLOW"), rows(COLUMNS, [[1, "a"]], delay=1.0))
        future = session.execute_async("SLOW")
        with pytest.raises(OperationTimedOut) as caught:
            future.result(timeout=0.02)
        assert caught.value.errors
        assert caught.value.last_host in session.hosts
        assert future.result().one() == (1, "a")

    def test_time_of_the_request_runs_out(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SILENT"), silence())
        began = time.monotonic()
        with pytest.raises(OperationTimedOut) as caught:
            session.execute("SILENT", timeout=0.1)
        assert 0.09 <= time.monotonic() - began < 60
        assert caught.value.last_host in session.hosts
        assert session.execute("SELECT 1") is not None

    def test_facts_are_not_there_before_the_answer(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SLOW"), rows(COLUMNS, [[1, "a"]], delay=0.2, warnings=["careful"]))
        future = session.execute_async("SLOW")
        for name in ("warnings", "custom_payload"):
            with pytest.raises(DriverException, match=f"{name} cannot be retrieved before"):
                getattr(future, name)
        future.result()
        assert future.warnings == ["careful"]
        assert future.coordinator_host in session.hosts
        assert future.attempted_hosts == [future.coordinator_host]

    def test_what_fails_names_its_hosts(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("INVALID"), error("invalid", "no way"))
        future = session.execute_async("INVALID")
        with pytest.raises(InvalidRequest):
            future.result()
        assert future.coordinator_host in session.hosts
        assert future.attempted_hosts == [future.coordinator_host]
        mock.on(query("SELECT overloaded"), error("overloaded"))
        future = session.execute_async("SELECT overloaded")
        with pytest.raises(NoHostAvailable) as caught:
            future.result()
        assert set(future.attempted_hosts) == set(session.hosts) == set(caught.value.errors)
        assert future.coordinator_host == future.attempted_hosts[-1]

    def test_everyone_who_waits_is_told(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SLOW"), rows(COLUMNS, [[1, "a"]], delay=0.2))
        told: list[Any] = []
        blocked: list[Any] = []

        async def awaited(future: ResponseFuture) -> Any:
            return (await future).one()

        async def program() -> list[Any]:
            future = session.execute_async("SLOW")
            future.add_callback(lambda rows: told.append("before"))
            waiters = [asyncio.ensure_future(awaited(future)) for _ in range(2)]
            await asyncio.sleep(0)  # both wait now
            thread = threading.Thread(target=lambda: blocked.append(future.result().one()))
            thread.start()
            future.add_callback(lambda rows: told.append("after"))
            results = await asyncio.wait_for(asyncio.gather(*waiters), 60)
            await asyncio.to_thread(thread.join, 60)
            return results

        assert asyncio.run(program()) == [(1, "a")] * 2
        assert blocked == [(1, "a")]
        wait_until(lambda: len(told) == 2)
        assert told == ["before", "after"]

    def test_awaiting(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SLOW"), rows(COLUMNS, [[1, "a"]], delay=0.05))
        mock.on(query("FAIL"), error("invalid", "no way"))

        async def main() -> list[Any]:
            results = await asyncio.gather(*(gather(f"SLOW {number}") for number in range(20)))
            with pytest.raises(InvalidRequest):
                await session.execute_async("FAIL")
            return [result.one() for result in results]

        async def gather(text: str) -> ResultSet:
            return await session.execute_async(text)

        assert asyncio.run(main()) == [(1, "a")] * 20

    def test_a_dropped_future_is_still_run(self, mock: MockCluster, session: Session) -> None:
        for number in range(50):
            session.execute_async(f"INSERT dropped {number}")
        wait_until(lambda: mock.count(query("INSERT dropped")) == 50)

    def test_listeners_see_requests_before_they_are_sent(self, mock: MockCluster, session: Session) -> None:
        def listener(future: ResponseFuture, level: int) -> None:
            future.message.consistency_level = level

        session.add_request_init_listener(listener, ConsistencyLevel.ALL)
        session.execute("SELECT listened")
        session.remove_request_init_listener(listener, ConsistencyLevel.ALL)
        session.execute("SELECT listened")
        levels = [request["parameters"]["consistency"] for request in mock.received(query("SELECT listened"))]
        assert levels == ["ALL", "LOCAL_ONE"]
        with pytest.raises(ValueError):
            session.remove_request_init_listener(listener)

    def test_every_thread_gets_the_result(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SLOW"), rows(COLUMNS, [[1, "a"]], delay=0.1))
        future = session.execute_async("SLOW")
        got: list[Any] = []
        threads = [threading.Thread(target=lambda: got.append(future.result().one())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert got == [(1, "a")] * 8


def test_a_row_factory_may_ask_its_own_future_and_be_interrupted(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT v"), rows([("v", "int")], [[7]]))
    made: list[Any] = []

    def factory(names: Any, values: Any) -> Any:
        made.append(names)
        future.clear_callbacks()
        if len(made) == 1:
            raise KeyboardInterrupt
        return list(values)

    future = session.execute_async("SELECT v", execution_profile=with_profile(session, row_factory=factory))
    with pytest.raises(KeyboardInterrupt):
        future.result()
    assert future.result().one() == (7,)
    assert len(made) == 2

"""What the engine tells of itself comes in the loggers of `cassandra`, in the words that programs look for."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator

import pytest
from cassandra._cluster import engine_log
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable
from cassandra.query import BatchStatement

from tests.support.mock import MockCluster, binding
from tests.support.statements import COLUMNS, INSERT, profiles, wait_until

SECRET = "a-password-that-is-not-shown"


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(1, bindings=[binding(INSERT, COLUMNS, [0])]) as mock:
        yield mock


def texts(caplog: pytest.LogCaptureFixture, logger: str, level: int) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.name == logger and r.levelno == level]


def test_credentials_that_nobody_asks_for(mock: MockCluster, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "cassandra")
    provider = PlainTextAuthProvider("user", SECRET)
    with Cluster(mock.contact_points, port=mock.port, auth_provider=provider, execution_profiles=profiles()) as cluster:
        cluster.connect(wait_for_all_pools=True)

    def told(level: int, text: str) -> list[str]:
        return [found for found in texts(caplog, "cassandra.connection", level) if text in found]

    # The control connection and one for requests.
    wait_until(lambda: len(told(logging.WARNING, "An authentication challenge was not sent")) == 2)
    wait_until(lambda: len(told(logging.DEBUG, "Got ReadyMessage on new connection")) == 2)
    assert all(mock.contact_points[0] in text for text in told(logging.WARNING, ""))
    assert SECRET not in caplog.text


def test_statements_that_are_prepared_again(mock: MockCluster, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "cassandra")
    with Cluster(mock.contact_points, port=mock.port, execution_profiles=profiles()) as cluster:
        session = cluster.connect()
        insert = session.prepare(INSERT)

        def prepared_again() -> list[str]:
            return [text for text in texts(caplog, "cassandra.cluster", logging.DEBUG) if "Re-preparing" in text]

        session.execute(insert, (1, "a"))
        assert prepared_again() == []
        mock.nodes[0].forget_statements()
        session.execute(insert, (1, "a"))
        wait_until(lambda: len(prepared_again()) == 1)
        mock.nodes[0].forget_statements()
        batch = BatchStatement()
        batch.add(insert, (1, "a"))
        session.execute(batch)
        wait_until(lambda: len(prepared_again()) == 2)
        assert mock.contact_points[0] in prepared_again()[0]


def test_a_host_that_cannot_be_reached_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "cassandra")
    with Cluster(["127.0.50.99"], port=1, execution_profiles=profiles()) as cluster, pytest.raises(NoHostAvailable):
        cluster.connect()
    wait_until(lambda: [text for text in texts(caplog, "cassandra.cluster", logging.WARNING) if "50.99" in text])


def test_what_nobody_wants_is_not_made(mock: MockCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    levels: list[int] = []
    monkeypatch.setattr(engine_log, "least_log_level", levels.append)
    for wanted in (logging.DEBUG, logging.WARNING, logging.CRITICAL):
        logging.getLogger("cassandra").setLevel(wanted)
        engine_log.follow(mock, None)
    logging.getLogger("cassandra").setLevel(logging.NOTSET)
    # Who wants nothing below CRITICAL may set that later: warnings are few, and always come this far.
    assert levels == [logging.DEBUG, logging.WARNING, logging.WARNING]


class Living:
    """Stands for a cluster."""


class Telling:
    """Stands for a hub, of one thread."""

    def __init__(self, made: list[object]) -> None:
        self.made = made
        self.has_ended = False

    def told_in_order(self, listener: object, lost: object, most: int) -> object:
        assert (lost, most) == (engine_log.lost, engine_log.MOST)

        def tell(*args: object) -> bool:
            if not self.has_ended:
                self.made.append((listener, *args))
            return not self.has_ended

        return tell


@pytest.fixture
def makers(monkeypatch: pytest.MonkeyPatch) -> dict[int, object]:
    made: dict[int, object] = {}
    monkeypatch.setattr(engine_log, "makers", made)
    return made


RECORD = (logging.WARNING, "helenus::pool", "a text", "")


@pytest.mark.usefixtures("makers")
def test_a_hub_makes_the_records_where_there_is_one(caplog: pytest.LogCaptureFixture) -> None:
    made: list[object] = []
    hubs = Living(), Living()
    engine_log.follow(hubs[0], Telling(made))  # type: ignore[arg-type]
    # One without a hub takes nothing from it.
    engine_log.follow(hubs[1], None)
    engine_log.write(*RECORD)
    assert made == [(engine_log.record, *RECORD)]
    assert not caplog.records


@pytest.mark.parametrize("goes", ["is shut down", "is dropped"])
def test_the_hub_of_a_cluster_that_is_left_makes_the_records(makers: dict[int, object], goes: str) -> None:
    """The thread of the other may have ended, and its hub with it."""
    made: tuple[list[object], list[object]] = ([], [])
    stays, other = Living(), Living()
    engine_log.follow(stays, Telling(made[0]))  # type: ignore[arg-type]
    engine_log.follow(other, Telling(made[1]))  # type: ignore[arg-type]
    engine_log.write(*RECORD)
    if goes == "is shut down":
        engine_log.leave(id(other))
    else:
        del other
    engine_log.write(*RECORD)
    assert (len(made[0]), len(made[1])) == (1, 1)
    engine_log.leave(id(stays))
    engine_log.write(*RECORD)
    assert (len(made[0]), len(makers)) == (2, 1)


@pytest.mark.usefixtures("makers")
def test_the_hub_of_a_thread_that_has_ended_makes_no_records(caplog: pytest.LogCaptureFixture) -> None:
    """Though its cluster is still there."""
    made: tuple[list[object], list[object]] = ([], [])
    hubs = Telling(made[0]), Telling(made[1])
    clusters = Living(), Living()
    for cluster, hub in zip(clusters, hubs, strict=True):
        engine_log.follow(cluster, hub)  # type: ignore[arg-type]
    engine_log.write(*RECORD)
    hubs[1].has_ended = True
    engine_log.write(*RECORD)
    assert (len(made[0]), len(made[1])) == (1, 1)
    hubs[0].has_ended = True
    engine_log.write(*RECORD)
    # No thread of the engine makes one by itself: the locks are a hub's.
    assert not caplog.records


def test_each_part_has_its_logger(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "cassandra")
    engine_log.write(logging.WARNING, "helenus::pool", "%s of 5 %d", "host=a")
    engine_log.write(logging.INFO, "helenus::schema::read", "a text", "")
    engine_log.write(logging.ERROR, "helenus", "another", "")
    assert [(r.name, r.levelname, r.getMessage()) for r in caplog.records] == [
        ("cassandra.pool", "WARNING", "%s of 5 %d (host=a)"),
        ("cassandra.metadata", "INFO", "a text"),
        ("cassandra.cluster", "ERROR", "another"),
    ]


class Handler(logging.Handler):
    """Notes the numbers of hosts that are told of, once `gate` is open."""

    def __init__(self, gate: threading.Event) -> None:
        super().__init__(logging.DEBUG)
        self.gate = gate
        self.numbers: list[int] = []

    def emit(self, record: logging.LogRecord) -> None:
        if found := re.search(r"10\.0\.(\d+)\.(\d+)", record.getMessage()):
            self.gate.wait(20)
            self.numbers.append(int(found[1]) * 250 + int(found[2]))


@pytest.fixture
def handler() -> Iterator[Handler]:
    handler = Handler(threading.Event())
    logger = logging.getLogger("cassandra")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler
    handler.gate.set()
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_a_handler_that_blocks_holds_up_no_callback_and_records_keep_their_order(handler: Handler) -> None:
    with (
        MockCluster(1, bindings=[binding(INSERT, COLUMNS, [0])]) as mock,
        Cluster(mock.contact_points, port=mock.port, execution_profiles=profiles()) as cluster,
    ):
        session = cluster.connect(wait_for_all_pools=True)
        for number in range(300):
            mock.push_status_change("UP", f"10.0.{number // 250}.{number % 250}")
        told = threading.Event()
        session.execute_async("SELECT release_version FROM system.local").add_callback(lambda rows: told.set())
        assert told.wait(10)
        handler.gate.set()
        wait_until(lambda: len(handler.numbers) >= 300)
    assert handler.numbers == sorted(handler.numbers)


def test_records_that_were_not_made_are_counted_in_one(handler: Handler, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "cassandra")
    with (
        MockCluster(1, bindings=[binding(INSERT, COLUMNS, [0])]) as mock,
        Cluster(mock.contact_points, port=mock.port, execution_profiles=profiles()) as cluster,
    ):
        session = cluster.connect(wait_for_all_pools=True)
        for number in range(engine_log.MOST + 200):
            mock.push_status_change("UP", f"10.0.{number // 250}.{number % 250}")
        # The control connection's answers come after what was pushed on it.
        cluster.refresh_nodes()
        handler.gate.set()
        wait_until(lambda: handler.numbers)

        def told() -> list[str]:
            # It is said with the next record of whatever kind.
            mock.push_status_change("UP", "10.9.9.9")
            session.execute("SELECT release_version FROM system.local")
            return [text for text in texts(caplog, "cassandra.cluster", logging.WARNING) if "were not made" in text]

        wait_until(lambda: told() != [])
        assert len(told()) == 1
        count = int(told()[0].split()[0])
        # As many as there are, and those beside them that are of other things.
        assert 150 <= count <= 250, count

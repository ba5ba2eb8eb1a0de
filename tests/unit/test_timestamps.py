"""Timestamps of writes never repeat and never go back."""

import threading
from unittest.mock import patch

import pytest
from cassandra.timestamps import MonotonicTimestampGenerator


def generated(generator: MonotonicTimestampGenerator, *clock: float) -> list[int]:
    with patch("cassandra.timestamps.time") as time:
        time.time.side_effect = clock
        return [generator() for _ in clock]


def test_follows_the_clock_and_never_goes_back() -> None:
    generator = MonotonicTimestampGenerator(warn_on_drift=False)
    stamps = generated(generator, 15.0, 15.0, 15.0, 16.0000015, 10, 17, 17)
    assert stamps == [15000000, 15000001, 15000002, 16000001, 16000002, 17000000, 17000001]
    assert generator.last == 17000001


@pytest.mark.parametrize(
    ("threshold", "interval", "clock", "warnings"),
    [
        (1, 1, [100, 99.5], 0),
        (1, 1, [100, 98.5], 1),
        (1, 1, [100, 98.5, 98.6, 98.9], 1),
        (1, 0.2, [100, 98.5, 98.6, 98.9], 2),
        (0, 0, [100, 99.5, 99], 1),
        (5, 0, [100, 96, 96.5], 0),
    ],
)
def test_warns_when_the_clock_is_far_behind_and_not_too_often(
    threshold: float, interval: float, clock: list[float], warnings: int, caplog: pytest.LogCaptureFixture
) -> None:
    generated(MonotonicTimestampGenerator(True, threshold, interval), *clock)
    assert len(caplog.records) == warnings
    for record in caplog.records:
        assert record.name == "cassandra.timestamps"
        assert record.getMessage().startswith("Clock skew detected: current tick (")


def test_threads_never_share_a_timestamp() -> None:
    generator = MonotonicTimestampGenerator()
    stamps: list[list[int]] = [[] for _ in range(8)]

    def draw(into: list[int]) -> None:
        into.extend(generator() for _ in range(2000))

    threads = [threading.Thread(target=draw, args=(into,)) for into in stamps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(into == sorted(into) for into in stamps)
    assert len({stamp for into in stamps for stamp in into}) == 16000

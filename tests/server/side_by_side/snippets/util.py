"""`cassandra.util`: what values of CQL are in Python, and what can be done with them."""

import datetime
import uuid

from cassandra import util
from cassandra.util import Date, Duration, OrderedMap, SortedSet, Time, Version

from tests.server.side_by_side.stage import attempt, refused, show

a, b = SortedSet([3, 1, 2, 2]), SortedSet([2, 9])
show("set", a, str(a), len(a), a[0], a[-1], 2 in a, 7 in a, list(reversed(a)), a == {1, 2, 3}, a != b, a == [1, 2, 3])
show("operators", a | b, a & b, a - b, a ^ b)
show("methods", a.union(b, [7]), a.intersection([1]), a.difference([1]), a.symmetric_difference(b))
show("order", a < b, a <= a, a > SortedSet([1]), a.issubset([1, 2, 3]), a.issuperset([1]), a.isdisjoint([7]))
c = a.copy()
c.add(0)
c.remove(3)
c.update([8, 7])
show("changed", c, a, c.pop(), c, c[1:], type(c[1:]).__name__)
attempt("remove", c.remove, 99)
attempt("index", lambda: c[99])
show("of collections", SortedSet([[2], [1, 2], [1]]), SortedSet([{"b": 1}, {"a": 1}]))
c.clear()
show("cleared", c, bool(c))

m = OrderedMap([({"one": 1}, "a"), ({"two": 2}, "b")])
show("map", m, str(m), len(m), m[{"one": 1}], list(m), list(m.items()), list(m.values()), {"two": 2} in m)
refused("missing", lambda: m[{"three": 3}])
show(
    "get",
    m.get({"three": 3}),
    m.get({"three": 3}, 5),
    m == OrderedMap(m.items()),
    m == {},
    OrderedMap({"a": 1}) == {"a": 1},
)
show("popped", m.popitem(), m, bool(OrderedMap()))

for given in ("2020-02-29", 5, datetime.date(2000, 1, 1), datetime.datetime(2000, 1, 1, 5), -5, 10**7, -(10**7)):
    date = Date(given)
    show(f"date {given!r}", date, str(date), date.days_from_epoch, date.seconds)
    attempt("as a date", date.date)
show("dates", Date(1) < Date(2), Date(1) == Date(1), Date(1) == datetime.date(1970, 1, 2), sorted([Date(3), Date(1)]))
for given in ("12:34:56", "12:34:56.123456789", 0, 86399999999999, datetime.time(1, 2, 3, 4)):
    time = Time(given)
    show(
        f"time {given!r}",
        time,
        str(time),
        time.hour,
        time.minute,
        time.second,
        time.nanosecond,
        time.nanosecond_time,
        time.time(),
    )
show("times", Time(1) < Time(2), Time(1) == Time(1), Time(5) == 5, Time(datetime.time(1)) == datetime.time(1))
for kind, given in (
    (Date, "nonsense"),
    (Date, None),
    (Time, "nonsense"),
    (Time, "25:00:00"),
    (Time, 86400000000000),
    (Time, None),
):
    refused = None
    try:
        kind(given)
    except Exception as error:
        refused = type(error).__name__
    show(f"{kind.__name__} {given!r}", refused)
show(
    "durations",
    Duration(1, 2, 3),
    str(Duration(1, 2, 3)),
    Duration() == Duration(0, 0, 0),
    Duration(-1, -2, -3),
    Duration(1, 0, 0) == Duration(0, 30, 0),
)

moment = datetime.datetime(2020, 1, 2, 3, 4, 5, 678901)
low, high = util.min_uuid_from_time(1577934245.678901), util.max_uuid_from_time(1577934245.678901)
show("uuids", low, high, util.unix_time_from_uuid1(low), util.datetime_from_uuid1(low))
show(
    "moments",
    util.datetime_from_timestamp(-1.5),
    util.datetime_from_timestamp(253402300799),
    util.ms_timestamp_from_datetime(moment),
)
made = util.uuid_from_time(moment, node=5, clock_seq=6)
show("made", made, util.datetime_from_uuid1(made), made.version)
attempt("sequence", util.uuid_from_time, 1.0, 1, 2**14)
attempt("not version 1", util.unix_time_from_uuid1, uuid.UUID(int=5))
show(
    "versions",
    Version("5.0.6") > Version("4.1"),
    Version("5.0-beta1") < Version("5.0"),
    Version("3.11.4") == Version("3.11.4"),
    str(Version("5.0-rc1")),
)
for kind, given in (
    (util.Point, (1, 2)),
    (util.LineString, ([(1, 2), (3, 4)],)),
    (util.Polygon, ([(0, 0), (1, 0), (1, 1), (0, 0)],)),
    (util.Distance, (1, 2, 3)),
):
    value = kind(*given)
    show(kind.__name__, value, str(value), value == kind(*given))
show("from text", util.Point.from_wkt("POINT (1.0 2.0)"), util.LineString.from_wkt("LINESTRING (1.0 2.0, 3.0 4.0)"))

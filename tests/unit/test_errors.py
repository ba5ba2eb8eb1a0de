"""The exceptions: their tree, fields and text as programs written for cassandra-driver 3.30 know them."""

import copy
import pickle

import cassandra
import pytest
from cassandra import ConsistencyLevel, WriteType
from cassandra._errors.connection import ConnectionException, ProtocolVersionUnsupported
from cassandra._errors.server import CDCWriteException, ErrorMessage, SyntaxException, error_classes, server_error
from cassandra._errors.session import NoHostAvailable, PlanExhausted, QueryExhausted, UserTypeDoesNotExist

QUORUM = ConsistencyLevel.QUORUM
RESPONSES = {"consistency": QUORUM, "required_responses": 2, "received_responses": 1}

SAMPLES = [
    (
        cassandra.Unavailable("no", consistency=QUORUM, required_replicas=2, alive_replicas=1),
        "no info={'consistency': 'QUORUM', 'required_replicas': 2, 'alive_replicas': 1}",
    ),
    (
        cassandra.Unavailable("no"),
        "no info={'consistency': 'Not Set', 'required_replicas': None, 'alive_replicas': None}",
    ),
    (
        cassandra.Timeout("late", **RESPONSES, extra=3),
        "late info={'consistency': 'QUORUM', 'required_responses': 2, 'received_responses': 1, 'extra': 3}",
    ),
    (
        cassandra.ReadTimeout("late", data_retrieved=True, **RESPONSES),
        "late info={'consistency': 'QUORUM', 'required_responses': 2, 'received_responses': 1}",
    ),
    (
        cassandra.WriteTimeout("late", write_type=WriteType.COUNTER, **RESPONSES),
        "late info={'consistency': 'QUORUM', 'required_responses': 2, 'received_responses': 1, "
        "'write_type': 'COUNTER'}",
    ),
    (
        cassandra.ReadFailure("bad", data_retrieved=False, failures=1, error_code_map={"::1": 1}, **RESPONSES),
        "bad info={'consistency': 'QUORUM', 'required_responses': 2, 'received_responses': 1, 'failures': 1, "
        "'error_code_map': {'::1': '0x0001'}}",
    ),
    (
        cassandra.WriteFailure("bad", write_type=WriteType.SIMPLE, failures=1, **RESPONSES),
        "bad info={'consistency': 'QUORUM', 'required_responses': 2, 'received_responses': 1, 'failures': 1}",
    ),
    (
        cassandra.CASWriteUnknown("cas", **RESPONSES),
        "cas info={'consistency': 'QUORUM', 'required_responses': 2, 'received_responses': 1}",
    ),
    (cassandra.FunctionFailure("f failed", "ks", "f", ["int"]), "f failed"),
    (cassandra.AlreadyExists("ks", "t"), "Table 'ks.t' already exists"),
    (cassandra.AlreadyExists("ks", ""), "Keyspace 'ks' already exists"),
    (cassandra.InvalidRequest("x"), "x"),
    (cassandra.OperationTimedOut(), "errors=None, last_host=None"),
    (cassandra.OperationTimedOut({"a": "b"}, "h"), "errors={'a': 'b'}, last_host=h"),
    (cassandra.DependencyException("m"), "m"),
    (
        cassandra.DependencyException("m", [ValueError("a"), KeyError("b")]),
        "m\nThe following exceptions were observed: \n - a\n - 'b'",
    ),
    (NoHostAvailable("m", {1: 2}), "('m', {1: 2})"),
    (QueryExhausted("m"), "m"),
    (PlanExhausted("m", {1: 2}, "h"), "('m', {1: 2})"),
    (UserTypeDoesNotExist("one message"), "one message"),
    (ConnectionException("m", "e"), "m"),
    (ProtocolVersionUnsupported("1.2.3.4:9042", 5), "Unsupported protocol version on 1.2.3.4:9042: 5"),
    (server_error(0x2000, "line 1"), '<Error from server: code=2000 [Syntax error in CQL query] message="line 1">'),
    (server_error(0x1600, "full"), None),
]


@pytest.mark.parametrize(("error", "text"), SAMPLES, ids=lambda value: type(value).__name__)
def test_text_and_fields_survive_pickle_and_copy(error: Exception, text: str | None) -> None:
    if text is not None:
        assert str(error) == text
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert repr(vars(again)) == repr(vars(error))


@pytest.mark.parametrize(
    ("code", "info", "kind", "text"),
    [
        (
            0x1000,
            {"consistency": QUORUM, "required_replicas": 2, "alive_replicas": 1},
            cassandra.Unavailable,
            'Error from server: code=1000 [Unavailable exception] message="m" '
            "info={'consistency': 'QUORUM', 'required_replicas': 2, 'alive_replicas': 1}",
        ),
        (
            0x1100,
            {**RESPONSES, "write_type": WriteType.CAS},
            cassandra.WriteTimeout,
            "Error from server: code=1100 [Coordinator node timed out waiting for replica nodes' responses] "
            "message=\"m\" info={'consistency': 'QUORUM', 'required_responses': 2, 'received_responses': 1, "
            "'write_type': 'CAS'}",
        ),
        (0x1200, {**RESPONSES, "data_retrieved": False}, cassandra.ReadTimeout, None),
        (
            0x1300,
            {**RESPONSES, "failures": 1, "error_code_map": None, "data_retrieved": True},
            cassandra.ReadFailure,
            None,
        ),
        (0x1500, {**RESPONSES, "failures": 1, "error_code_map": {}, "write_type": 0}, cassandra.WriteFailure, None),
        (0x1400, {"keyspace": "k", "function": "f", "arg_types": ["int"]}, cassandra.FunctionFailure, None),
        (0x1600, None, cassandra.CDCWriteFailure, None),
        (0x1700, dict(RESPONSES), cassandra.CASWriteUnknown, None),
        (0x2100, None, cassandra.Unauthorized, 'Error from server: code=2100 [Unauthorized] message="m"'),
        (0x2200, None, cassandra.InvalidRequest, 'Error from server: code=2200 [Invalid query] message="m"'),
        (0x2400, {"keyspace": "k", "table": "t"}, cassandra.AlreadyExists, "Table 'k.t' already exists"),
        (0x2500, b"\x01", ErrorMessage, None),
        (0x9999, None, ErrorMessage, '<Error from server: code=9999 [Unknown] message="m">'),
    ],
)
def test_error_of_the_server_becomes_the_documented_exception(
    code: int, info: object, kind: type[Exception], text: str | None
) -> None:
    error = server_error(code, "m", info)
    assert isinstance(error, kind)
    if text is not None:
        assert str(error) == text


def test_every_code_of_the_specification_has_a_class() -> None:
    specified = {0x0000, 0x000A, 0x0100, 0x1000, 0x1001, 0x1002, 0x1003, 0x1100, 0x1200, 0x1300, 0x1400, 0x1500}
    specified |= {0x1600, 0x1700, 0x2000, 0x2100, 0x2200, 0x2300, 0x2400, 0x2500}
    assert specified <= set(error_classes)


def test_cdc_failure_is_caught_by_both_names() -> None:
    error = server_error(0x1600, "full")
    assert isinstance(error, CDCWriteException)
    assert isinstance(error, cassandra.CDCWriteFailure)
    assert error.code == 0x1600


def test_exhausted_plan_is_caught_as_no_host_available() -> None:
    error = PlanExhausted("Unable to complete", {"127.0.0.1": "refused"}, "127.0.0.1")
    assert isinstance(error, NoHostAvailable)
    assert isinstance(error, QueryExhausted)
    assert (error.errors, error.last_host) == ({"127.0.0.1": "refused"}, "127.0.0.1")


def test_query_exhausted_takes_both_forms() -> None:
    assert QueryExhausted("m").last_host is None
    assert QueryExhausted("m", "h").last_host == "h"
    assert QueryExhausted("m", last_host="h").args == ("m",)
    assert not isinstance(QueryExhausted("m"), NoHostAvailable)


def test_user_type_does_not_exist_takes_both_forms() -> None:
    error = UserTypeDoesNotExist("ks", "address")
    assert (error.keyspace, error.user_type) == ("ks", "address")
    assert "ks" in str(error)
    assert "address" in str(error)
    assert UserTypeDoesNotExist("m").user_type is None


def test_unknown_numbers_never_hide_the_error() -> None:
    assert "'consistency': '99'" in str(cassandra.Unavailable("m", consistency=99))
    assert "'write_type': 99" in str(cassandra.WriteTimeout("m", write_type=99))
    assert "'write_type': None" in str(cassandra.WriteTimeout("m"))


@pytest.mark.parametrize(
    ("kind", "bases"),
    [
        (cassandra.ReadTimeout, (cassandra.Timeout, cassandra.RequestExecutionException, cassandra.DriverException)),
        (cassandra.WriteFailure, (cassandra.CoordinationFailure, cassandra.RequestExecutionException)),
        (cassandra.AlreadyExists, (cassandra.ConfigurationException, cassandra.RequestValidationException)),
        (cassandra.OperationTimedOut, (cassandra.DriverException,)),
        (cassandra.Unauthorized, (cassandra.RequestValidationException, cassandra.DriverException)),
    ],
)
def test_tree(kind: type[Exception], bases: tuple[type[Exception], ...]) -> None:
    assert all(issubclass(kind, base) for base in bases)
    assert not issubclass(cassandra.DependencyException, cassandra.DriverException)
    assert not issubclass(SyntaxException, cassandra.DriverException)


def test_exceptions_report_their_public_module() -> None:
    assert cassandra.Unavailable.__module__ == "cassandra"
    assert NoHostAvailable.__module__ == "cassandra.cluster"
    assert SyntaxException.__module__ == "cassandra.protocol"

"""One session of the Python door, and what a step of the corpus does with it."""

from __future__ import annotations

import re
from collections import namedtuple
from typing import Any

import cassandra
from cassandra import ConsistencyLevel, protocol
from cassandra.cluster import Cluster, NoHostAvailable, Session
from cassandra.query import BatchStatement, BatchType, PreparedStatement, SimpleStatement

from tests.support import cql_schema
from tests.support.corpus import Case, File, Names, Step
from tests.support.cql_values import Kind, bound, expected, kind_of, read, without_frozen

ERRORS: dict[str, type[BaseException] | tuple[type[BaseException], ...]] = {
    "AlreadyExists": cassandra.AlreadyExists,
    "ConfigError": protocol.ConfigurationException,
    "Connect": NoHostAvailable,
    "FunctionFailure": cassandra.FunctionFailure,
    "Invalid": cassandra.InvalidRequest,
    "ProtocolError": protocol.ProtocolException,
    "Refused": (TypeError, ValueError),
    "ServerError": protocol.ServerError,
    "SyntaxError": protocol.SyntaxException,
    "TruncateError": protocol.TruncateError,
    "Unauthorized": cassandra.Unauthorized,
}
"""The exception that stands for each class of errors of the corpus."""

REPLICATION = "{'class': 'NetworkTopologyStrategy', 'datacenter1': 1}"


class Door:
    """What the cases of one protocol version run on. `connect` makes a cluster for a role."""

    def __init__(self, connect: Any, version: int) -> None:
        self.connect = connect
        self.version = version
        self.cluster: Cluster = connect(version, None)
        self.session = self._session(self.cluster)
        self.names = Names("", 0)
        self.set_up: str | None = None
        self.roles: dict[str, tuple[Cluster, Session]] = {}
        self.kept: dict[str, PreparedStatement] = {}
        self.classes: dict[Any, Any] = {}

    def _session(self, cluster: Cluster) -> Session:
        session = cluster.connect()
        session.encoder.mapping[tuple] = session.encoder.cql_encode_tuple
        return session

    def close(self) -> None:
        """Drops the keyspace of the last file and ends the session."""
        if self.set_up is not None:
            self.session.execute(f"DROP KEYSPACE {self.names.keyspace}")
        self.cluster.shutdown()

    def prepare(self, file: File) -> None:
        """Makes the file's keyspace and what its cases need, unless that was done."""
        if self.set_up == file.name:
            return
        if self.set_up is not None:
            self.session.execute(f"DROP KEYSPACE {self.names.keyspace}")
        self.set_up = file.name
        self.names = Names(f"cql_v{self.version}_{file.name}", self.names.number)
        self.classes.clear()
        self.session.execute(f"CREATE KEYSPACE {self.names.keyspace} WITH replication = {REPLICATION}")
        self.session.set_keyspace(self.names.keyspace)
        for statement in file.setup:
            self.session.execute(self.names.text(statement))

    def run(self, case: Case, mode: str) -> None:
        """Runs all steps of a case; AssertionError where one gives something else than it must."""
        self.names = Names(self.names.keyspace, self.names.number + 1)
        try:
            for number, raw in enumerate(case.steps, 1):
                try:
                    self.step(self.names.fill(raw), mode)
                except Exception as error:
                    raise AssertionError(f"step {number} ({mode}): {error!r}") from error
        finally:
            for cluster, _ in self.roles.values():
                cluster.shutdown()
            self.roles.clear()
            self.kept.clear()
            # Whatever the case has used, the next one begins where all begin.
            if self.session.keyspace != self.names.keyspace:
                self.session.set_keyspace(self.names.keyspace)

    def step(self, step: Step, mode: str) -> None:
        """Runs a step and holds what it gives against what it must."""
        if step.versions is not None and self.version not in step.versions:
            return
        if step.error is not None:
            self.refuse(step, mode)
        else:
            self.accept(step, *self.perform(step, mode))
        if step.keyspace is not None:
            assert self.session.keyspace == step.keyspace
        for part in step.schema:
            cql_schema.check(self.cluster, self.names.keyspace, part)

    def perform(self, step: Step, mode: str) -> Any:
        """The future and the result of a step's statement."""
        session = self.session_of(step)
        if step.batch is not None:
            statement, parameters = self.batch(session, step, mode), None
        else:
            statement, parameters = self.statement(session, step, mode)
        set_options(statement, step)
        future = session.execute_async(statement, parameters)
        self.last = future
        return future, future.result()

    def session_of(self, step: Step) -> Session:
        """The session of the step's role."""
        if step.role is None:
            return self.session
        if step.role not in self.roles:
            cluster = self.connect(self.version, step.role)
            try:
                self.roles[step.role] = cluster, self._session(cluster)
            except BaseException:
                cluster.shutdown()
                raise
        return self.roles[step.role][1]

    def statement(self, session: Session, step: Step, mode: str) -> tuple[Any, Any]:
        """A statement and its parameters."""
        if step.run is not None:
            return self.kept[step.run].bind(self.row(step.values, None)), None
        if step.keep is None and mode == "simple":
            text = step.cql.replace("%", "%%").replace("?", "%s") if step.values else step.cql
            return SimpleStatement(text), self.row(step.values, session) or None
        if mode == "markers" and step.values:
            return SimpleStatement(step.cql), self.row(step.values, None)
        prepared = session.prepare(step.cql)
        if step.keep is not None:
            self.kept[step.keep] = prepared
        self.check_markers(prepared, step.values, step.error is None)
        return prepared.bind(self.row(step.values, None)), None

    def check_markers(self, prepared: PreparedStatement, values: list[Any], is_good: bool) -> None:
        """What the server says of its markers is what the corpus says of them."""
        found = [type_text(column.type) for column in prepared.column_metadata]
        assert not is_good or found == [without_frozen(text) for text, _ in values]

    def batch(self, session: Session, step: Step, mode: str) -> BatchStatement:
        """A batch with its statements."""
        kind = {"logged": BatchType.LOGGED, "unlogged": BatchType.UNLOGGED, "counter": BatchType.COUNTER}
        batch = BatchStatement(kind[step.batch or ""])
        # A batch takes no text with markers of its own.
        mode = "prepared" if mode == "markers" else mode
        for entry in step.statements:
            one = Step(cql=entry["cql"], values=entry.get("values", []))
            statement, parameters = self.statement(session, one, mode)
            batch.add(statement, parameters)
        return batch

    def row(self, values: list[Any], session: Session | None) -> list[Any]:
        """The values as a program binds them; for a session, as one that has registered classes for its user types."""
        return [bound(self.kind(text), value, lambda k, f: self.make_udt(k, f, session)) for text, value in values]

    def make_udt(self, kind: Kind, fields: dict[str, Any], session: Session | None) -> Any:
        """A value of a user type. Its class is registered where it is to become a literal."""
        assert kind.fields is not None
        made = self.classes.get((kind.name, kind.fields))
        if made is None:
            made = self.classes[kind.name, kind.fields] = namedtuple(kind.name, kind.fields)  # type: ignore[misc]
        if session is not None and made not in session.encoder.mapping:
            self.cluster.register_user_type(self.names.keyspace, kind.name, made)
        return made(**fields)

    def kind(self, text: str) -> Kind:
        """The type that a text of the corpus names."""

        def user_types(name: str) -> Any:
            made = self.cluster.metadata.keyspaces[self.names.keyspace].user_types.get(name.strip('"'))
            return made and (tuple(made.field_names), tuple(made.field_types))

        return kind_of(text, user_types)

    def accept(self, step: Step, future: Any, result: Any) -> None:
        """Holds a result against what is expected of it."""
        assert future.is_schema_agreed
        if step.warning is not None:
            assert any(step.warning in warning for warning in future.warnings or ()), future.warnings
        if step.applied is not None:
            assert result.was_applied == step.applied
        if step.columns is not None:
            columns = zip(result.column_names, result.column_types, strict=True)
            found = [f"{name}: {type_text(kind)}" for name, kind in columns]
            assert found == [without_frozen(column) for column in step.columns]
        rows = list(result)
        if step.count is not None:
            assert len(rows) == step.count
        if step.rows is None:
            return
        assert step.columns is not None, "rows are given without their columns"
        kinds = [self.kind(column.partition(": ")[2]) for column in step.columns]
        got = [[read(kind, cell) for kind, cell in zip(kinds, row, strict=True)] for row in rows]
        due = [[expected(kind, cell) for kind, cell in zip(kinds, row, strict=True)] for row in step.rows]
        if step.any_order:
            got, due = sorted(got, key=repr), sorted(due, key=repr)
        assert got == due

    def refuse(self, step: Step, mode: str) -> None:
        """Expects an error, holds it against the one that is expected, and sees whether the session still answers."""
        assert step.error is not None
        self.last = None
        wanted, text = ERRORS[step.error["class"]], step.error.get("text", "")
        try:
            self.perform(step, mode)
        except Exception as error:
            assert isinstance(error, wanted), f"{error!r} is no {step.error['class']}"
            assert text in str(error), f"{error} does not say {text!r}"
            hidden = step.error.get("hides")
            assert hidden is None or hidden not in str(error), f"{error} shows {hidden!r}"
        else:
            raise AssertionError(f"it worked, {step.error} was expected")
        if self.last is not None:
            assert [host.address for host in self.last.attempted_hosts] == [self.cluster.contact_points[0]]
        self.session.execute("SELECT key FROM system.local")


def type_text(kind: Any) -> str:
    """The type as the corpus writes it. Two names are cassandra-driver's: vectors have that of their class in Java, and
    text is varchar."""
    text = re.sub(r"\bvarchar\b", "text", without_frozen(kind.cql_parameterized_type()))
    return text.replace("org.apache.cassandra.db.marshal.VectorType<", "vector<")


def set_options(statement: Any, step: Step) -> None:
    """What the step says of how its statement is to be run."""
    if step.page_size is not None:
        statement.fetch_size = step.page_size or None  # none: no pages
    if step.consistency is not None:
        statement.consistency_level = ConsistencyLevel.name_to_value[step.consistency]
    if step.serial is not None:
        statement.serial_consistency_level = ConsistencyLevel.name_to_value[step.serial]

"""`ResponseFuture`: one statement under way, page by page.

The engine runs it: the deadline, retries and hosts are decided there. This object is what a program waits on. Its rows
are decoded once per page, by whoever comes first: the thread that waits, or the one that calls the callbacks.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from cassandra._cluster.answer import Answer
from cassandra._cluster.options import timeout as checked_timeout
from cassandra._cluster.result_set import ResultSet
from cassandra._cql.consistency_level import ConsistencyLevel
from cassandra._errors.driver import DriverException, OperationTimedOut
from cassandra._errors.session import QueryExhausted
from cassandra._exported import exported_by
from cassandra._protocol.handler import ProtocolHandler
from cassandra._protocol.handler import checked as checked_handler
from cassandra._query.trace import QueryTrace

if TYPE_CHECKING:
    from uuid import UUID

    from cassandra._cluster.message import Message
    from cassandra._native import RequestCore

log = logging.getLogger("cassandra.cluster")


@exported_by("cassandra.cluster")
class ResponseFuture(Answer):
    """The outcome of `Session.execute_async`: wait for it with `result`, or have callbacks told.

    In a coroutine, `await future` gives what `result` gives. Dropping a future does not stop the request.
    """

    query: Any = None
    """The statement."""

    session: Any = None
    """The session that runs it."""

    message: Any = None
    """The request, with all its options."""

    prepared_statement: Any = None
    """The prepared statement, where it is one."""

    row_factory: Any = None
    """Makes the rows."""

    timeout: Any = None
    """Seconds for each page; None for any time."""

    is_schema_agreed = True
    """After a change of the schema: whether all nodes agreed on it in time."""

    query_plan: Any = ()

    _is_being_sent = False

    def __init__(
        self,
        session: Any,
        message: Message,
        query: Any,
        timeout: float | None,
        prepared_statement: Any = None,
        row_factory: Any = None,
        host: Any = None,
    ) -> None:
        self.session = session
        self.message = message
        self.query = query
        self.timeout = timeout
        self.prepared_statement = prepared_statement
        self.row_factory = session.row_factory if row_factory is None else row_factory
        self._lock = Lock()
        if message.tracing:
            self._is_traced = True

    def send_request(self, error_no_hosts: bool = True) -> None:
        """Begin. The session does so."""
        self.message.timeout = self.timeout
        if self.session.client_protocol_handler is not ProtocolHandler:
            checked_handler(self.session.client_protocol_handler)
        if self.session.cluster.metrics is not None:
            self._began = time.monotonic()
        self._request = self.message.send(self.session._core)
        # That was for this page.
        self.message.waits = False
        # A listener for new requests may have put callbacks in already.
        if (self._callbacks or self._errbacks) and not self._is_being_sent:
            self._listen(self._request)

    @property
    def request_encoded_size(self) -> int | None:
        """The bytes of the request, before it is compressed; None before it is sent."""
        return None if self._request is None else self._request.length()

    # Waiting

    def _answer_is_there(self) -> bool:
        return self._is_settled or (self._request is not None and self._request.done())

    def result(self, timeout: float | None = None) -> ResultSet:
        """The result, or its exception raised. Waits for it, and no longer than `timeout` seconds where it is given.

        When that time is over OperationTimedOut is raised and the request goes on: ask again later. The request's own
        time, given to `execute_async`, ends it.
        """
        if not self._is_settled:
            self._wait(timeout)
        if self._final_exception is not None:
            raise self._final_exception
        return ResultSet(self, self._final_result)

    def _wait(self, patience: float | None) -> None:
        if patience is not None:
            checked_timeout("timeout", patience)
        while not self._is_settled:
            if (request := self._under_way()) is not None:
                self._wait_for(request, patience)

    def _under_way(self) -> RequestCore | None:
        while (request := self._request) is None:
            if self._is_settled:
                # It could not be sent.
                return None
            if not self._is_being_sent:
                raise DriverException("the request has not been sent")
            # By another thread, which has asked for the next page.
            time.sleep(0)
        return request

    def _wait_for(self, request: RequestCore, patience: float | None) -> None:
        hub = self.session.cluster._hub
        if not (request.wait(patience) if hub is None else hub.wait(request, patience)):
            waiting = request.waiting_on()
            text = f"no answer within the {patience} seconds given to result(); the request goes on"
            errors = {host: f"{text}; {count} requests in flight on its connection" for host, count in waiting}
            last = self.session.cluster._registry.at_address(waiting[-1][0]) if waiting else None
            raise OperationTimedOut(errors, last)
        self._settle()

    def __await__(self) -> Generator[Any, None, ResultSet]:
        if not self._answer_is_there():
            loop = asyncio.get_running_loop()
            waiter: asyncio.Future[None] = loop.create_future()
            if (request := self._under_way()) is not None:
                request.on_done(lambda: wake(loop, waiter))
                yield from waiter
        return self.result()

    def __del__(self) -> None:
        # The engine gives a request up when nobody holds it any more. Here a request that nobody waits for is still
        # meant: what waits for its end holds it.
        request = self._request
        if request is None or self._is_settled or self._is_listening:
            return
        # In the child of a fork the request is the parent's: RuntimeError.
        with suppress(RuntimeError):
            if not request.done():
                request.on_done(request.done)

    # Callbacks

    def add_callback(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> ResponseFuture:
        """Have `fn(rows, *args, **kwargs)` called with the rows of each page, or None for a statement without rows.

        If the page is there already it is called at once. Otherwise it is called by a thread of its own, where it may
        block and run statements; an exception that it raises is logged, and changes nothing.
        """
        refuse_not_callable(fn)
        if self._answer_is_there():
            self._settle()
        with self._lock:
            self._callbacks = (*self._callbacks, (fn, args, kwargs))
            # Together: another thread may ask for the next page.
            request, is_late = self._request, self._is_settled
            told, failed = self._final_result, self._final_exception
        if not is_late:
            self._listen(request)
        elif failed is None:
            fn(told, *args, **kwargs)
        return self

    def add_errback(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> ResponseFuture:
        """Have `fn(exception, *args, **kwargs)` called if the request fails."""
        refuse_not_callable(fn)
        if self._answer_is_there():
            self._settle()
        with self._lock:
            self._errbacks = (*self._errbacks, (fn, args, kwargs))
            request, is_late, failed = self._request, self._is_settled, self._final_exception
        if not is_late:
            self._listen(request)
        elif failed is not None:
            fn(failed, *args, **kwargs)
        return self

    def add_callbacks(
        self,
        callback: Callable[..., Any] | None,
        errback: Callable[..., Any] | None,
        callback_args: Sequence[Any] = (),
        callback_kwargs: Mapping[str, Any] | None = None,
        errback_args: Sequence[Any] = (),
        errback_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        """Both at once. Either may be None, for nobody to be told."""
        if callback is not None:
            self.add_callback(callback, *callback_args, **(callback_kwargs or {}))
        if errback is not None:
            self.add_errback(errback, *errback_args, **(errback_kwargs or {}))

    def clear_callbacks(self) -> None:
        """Forget all callbacks and errbacks; they are not told of further pages."""
        with self._lock:
            self._callbacks = self._errbacks = ()

    def _listen(self, request: RequestCore | None) -> None:
        if request is None:
            # It is being sent, and whoever sends it listens.
            return
        if request is self._request:
            if self._is_listening:
                return
            self._is_listening = True
        # Else the next page was asked for meanwhile: those who are to hear of this one do.
        hub = self.session.cluster._hub
        call = partial(self._on_done, request)
        request.on_done(call if hub is None else hub.later(call))

    def _on_done(self, request: RequestCore) -> None:
        # One page after another: a callback may have asked for the next page, which may be here before it returns.
        with self._lock:
            self._ended = (*self._ended, request)
            if self._is_telling:
                return
            self._is_telling = True
        try:
            while (ended := self._next_ended()) is not None:
                self._tell(ended)
        except BaseException:
            self._is_telling = False
            raise

    def _next_ended(self) -> RequestCore | None:
        with self._lock:
            if not self._ended:
                self._is_telling = False
                return None
            ended, self._ended = self._ended[0], self._ended[1:]
            return ended

    def _tell(self, request: RequestCore) -> None:
        if self._request is request:
            # On a thread of the engine nobody would hear of a SystemExit, and who waits would wait for ever.
            self._settle(BaseException)
        with self._lock:
            mine = [entry for entry in self._to_tell if entry[0] is request]
            self._to_tell = tuple(entry for entry in self._to_tell if entry[0] is not request)
        for _, calls, told in mine:
            for fn, args, kwargs in calls:
                try:
                    fn(told, *args, **kwargs)
                except BaseException:
                    # SystemExit too: this is a thread of the engine, and the other callbacks are to be told.
                    log.exception("A callback of %s raised", self)

    # Pages

    @property
    def has_more_pages(self) -> bool:
        """Whether there are pages after this one."""
        return self._paging_state is not None

    def start_fetching_next_page(self) -> None:
        """Ask for the next page. `result` and the callbacks give it. QueryExhausted where there is none.

        While it is under way, whoever asks for it again gets the same one.
        """
        if self._answer_is_there():
            self._settle()
        with self._lock:
            if not self._paging_state:
                raise QueryExhausted("There are no more pages", self.coordinator_host)
            if not self._is_settled:
                return
            # It stays until an answer has been taken: a page that fails can be asked for again.
            self.message.paging_state = self._paging_state
            self._final_result = self._final_exception = self._taken = self._request = None
            self._is_settled = self._is_listening = False
            self._is_being_sent = True
        try:
            self.send_request()
        except BaseException as error:
            with self._lock:
                self._final_exception = error
                self._is_settled = True
            raise
        finally:
            self._is_being_sent = False
        if self._callbacks or self._errbacks:
            self._listen(self._request)

    # What is known beside the rows

    def _wait_for_facts(self, what: str) -> None:
        if not self._answer_is_there():
            raise DriverException(f"{what} cannot be retrieved before ResponseFuture is finalized")
        self._settle()

    @property
    def warnings(self) -> Sequence[str] | None:
        """The server's warnings, or None. DriverException before the answer is there."""
        self._wait_for_facts("warnings")
        return self._warnings

    @property
    def custom_payload(self) -> Mapping[str, bytes | None] | None:
        """What the server's query handler says, or None. DriverException before the answer is there."""
        self._wait_for_facts("custom_payload")
        return self._custom_payload

    @property
    def coordinator_host(self) -> Any:
        """The host that answered, or that is being waited for; None while there is none."""
        registry = self.session.cluster._registry
        if self._host is None and self._request is not None and not self._is_settled:
            waiting = self._request.waiting_on()
            return registry.at_address(waiting[-1][0]) if waiting else None
        found = registry.by_id.get(self._host)
        return self._host if found is None else found

    @property
    def _current_host(self) -> Any:
        return self.coordinator_host

    @property
    def attempted_hosts(self) -> list[Any]:
        """The hosts that were asked, as far as the outcome tells."""
        last = self.coordinator_host
        return list(dict.fromkeys([*self._tried, *(() if last is None else (last,))]))

    @property
    def _errors(self) -> Mapping[Any, Any]:
        return getattr(self._final_exception, "errors", None) or {}

    # Traces

    def get_query_trace_ids(self) -> list[UUID]:
        """The ids of the traces, one per page."""
        self._wait_for_facts("trace ids")
        return list(self._query_trace_ids)

    def get_query_trace(
        self, max_wait: float | None = None, query_cl: int = ConsistencyLevel.LOCAL_ONE
    ) -> QueryTrace | None:
        """The trace of the first page, read from the server; None where the request was not traced.

        `max_wait` is in seconds, the session's `max_trace_wait` by default. TraceUnavailable when the time is over.
        """
        if not self._is_settled:
            self._wait(None)
        return self._trace(0, max_wait, query_cl) if self._query_traces else None

    def get_all_query_traces(
        self, max_wait_per: float | None = None, query_cl: int = ConsistencyLevel.LOCAL_ONE
    ) -> list[QueryTrace]:
        """The traces of all pages that were fetched."""
        if not self._is_settled:
            self._wait(None)
        return [self._trace(index, max_wait_per, query_cl) for index in range(len(self._query_traces))]

    def _trace(self, index: int, max_wait: float | None, query_cl: int) -> QueryTrace:
        trace = self._query_traces[index]
        if not trace.events:
            trace.populate(self.session.max_trace_wait if max_wait is None else max_wait, query_cl=query_cl)
        return trace

    def __str__(self) -> str:
        outcome = "(no result yet)" if not self._is_settled else self._final_exception or self._final_result
        text = str(outcome)
        shown = f"{text[:100]}…" if len(text) > 100 else text
        return f"<ResponseFuture: query='{self.query}' host={self.coordinator_host} result={shown}>"

    __repr__ = __str__


def refuse_not_callable(fn: Any) -> None:
    """TypeError, while somebody is there to hear it."""
    if not callable(fn):
        raise TypeError(f"fn must be callable, not {type(fn).__name__}")


def wake(loop: asyncio.AbstractEventLoop, waiter: asyncio.Future[None]) -> None:
    """Have a coroutine go on, from another thread."""

    def go_on() -> None:
        if not waiter.done():
            waiter.set_result(None)

    try:
        loop.call_soon_threadsafe(go_on)
    except RuntimeError:
        # The loop was closed while the request was under way: nobody waits any more.
        log.debug("An event loop was closed before its request ended")

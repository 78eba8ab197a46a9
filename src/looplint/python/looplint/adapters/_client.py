"""Watches the requests of a client library, without changing what they send or return.

Knows the one method through which the OpenAI and Anthropic clients send every request, and their streams.
Does not know what is in a request: the watcher does.
"""

from __future__ import annotations

import inspect
import time
import warnings
from collections.abc import Iterator
from typing import Any, Callable, Protocol, TypeVar

from .._plain import text_of
from .._record import TraceRecorder, current_recorder
from .._run import LooplintWarning

Client = TypeVar("Client")


class Exchange(Protocol):
    """One request and its answer, as an adapter sees them."""

    def item(self, item: Any) -> None:
        """A part of a streamed answer came."""

    def done(self, answer: Any, error: BaseException | None, latency_ms: float) -> None:
        """The answer is there: whole, or None when it was streamed or failed."""


Begin = Callable[[TraceRecorder, str, Any], "Exchange | None"]
"""`(recorder, path, body)` of a request; None for requests that are no turn."""


def watch(client: Client, recorder: TraceRecorder | None, begin: Begin) -> Client:
    """Calls `begin` for every request of `client`, and of the clients that `with_options` makes of it."""
    # `Any`: the attributes are read from and set on this one client, not its class.
    patched: Any = client
    send: Any = getattr(client, "request", None)
    copy: Any = getattr(client, "with_options", None)
    if not callable(send) or not callable(copy):
        raise TypeError(f"{type(client).__name__} is no client of the expected library: it has no `request` method")

    def started(options: Any) -> _Timed | None:
        chosen = recorder or current_recorder()
        if chosen is None or str(getattr(options, "method", "")).lower() != "post":
            return None
        body = getattr(options, "json_data", None)
        if not isinstance(body, dict):
            return None
        try:
            exchange = begin(chosen, str(getattr(options, "url", "")), body)
        except Exception as error:  # noqa: BLE001 - a request that we cannot read must still be sent
            _left_out("a request", error)
            return None
        return None if exchange is None else _Timed(exchange)

    def sync_request(cast_to: Any, options: Any, **rest: Any) -> Any:
        timed = started(options)
        if timed is None:
            return send(cast_to, options, **rest)
        try:
            answer = send(cast_to, options, **rest)
        except BaseException as error:
            timed.done(None, error)
            raise
        return _answered(answer, timed)

    async def async_request(cast_to: Any, options: Any, **rest: Any) -> Any:
        timed = started(options)
        if timed is None:
            return await send(cast_to, options, **rest)
        try:
            answer = await send(cast_to, options, **rest)
        except BaseException as error:
            timed.done(None, error)
            raise
        return _answered(answer, timed)

    def watched_copy(*args: Any, **options: Any) -> Any:
        return watch(copy(*args, **options), recorder, begin)

    patched.request = async_request if inspect.iscoroutinefunction(send) else sync_request
    patched.copy = patched.with_options = watched_copy
    return client


class _Timed:
    """An exchange and when it began; ends once."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._started = time.perf_counter()
        self._ended = False

    def item(self, item: Any) -> None:
        try:
            self._exchange.item(item)
        except Exception as failure:  # noqa: BLE001 - an answer that we cannot read must still reach the program
            _left_out("a part of an answer", failure)

    def done(self, answer: Any, error: BaseException | None) -> None:
        if self._ended:
            return
        self._ended = True
        try:
            self._exchange.done(answer, error, (time.perf_counter() - self._started) * 1000.0)
        except Exception as failure:  # noqa: BLE001 - as above
            _left_out("an answer", failure)


def _left_out(what: str, error: Exception) -> None:
    warnings.warn(f"{what} is not in the trace: {text_of(error)}", LooplintWarning, stacklevel=3)


def _answered(answer: Any, timed: _Timed) -> Any:
    if hasattr(answer, "_iterator") and hasattr(answer, "response"):
        _watch_stream(answer, timed)
    elif hasattr(answer, "http_response") and callable(getattr(answer, "parse", None)):
        _watch_raw(answer, timed)
    else:
        timed.done(answer, None)
    return answer


def _watch_stream(stream: Any, timed: _Timed) -> None:
    inner = stream._iterator
    if isinstance(inner, (_Items, _AsyncItems)):
        # A raw answer parsed twice gives the same stream twice.
        return
    stream._iterator = _AsyncItems(inner, timed) if hasattr(inner, "__anext__") else _Items(inner, timed)
    close = getattr(stream, "close", None)
    if not callable(close):
        return
    if inspect.iscoroutinefunction(close):

        async def async_close() -> Any:
            timed.done(None, None)
            return await close()

        stream.close = async_close
    else:

        def sync_close() -> Any:
            timed.done(None, None)
            return close()

        stream.close = sync_close


class _Items:
    """A stream's iterator, looked at in passing."""

    def __init__(self, inner: Iterator[Any], timed: _Timed) -> None:
        self._inner = inner
        self._timed = timed

    def __iter__(self) -> _Items:
        return self

    def __next__(self) -> Any:
        try:
            item = next(self._inner)
        except StopIteration:
            self._timed.done(None, None)
            raise
        except BaseException as error:
            self._timed.done(None, error)
            raise
        self._timed.item(item)
        return item

    def __del__(self) -> None:
        self._timed.done(None, None)


class _AsyncItems:
    """An asynchronous stream's iterator, looked at in passing."""

    def __init__(self, inner: Any, timed: _Timed) -> None:
        self._inner = inner
        self._timed = timed

    def __aiter__(self) -> _AsyncItems:
        return self

    async def __anext__(self) -> Any:
        try:
            item = await self._inner.__anext__()
        except StopAsyncIteration:
            self._timed.done(None, None)
            raise
        except BaseException as error:
            self._timed.done(None, error)
            raise
        self._timed.item(item)
        return item

    async def aclose(self) -> None:
        self._timed.done(None, None)
        await self._inner.aclose()

    def __del__(self) -> None:
        self._timed.done(None, None)


def _watch_raw(response: Any, timed: _Timed) -> None:
    """A raw response: the body is read by `parse`, by whoever asked for it raw, so the record waits for that."""
    parse = response.parse

    def watched(answer: Any) -> Any:
        return _answered(answer, timed)

    if inspect.iscoroutinefunction(parse):

        async def async_parse(*args: Any, **options: Any) -> Any:
            return watched(await parse(*args, **options))

        replacement: Callable[..., Any] = async_parse
    else:

        def sync_parse(*args: Any, **options: Any) -> Any:
            return watched(parse(*args, **options))

        replacement = sync_parse
    try:
        response.parse = replacement
    except AttributeError:
        warnings.warn("an answer that was asked for raw is not in the trace", LooplintWarning, stacklevel=4)

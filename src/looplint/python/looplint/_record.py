"""Records an agent's run, turn by turn, into one trace file in looplint's native form.

Knows turns, tool calls and the file. Does not know any client library or framework: those are in `looplint.adapters`.
"""

from __future__ import annotations

import contextlib
import contextvars
import datetime
import functools
import inspect
import json
import os
import re
import threading
import time
import uuid
import warnings
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, TypeVar, overload

from ._plain import plain
from ._redact import Redact, redacted
from ._run import LooplintWarning

Tool = TypeVar("Tool", bound=Callable[..., Any])
Self = TypeVar("Self", bound="TraceRecorder")

_current: contextvars.ContextVar[TraceRecorder | None] = contextvars.ContextVar("looplint_recorder", default=None)


def current_recorder() -> TraceRecorder | None:
    """The recorder whose `with` block this code runs in, in this task or thread; None outside of one."""
    return _current.get()


@dataclass(eq=False)
class _Call:
    """A tool call that a model asked for."""

    name: str
    arguments: Any
    agent_name: str | None
    listed: bool
    """Whether the turn that asked for it is in the trace."""
    claimed: bool = False
    done: bool = False


class TraceRecorder:
    """Records one run; use it as a context manager, also with `async with`.

    On leaving the block, also by an exception, `trace_<id>_<timestamp>.json` appears in `output_dir`,
    whole or not at all.
    Every method may be called from any thread and any task.

    `redact` is called as `redact(where, text)` for every text before it is kept; what it returns is kept.
    `looplint.redact_secrets` is such a hook.
    """

    def __init__(
        self,
        goal: str,
        output_dir: str | os.PathLike[str] = "traces",
        *,
        trace_id: str | None = None,
        agent_name: str | None = None,
        redact: Redact | None = None,
    ) -> None:
        self.trace_id = trace_id or uuid.uuid4().hex
        self.goal = goal
        self.output_dir = Path(output_dir)
        self.agent_name = agent_name
        self.path: Path | None = None
        """Where the trace was written; None before."""
        self._redact = redact
        self._lock = threading.RLock()
        self._turns: list[dict[str, Any]] = []
        self._calls: dict[str, _Call] = {}
        self._tools: list[Any] = []
        self._final_result: Any = None
        self._is_successful: bool | None = None
        self._started = datetime.datetime.now(datetime.timezone.utc)
        self._token: contextvars.Token[TraceRecorder | None] | None = None
        self._closed = False
        self._failure: BaseException | None = None

    # What a run says.

    def add_turn(
        self,
        role: str,
        content: Any = None,
        tool_name: str | None = None,
        tool_input: Any = None,
        tool_output: Any = None,
        latency_ms: float | None = None,
        *,
        agent_name: str | None = None,
        error: Any = None,
        finish_reason: str | None = None,
        tokens_in: int | None = None,
        tokens_out: int | None = None,
    ) -> int:
        """Adds a turn and returns its number, from 1.

        `role` is `user`, `assistant`, `tool` or `system`. A call and its result are one turn.
        What is not given is absent, not false: rules that need it stay silent.
        Raises RuntimeError once the trace is written.
        """
        turn = self._turn(role, content, agent_name, tool_name, tool_input, tool_output, error, latency_ms)
        turn.update(_known(finish_reason=finish_reason, tokens_in=tokens_in, tokens_out=tokens_out))
        with self._lock:
            if self._closed:
                raise RuntimeError("the trace is written; a turn came too late for it")
            return self._append(turn)

    def set_final_result(self, text: Any, is_successful: bool | None = None) -> None:
        """Says what the run answered, and whether that was right, where that is known."""
        with self._lock:
            self._final_result = plain(text, "final_result", self._redact)
            if is_successful is not None:
                self._is_successful = bool(is_successful)

    @overload
    def tool(self, function: Tool, *, name: str | None = None, agent_name: str | None = None) -> Tool: ...

    @overload
    def tool(
        self, function: None = None, *, name: str | None = None, agent_name: str | None = None
    ) -> Callable[[Tool], Tool]: ...

    def tool(self, function: Any = None, *, name: str | None = None, agent_name: str | None = None) -> Any:
        """Decorates a function or coroutine function: each call becomes a turn with input, output or error, and time.

        As `@recorder.tool` or `@recorder.tool(name="search")`.
        """
        if function is None:
            return lambda later: _recorded(later, lambda: self, name, agent_name)
        return _recorded(function, lambda: self, name, agent_name)

    def declare_tools(self, tools: Iterable[Any]) -> None:
        """Says which tools the agent has, as it was told: names, or what was sent to the model, with a schema.

        Calls can then be compared with the schema. Said twice, a tool is kept once.
        """
        with self._lock:
            for tool in tools:
                known = plain(tool, "tools", self._redact)
                if known not in self._tools:
                    self._tools.append(known)

    # What adapters say.

    def message(
        self,
        role: str,
        content: Any,
        *,
        agent_name: str | None = None,
        calls: Sequence[tuple[str, str, Any]] = (),
        latency_ms: float | None = None,
        finish_reason: str | None = None,
        tokens_in: int | None = None,
        tokens_out: int | None = None,
    ) -> None:
        """Adds a turn with the tool calls that it asks for, each as id, name and arguments.

        Once the trace is written it warns: what comes late must not stop the program.
        """
        turn = self._turn(role, content, agent_name, None, None, None, None, latency_ms)
        if calls:
            turn["tool_calls"] = [
                {"id": call_id, "name": name, "arguments": plain(arguments, "tool_input", self._redact)}
                for call_id, name, arguments in calls
            ]
        turn.update(_known(finish_reason=finish_reason, tokens_in=tokens_in, tokens_out=tokens_out))
        with self._lock:
            # Some providers count calls anew in every answer: an id is of the newest call.
            for call_id, name, arguments in calls:
                self._calls[call_id] = _Call(name, arguments, agent_name, listed=True)
            self._add(turn)

    def notice(self, error: Any, *, agent_name: str | None = None, latency_ms: float | None = None) -> None:
        """Adds a turn for an error that is no tool's: a provider that refused, a limit that was reached."""
        turn = self._turn("system", error, agent_name, None, None, None, error, latency_ms)
        turn["kind"] = "notice"
        self._add(turn)

    def call_requested(self, call_id: str, name: str, arguments: Any, agent_name: str | None = None) -> None:
        """Says what a tool call is, where no recorded turn asked for it."""
        with self._lock:
            self._calls.setdefault(call_id, _Call(name, arguments, agent_name, listed=False))

    def call_answered(
        self,
        call_id: str,
        output: Any = None,
        error: Any = None,
        latency_ms: float | None = None,
        name: str | None = None,
    ) -> None:
        """Says what a tool call gave. A call that a decorated tool has recorded already is not recorded twice."""
        with self._lock:
            call = self._calls.setdefault(call_id, _Call(name or "unknown", None, None, listed=False))
            if call.claimed or call.done:
                return
            call.done = True
        turn = self._turn("tool", None, call.agent_name, call.name, call.arguments, output, error, latency_ms)
        if call.listed:
            turn["tool_call_id"] = call_id
        self._add(turn)

    def claim(self, name: str, arguments: Any, call_id: str | None = None) -> str | None:
        """Says that a tool starts to run; the id of the call that it answers, where a recorded turn asked for it.

        The turn follows by `tool_ran`; `call_answered` for that id then adds nothing.
        """
        with self._lock:
            waiting = [
                (id_, call)
                for id_, call in self._calls.items()
                if not call.claimed and not call.done and call.name == name and call_id in (None, id_)
            ]
            if not waiting:
                return None
            wanted = _canonical(arguments)
            same = [(id_, call) for id_, call in waiting if _canonical(call.arguments) == wanted]
            id_, call = (same or waiting)[0]
            call.claimed = True
            return id_ if call.listed else None

    def tool_ran(
        self,
        name: str,
        arguments: Any,
        output: Any = None,
        error: Any = None,
        latency_ms: float | None = None,
        agent_name: str | None = None,
        call_id: str | None = None,
    ) -> None:
        """Adds the turn of a tool call; `call_id` is what `claim` returned."""
        turn = self._turn("tool", None, agent_name, name, arguments, output, error, latency_ms)
        turn.update(_known(tool_call_id=call_id))
        self._add(turn)

    def failed(self, error: BaseException) -> None:
        """Says that the run itself failed.

        A turn with the error, once for one exception, and no success unless it was said.
        """
        with self._lock:
            if self._closed or self._failure is error:
                return
            self._failure = error
            self.notice(error)
            if self._is_successful is None:
                self._is_successful = False

    # The file.

    def trace(self) -> dict[str, Any]:
        """The trace as it stands, as plain data."""
        with self._lock:
            return {
                "trace_id": self.trace_id,
                "original_goal": redacted(self._redact, "original_goal", str(plain(self.goal, "original_goal"))),
                "final_result": self._final_result,
                "is_successful": self._is_successful,
                **({"tools": list(self._tools)} if self._tools else {}),
                "turns": [dict(turn) for turn in self._turns],
            }

    def save(self) -> Path:
        """Writes the trace as it stands and returns its path. Called again, it replaces the file."""
        with self._lock:
            text = json.dumps(self.trace(), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
            path = self.output_dir / self._file_name()
            _write_whole(path, text)
            self.path = path
            return path

    def _file_name(self) -> str:
        safe_id = re.sub(r"[^A-Za-z0-9._-]+", "-", self.trace_id)[:100] or "run"
        return f"trace_{safe_id}_{self._started.strftime('%Y%m%dT%H%M%S%fZ')}.json"

    # The context.

    def __enter__(self: Self) -> Self:
        if self._token is not None or self._closed:
            raise RuntimeError("a recorder records one run: make another for another")
        self._token = _current.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()
        with self._lock:
            if error is not None:
                self.failed(error)
            self._failure = None
            self._closed = True
        try:
            self.save()
        except (OSError, ValueError) as failure:
            if error is None:
                raise
            # The body's own exception says more than ours.
            warnings.warn(f"the trace could not be written: {failure}", LooplintWarning, stacklevel=2)

    async def __aenter__(self: Self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def _leave(self) -> None:
        token, self._token = self._token, None
        if token is None:
            return
        try:
            _current.reset(token)
        except ValueError:
            # Entered in another context, as asynchronous generators and test fixtures do.
            _current.set(None)

    def _add(self, turn: dict[str, Any]) -> None:
        with self._lock:
            if not self._closed:
                self._append(turn)
                return
        what = turn["tool_name"] or turn["role"]
        warnings.warn(f"a turn ({what}) came after the trace was written", LooplintWarning, stacklevel=4)

    def _append(self, turn: dict[str, Any]) -> int:
        turn["turn_number"] = len(self._turns) + 1
        self._turns.append(turn)
        return len(self._turns)

    def _turn(
        self,
        role: str,
        content: Any,
        agent_name: str | None,
        tool_name: str | None,
        tool_input: Any,
        tool_output: Any,
        error: Any,
        latency_ms: float | None,
    ) -> dict[str, Any]:
        if agent_name is None and role not in ("user", "system"):
            agent_name = self.agent_name
        return {
            "turn_number": 0,
            "role": role,
            "content": plain(content, "content", self._redact),
            "agent_name": agent_name,
            "tool_name": tool_name,
            "tool_input": plain(tool_input, "tool_input", self._redact),
            "tool_output": plain(tool_output, "tool_output", self._redact),
            "error": plain(error, "error", self._redact),
            "latency_ms": None if latency_ms is None else round(float(latency_ms), 3),
        }


@overload
def tool(function: Tool, *, name: str | None = None, agent_name: str | None = None) -> Tool: ...


@overload
def tool(
    function: None = None, *, name: str | None = None, agent_name: str | None = None
) -> Callable[[Tool], Tool]: ...


def tool(function: Any = None, *, name: str | None = None, agent_name: str | None = None) -> Any:
    """Decorates a tool as `TraceRecorder.tool` does, for the recorder of the `with` block that the call runs in.

    For tools that are defined before there is a run. Outside of a block the tool just runs.
    """
    if function is None:
        return lambda later: _recorded(later, current_recorder, name, agent_name)
    return _recorded(function, current_recorder, name, agent_name)


def _recorded(
    function: Callable[..., Any],
    recorder_of: Callable[[], TraceRecorder | None],
    name: str | None,
    agent_name: str | None,
) -> Callable[..., Any]:
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError("a tool must return its result: a generator has none to record")
    tool_name = name or str(getattr(function, "__name__", type(function).__name__))
    signature = _signature(function)

    def start(args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Running | None:
        recorder = recorder_of()
        if recorder is None:
            return None
        return _Running(recorder, tool_name, _arguments(signature, args, kwargs), agent_name)

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def run_async(*args: Any, **kwargs: Any) -> Any:
            running = start(args, kwargs)
            return await _awaited(function(*args, **kwargs), running)

        return run_async

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        running = start(args, kwargs)
        if running is None:
            return function(*args, **kwargs)
        try:
            output = function(*args, **kwargs)
        except BaseException as error:
            running.failed(error)
            raise
        if inspect.isawaitable(output):
            return _awaited(output, running)
        running.returned(output)
        return output

    return run


async def _awaited(awaitable: Awaitable[Any], running: _Running | None) -> Any:
    if running is None:
        return await awaitable
    try:
        output = await awaitable
    except BaseException as error:
        running.failed(error)
        raise
    running.returned(output)
    return output


class _Running:
    """A decorated tool between its start and its end."""

    def __init__(self, recorder: TraceRecorder, name: str, arguments: Any, agent_name: str | None) -> None:
        self._recorder = recorder
        self._name = name
        # Copied now: the tool may change what it was given.
        self._arguments = plain(arguments, "tool_input")
        self._agent_name = agent_name
        self._call_id = recorder.claim(name, self._arguments)
        self._started = time.perf_counter()

    def returned(self, output: Any) -> None:
        self._end(output, None)

    def failed(self, error: BaseException) -> None:
        self._end(None, error)

    def _end(self, output: Any, error: BaseException | None) -> None:
        latency_ms = (time.perf_counter() - self._started) * 1000.0
        self._recorder.tool_ran(self._name, self._arguments, output, error, latency_ms, self._agent_name, self._call_id)


def _known(**values: Any) -> dict[str, Any]:
    """What is known beyond the fields that every turn has."""
    return {name: value for name, value in values.items() if value is not None}


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def _arguments(signature: inspect.Signature | None, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if signature is None:
        return {"args": list(args), **kwargs} if args else dict(kwargs)
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError:
        # The call itself will say what is wrong with it.
        return {"args": list(args), **kwargs} if args else dict(kwargs)
    named: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            named.update(value)
        elif name not in ("self", "cls"):
            named[name] = value
    return named


def _canonical(arguments: Any) -> str:
    """The same text for the same arguments, also where a model wrote them as JSON in a text."""
    if isinstance(arguments, str):
        with contextlib.suppress(ValueError):
            arguments = json.loads(arguments)
    return json.dumps(plain(arguments, ""), sort_keys=True)


def _write_whole(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with open(unfinished, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(unfinished)

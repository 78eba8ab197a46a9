"""Messages as chat interfaces send and return them, brought into one shape and recorded once each.

Knows that a client sends the whole conversation with every request. Does not know any library or transport.
"""

from __future__ import annotations

import json
import threading
import weakref
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._record import TraceRecorder


@dataclass
class Call:
    """A tool call in a message."""

    id: str
    name: str
    arguments: Any


@dataclass
class Result:
    """A tool's answer in a message. `name` where the message says it."""

    id: str
    output: Any
    error: Any = None
    name: str | None = None


@dataclass
class Message:
    """One message: a text, the calls that it asks for and the results that it brings."""

    role: str
    text: str = ""
    calls: list[Call] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    error: str | None = None
    """Why there is no more of it: a failed request. What was said before that stands in the other fields."""
    finish: str | None = None
    """Why the model stopped, in its provider's words."""
    tokens_in: int | None = None
    tokens_out: int | None = None

    def key(self) -> str:
        """The same for the same message, whether it was returned by a request or sent with a later one."""
        said = [self.role, self.text, [call.id for call in self.calls], [result.id for result in self.results]]
        return json.dumps(said, sort_keys=True, default=str)


class Conversations:
    """What has been recorded already, by recorder."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recorded: weakref.WeakKeyDictionary[TraceRecorder, Counter[str]] = weakref.WeakKeyDictionary()

    def sent(self, recorder: TraceRecorder, messages: list[Message], agent_name: str | None) -> None:
        """Records the messages of a request that no earlier request or answer had.

        Counting, not comparing prefixes: conversations are shortened, forked and interleaved.
        A message counts as new when the request has it more often than it was recorded.
        """
        new: list[Message] = []
        with self._lock:
            recorded = self._recorded.setdefault(recorder, Counter())
            here: Counter[str] = Counter()
            for message in messages:
                key = message.key()
                here[key] += 1
                if here[key] > recorded[key]:
                    recorded[key] = here[key]
                    new.append(message)
        for message in new:
            add(recorder, message, agent_name, None)

    def answered(
        self, recorder: TraceRecorder, message: Message, agent_name: str | None, latency_ms: float | None
    ) -> None:
        """Records what a model answered."""
        with self._lock:
            self._recorded.setdefault(recorder, Counter())[message.key()] += 1
        add(recorder, message, agent_name, latency_ms)


def add(recorder: TraceRecorder, message: Message, agent_name: str | None, latency_ms: float | None) -> None:
    """Records one message as turns: what it says and asks for, then the results that it brings."""
    name = agent_name if message.role == "assistant" else None
    only_results = bool(message.results) and not message.calls
    if only_results:
        # Results come before what is said about them.
        _results(recorder, message)
    says = message.text or message.calls or not (message.results or message.error)
    if says:
        recorder.message(
            message.role,
            message.text,
            agent_name=name,
            calls=[(call.id, call.name, call.arguments) for call in message.calls],
            latency_ms=latency_ms,
            finish_reason=message.finish,
            tokens_in=message.tokens_in,
            tokens_out=message.tokens_out,
        )
    if not only_results:
        _results(recorder, message)
    if message.error:
        recorder.notice(message.error, agent_name=name, latency_ms=None if says else latency_ms)


def _results(recorder: TraceRecorder, message: Message) -> None:
    for result in message.results:
        recorder.call_answered(result.id, result.output, result.error, name=result.name)


def count(*numbers: Any) -> int | None:
    """The sum of the numbers that are there; None where none is."""
    known = [int(number) for number in numbers if isinstance(number, (int, float)) and not isinstance(number, bool)]
    return sum(known) if known else None


def data(value: Any) -> Any:
    """A library's model, or a list of them, as dictionaries; anything else as it is."""
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        return dump(mode="json", exclude_unset=True, warnings=False)
    if isinstance(value, Mapping):
        return {key: data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [data(item) for item in value]
    return value


def text_in(content: Any) -> str:
    """The text of a message's content: a text, or a list of parts, of which other kinds are named in brackets."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        content = [content]
    if not isinstance(content, list):
        return str(content)
    return "\n".join(part for part in (_part(part) for part in content) if part)


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        return str(part)
    for name in ("text", "refusal"):
        if isinstance(part.get(name), str):
            return str(part[name])
    kind = str(part.get("type", "part"))
    return "" if "thinking" in kind or "reasoning" in kind else f"[{kind}]"

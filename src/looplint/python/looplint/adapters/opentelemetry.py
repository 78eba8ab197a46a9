"""Records agents that are instrumented with OpenTelemetry, as their spans end.

    provider.add_span_processor(TraceSpanProcessor(recorder))

Knows three vocabularies of attributes: OpenTelemetry's for generative AI, OpenLLMetry's older one and OpenInference's.
Does not know any instrumentation: spans without those attributes are passed over.
Instrumentations leave the content of messages out unless they are told to capture it: then only tools and errors are
seen.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import StatusCode

from .._record import TraceRecorder, current_recorder
from ._chat import Call, Conversations, Message, Result, count, text_in

MODEL = ("chat", "generate_content", "text_completion", "LLM")
TOOL = ("execute_tool", "tool", "TOOL")
AGENT = ("invoke_agent", "agent", "workflow", "AGENT")
SPANS_HELD_MAX = 10_000


class TraceSpanProcessor(SpanProcessor):
    """A span processor that adds a turn for each model and tool span when it ends.

    Without `recorder`, a span goes to the recorder of the `with TraceRecorder(...)` block that it began in.
    """

    def __init__(self, recorder: TraceRecorder | None = None) -> None:
        self._chosen = recorder
        self._conversations = Conversations()
        self._lock = threading.Lock()
        # Spans that are under way: the recorder they began under, and the agent they belong to.
        self._open: dict[int, tuple[TraceRecorder | None, str | None]] = {}

    def on_start(self, span: Span, parent_context: Any = None) -> None:
        parent = span.parent
        attributes = span.attributes or {}
        with self._lock:
            above = self._open.get(parent.span_id) if parent is not None else None
            agent = _text(attributes, "gen_ai.agent.name", "agent.name", "graph.node.id") or (
                above[1] if above else None
            )
            if span.context is not None and len(self._open) < SPANS_HELD_MAX:
                self._open[span.context.span_id] = (self._chosen or current_recorder(), agent)

    def on_end(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        with self._lock:
            recorder, agent = self._open.pop(context.span_id, (None, None)) if context is not None else (None, None)
        recorder = recorder or self._chosen or current_recorder()
        if recorder is None:
            return
        attributes = span.attributes or {}
        kind = _text(attributes, "gen_ai.operation.name", "traceloop.span.kind", "openinference.span.kind")
        agent = _text(attributes, "gen_ai.agent.name", "agent.name") or agent
        if kind in MODEL or (kind is None and "gen_ai.completion.0.role" in attributes):
            self._model(recorder, span, attributes, agent)
        elif kind in TOOL:
            self._tool(recorder, span, attributes, agent)
        elif kind in AGENT and span.parent is None:
            result = _last_text(attributes)
            if result:
                recorder.set_final_result(result)

    def _model(
        self, recorder: TraceRecorder, span: ReadableSpan, attributes: Mapping[str, Any], agent: str | None
    ) -> None:
        declared = _json(attributes.get("gen_ai.tool.definitions"))
        recorder.declare_tools(declared if isinstance(declared, list) else ())
        self._conversations.sent(recorder, list(_input(attributes)), agent)
        answers = list(_output(attributes)) or [Message("assistant")]
        last = answers[-1]
        last.error = _error(span, attributes)
        last.finish = next(iter(_stops(attributes)), None)
        last.tokens_in = count(attributes.get("gen_ai.usage.input_tokens", attributes.get("llm.token_count.prompt")))
        last.tokens_out = count(
            attributes.get("gen_ai.usage.output_tokens", attributes.get("llm.token_count.completion"))
        )
        # A span whose content was not captured says only that a model answered: no turn can be made of that.
        if not (last.text or last.calls or last.results or last.error):
            return
        for number, message in enumerate(answers):
            latency_ms = _latency_ms(span) if number + 1 == len(answers) else None
            self._conversations.answered(recorder, message, agent, latency_ms)

    def _tool(
        self, recorder: TraceRecorder, span: ReadableSpan, attributes: Mapping[str, Any], agent: str | None
    ) -> None:
        name = _text(attributes, "gen_ai.tool.name", "tool.name", "traceloop.entity.name") or span.name
        arguments = _value(attributes, "gen_ai.tool.call.arguments", "traceloop.entity.input", "input.value")
        output = _value(attributes, "gen_ai.tool.call.result", "traceloop.entity.output", "output.value")
        error = _error(span, attributes)
        call_id = _text(attributes, "gen_ai.tool.call.id", "tool_call.id", "tool.id")
        if call_id:
            recorder.call_requested(call_id, name, arguments, agent)
            recorder.call_answered(call_id, output, error, _latency_ms(span))
        else:
            asked_for = recorder.claim(name, arguments)
            recorder.tool_ran(name, arguments, output, error, _latency_ms(span), agent, asked_for)


def _input(attributes: Mapping[str, Any]) -> Iterator[Message]:
    system = _json(attributes.get("gen_ai.system_instructions"))
    if system:
        yield Message("system", _parts({"parts": system}).text if isinstance(system, list) else str(system))
    yield from _messages(attributes, "gen_ai.input.messages", "gen_ai.prompt", "llm.input_messages", "user")


def _output(attributes: Mapping[str, Any]) -> Iterator[Message]:
    yield from _messages(attributes, "gen_ai.output.messages", "gen_ai.completion", "llm.output_messages", "assistant")


def _messages(attributes: Mapping[str, Any], whole: str, indexed: str, nested: str, role: str) -> Iterator[Message]:
    """Messages in whichever of the three vocabularies the span has."""
    listed = _json(attributes.get(whole))
    if isinstance(listed, list):
        for message in listed:
            if isinstance(message, Mapping):
                yield _parts(message, role)
        return
    for message in _tree(attributes, indexed):
        yield _flat(message, role)
    for message in _tree(attributes, nested):
        yield _flat(message.get("message", {}), role)


def _parts(message: Mapping[str, Any], role: str = "user") -> Message:
    """A message as OpenTelemetry writes it: a role and typed parts."""
    texts: list[Any] = []
    calls: list[Call] = []
    results: list[Result] = []
    for part in message.get("parts") or ():
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind in ("tool_call", "server_tool_call"):
            calls.append(Call(str(part.get("id") or ""), str(part.get("name") or ""), part.get("arguments")))
        elif kind in ("tool_call_response", "server_tool_call_response"):
            results.append(Result(str(part.get("id") or ""), part.get("response", part.get("result"))))
        elif kind == "text":
            texts.append(str(part.get("content", part.get("text", ""))))
        elif kind != "reasoning":
            texts.append(part)
    return Message(str(message.get("role") or role), text_in(texts), calls, results)


def _flat(message: Mapping[str, Any], role: str) -> Message:
    """A message as the older vocabularies write it, one attribute a field."""
    role = str(message.get("role") or role)
    text = message.get("content")
    if text is None:
        parts = [part.get("message_content", {}) for part in _listed(message.get("contents"))]
        text = text_in([part.get("text") or part for part in parts])
    calls: list[Call] = []
    for entry in _listed(message.get("tool_calls")):
        call = entry.get("tool_call", entry)
        function = call.get("function") if isinstance(call.get("function"), Mapping) else call
        calls.append(Call(str(call.get("id") or ""), str(function.get("name") or ""), function.get("arguments")))
    if role in ("tool", "function"):
        return Message("tool", results=[Result(str(message.get("tool_call_id") or message.get("name") or ""), text)])
    return Message(role, text if isinstance(text, str) else str(text), calls)


def _tree(attributes: Mapping[str, Any], prefix: str) -> list[dict[str, Any]]:
    """`prefix.0.message.role` and its like, as nested dictionaries in order."""
    root: dict[str, Any] = {}
    for name, value in attributes.items():
        if not name.startswith(prefix + "."):
            continue
        node = root
        *above, leaf = name[len(prefix) + 1 :].split(".")
        for part in above:
            below = node.setdefault(part, {})
            if not isinstance(below, dict):
                break
            node = below
        else:
            node[leaf] = value
    return _listed(root)


def _listed(tree: Any) -> list[dict[str, Any]]:
    if not isinstance(tree, dict):
        return []
    numbered = [(int(key), value) for key, value in tree.items() if re.fullmatch(r"\d{1,9}", key)]
    return [value for _, value in sorted(numbered, key=lambda pair: pair[0]) if isinstance(value, dict)]


def _stops(attributes: Mapping[str, Any]) -> list[str]:
    reasons = attributes.get("gen_ai.response.finish_reasons") or attributes.get("llm.finish_reason") or ()
    return [reasons] if isinstance(reasons, str) else [str(reason) for reason in reasons]


def _error(span: ReadableSpan, attributes: Mapping[str, Any]) -> str | None:
    kind = _text(attributes, "error.type")
    if span.status.status_code is not StatusCode.ERROR and kind is None:
        return None
    said = span.status.description or ""
    for event in span.events:
        if event.name == "exception" and event.attributes:
            said = said or str(event.attributes.get("exception.message", ""))
            kind = kind or str(event.attributes.get("exception.type", ""))
    if kind and not said.startswith(kind.rsplit(".", 1)[-1]):
        return f"{kind}: {said}" if said else kind
    return said or "error"


def _last_text(attributes: Mapping[str, Any]) -> str | None:
    said = [message.text for message in _output(attributes) if message.text]
    if said:
        return said[-1]
    value = _value(attributes, "traceloop.entity.output", "output.value")
    return value if isinstance(value, str) else None


def _latency_ms(span: ReadableSpan) -> float | None:
    if span.start_time is None or span.end_time is None:
        return None
    return (span.end_time - span.start_time) / 1e6


def _text(attributes: Mapping[str, Any], *names: str) -> str | None:
    return next((str(attributes[name]) for name in names if attributes.get(name)), None)


def _value(attributes: Mapping[str, Any], *names: str) -> Any:
    """The first of the attributes that is there, as data where it is JSON in a text."""
    return next((_json(attributes[name]) for name in names if attributes.get(name) is not None), None)


def _json(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value

"""Records what an OpenAI client sends and receives: chat completions and responses, streamed or not, sync or async.

    client = record_client(OpenAI(), recorder)

Knows the two interfaces' JSON. Does not import `openai`: any client of that library is watched through its own methods.
Not recorded: realtime and websocket sessions, batches, and answers that are asked for raw and never parsed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._plain import text_of
from .._record import TraceRecorder
from ._chat import Call, Conversations, Message, Result, count, data, text_in
from ._client import Client, Exchange, watch


def record_client(client: Client, recorder: TraceRecorder | None = None, *, agent_name: str | None = None) -> Client:
    """Records every chat completion and response of `client`, which is returned, changed in place.

    Without `recorder`, the requests of a `with TraceRecorder(...)` block go to that block's recorder.
    Tools are recorded from what the next request sends back; a tool decorated by `looplint.tool` also with its time.
    """
    conversations = Conversations()

    def begin(chosen: TraceRecorder, path: str, body: Any) -> Exchange | None:
        chosen.declare_tools(body.get("tools") or ())
        if path.endswith("/chat/completions"):
            conversations.sent(chosen, [_chat_message(message) for message in body.get("messages") or ()], agent_name)
            return _Chat(chosen, conversations, agent_name)
        if path.endswith("/responses"):
            conversations.sent(chosen, list(_input_messages(data(body))), agent_name)
            return _Responses(chosen, conversations, agent_name)
        return None

    return watch(client, recorder, begin)


class _Chat:
    """A chat completion."""

    def __init__(self, recorder: TraceRecorder, conversations: Conversations, agent_name: str | None) -> None:
        self._recorder, self._conversations, self._agent_name = recorder, conversations, agent_name
        self._text: list[str] = []
        self._calls: dict[int, dict[str, str]] = {}
        self._finish: str | None = None
        self._usage: Any = None

    def item(self, item: Any) -> None:
        chunk = data(item)
        self._usage = (chunk.get("usage") if isinstance(chunk, Mapping) else None) or self._usage
        for choice in (chunk.get("choices") or ()) if isinstance(chunk, Mapping) else ():
            if choice.get("index", 0) != 0:
                continue
            delta = choice.get("delta") or {}
            self._text.append(delta.get("content") or delta.get("refusal") or "")
            for part in delta.get("tool_calls") or ():
                call = self._calls.setdefault(part.get("index", 0), {"id": "", "name": "", "arguments": ""})
                function = part.get("function") or {}
                call["id"] = call["id"] or part.get("id") or ""
                call["name"] += function.get("name") or ""
                call["arguments"] += function.get("arguments") or ""
            self._finish = choice.get("finish_reason") or self._finish

    def done(self, answer: Any, error: BaseException | None, latency_ms: float) -> None:
        if answer is None:
            message = Message("assistant", "".join(self._text), [Call(**call) for call in self._calls.values()])
            message.finish, usage = self._finish, self._usage
        else:
            whole = data(answer)
            choice = (whole.get("choices") or [{}])[0]
            message = _chat_message({"role": "assistant", **(choice.get("message") or {})})
            message.finish, usage = choice.get("finish_reason"), whole.get("usage")
        usage = usage or {}
        message.tokens_in, message.tokens_out = count(usage.get("prompt_tokens")), count(usage.get("completion_tokens"))
        message.error = None if error is None else text_of(error)
        self._conversations.answered(self._recorder, message, self._agent_name, latency_ms)


def _chat_message(message: Any) -> Message:
    message = data(message)
    role = str(message.get("role", "user"))
    if role in ("tool", "function"):
        call_id = str(message.get("tool_call_id") or message.get("name") or "")
        return Message("tool", results=[Result(call_id, text_in(message.get("content")), name=message.get("name"))])
    calls = []
    for call in message.get("tool_calls") or ():
        function = call.get("function") or call.get("custom") or {}
        arguments = function.get("arguments", function.get("input"))
        calls.append(Call(str(call.get("id", "")), str(function.get("name", "")), arguments))
    text = text_in(message.get("content")) or str(message.get("refusal") or "")
    return Message("system" if role == "developer" else role, text, calls)


class _Responses:
    """A response of the Responses interface."""

    def __init__(self, recorder: TraceRecorder, conversations: Conversations, agent_name: str | None) -> None:
        self._recorder, self._conversations, self._agent_name = recorder, conversations, agent_name
        self._text: list[str] = []
        self._whole: Any = None

    def item(self, item: Any) -> None:
        event = data(item)
        if not isinstance(event, Mapping):
            return
        if event.get("type") == "response.output_text.delta":
            self._text.append(str(event.get("delta", "")))
        elif event.get("type") in ("response.completed", "response.incomplete", "response.failed"):
            self._whole = event.get("response")

    def done(self, answer: Any, error: BaseException | None, latency_ms: float) -> None:
        whole = data(answer) if answer is not None else self._whole
        if whole is None:
            message = Message("assistant", "".join(self._text), error=None if error is None else text_of(error))
            self._conversations.answered(self._recorder, message, self._agent_name, latency_ms)
            return
        messages = list(_items(whole.get("output") or ())) or [Message("assistant")]
        usage = whole.get("usage") or {}
        messages[-1].tokens_in = count(usage.get("input_tokens"))
        messages[-1].tokens_out = count(usage.get("output_tokens"))
        messages[-1].finish = (whole.get("incomplete_details") or {}).get("reason")
        messages[-1].error = (whole.get("error") or {}).get("message")
        for number, message in enumerate(messages):
            last = number + 1 == len(messages)
            self._conversations.answered(self._recorder, message, self._agent_name, latency_ms if last else None)


def _input_messages(body: Any) -> Iterator[Message]:
    if body.get("instructions"):
        yield Message("system", text_in(body["instructions"]))
    given = body.get("input")
    if isinstance(given, str):
        yield Message("user", given)
    else:
        yield from _items(given or ())


def _items(items: Any) -> Iterator[Message]:
    for item in items:
        kind = str(item.get("type") or "message")
        if kind == "message":
            role = str(item.get("role", "user"))
            yield Message("system" if role == "developer" else role, text_in(item.get("content")))
        elif kind in ("function_call", "custom_tool_call"):
            arguments = item.get("arguments", item.get("input"))
            yield Message("assistant", calls=[Call(str(item.get("call_id", "")), str(item.get("name", "")), arguments)])
        elif kind in ("function_call_output", "custom_tool_call_output"):
            yield Message("tool", results=[Result(str(item.get("call_id", "")), _output(item.get("output")))])
        elif kind.endswith("_call"):
            yield _hosted_call(kind, item)


def _hosted_call(kind: str, item: Mapping[str, Any]) -> Message:
    """A tool that ran at the provider: call and result in one item."""
    call_id = str(item.get("id", ""))
    arguments = next((item[name] for name in ("arguments", "action", "queries", "code") if item.get(name)), None)
    output = next((item[name] for name in ("output", "results", "outputs", "result") if item.get(name)), None)
    error = item.get("error") or (f"status: {item['status']}" if item.get("status") == "failed" else None)
    call = Call(call_id, str(item.get("name") or kind[: -len("_call")]), arguments)
    return Message("assistant", calls=[call], results=[Result(call_id, output, error)])


def _output(output: Any) -> Any:
    return text_in(output) if isinstance(output, list) else output

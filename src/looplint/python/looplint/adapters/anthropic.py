"""Records what an Anthropic client sends and receives: messages, streamed or not, sync or async.

    client = record_client(Anthropic(), recorder)

Knows the interface's JSON. Does not import `anthropic`: any client of that library is watched through its own methods.
Not recorded: batches, and answers that are asked for raw and never parsed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .._plain import text_of
from .._record import TraceRecorder
from ._chat import Call, Conversations, Message, Result, count, data, text_in
from ._client import Client, Exchange, watch


def record_client(client: Client, recorder: TraceRecorder | None = None, *, agent_name: str | None = None) -> Client:
    """Records every message of `client`, which is returned, changed in place.

    Without `recorder`, the requests of a `with TraceRecorder(...)` block go to that block's recorder.
    Tools are recorded from what the next request sends back; a tool decorated by `looplint.tool` also with its time.
    """
    conversations = Conversations()

    def begin(chosen: TraceRecorder, path: str, body: Any) -> Exchange | None:
        if not path.split("?")[0].endswith("/messages"):
            return None
        chosen.declare_tools(body.get("tools") or ())
        conversations.sent(chosen, list(_request_messages(data(body))), agent_name)
        return _Answer(chosen, conversations, agent_name)

    return watch(client, recorder, begin)


class _Answer:
    """One message of the model."""

    def __init__(self, recorder: TraceRecorder, conversations: Conversations, agent_name: str | None) -> None:
        self._recorder, self._conversations, self._agent_name = recorder, conversations, agent_name
        self._blocks: dict[int, dict[str, Any]] = {}
        self._json: dict[int, str] = {}
        self._stop: str | None = None
        self._usage: dict[str, Any] = {}

    def item(self, item: Any) -> None:
        event = data(item)
        if not isinstance(event, Mapping):
            return
        kind, index = event.get("type"), int(event.get("index", 0))
        if kind == "message_start":
            self._usage.update((event.get("message") or {}).get("usage") or {})
        elif kind == "content_block_start":
            self._blocks[index] = dict(event.get("content_block") or {})
        elif kind == "content_block_delta":
            delta = event.get("delta") or {}
            if delta.get("type") == "text_delta":
                block = self._blocks.setdefault(index, {"type": "text", "text": ""})
                block["text"] = str(block.get("text") or "") + str(delta.get("text", ""))
            elif delta.get("type") == "input_json_delta":
                self._json[index] = self._json.get(index, "") + str(delta.get("partial_json", ""))
        elif kind == "message_delta":
            self._stop = (event.get("delta") or {}).get("stop_reason") or self._stop
            self._usage.update(event.get("usage") or {})

    def done(self, answer: Any, error: BaseException | None, latency_ms: float) -> None:
        if answer is None:
            message = _message("assistant", self._streamed())
            message.finish, usage = self._stop, self._usage
        else:
            whole = data(answer)
            message = _message("assistant", whole.get("content") or [])
            message.finish, usage = whole.get("stop_reason"), whole.get("usage") or {}
        cached = (usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens"))
        message.tokens_in = count(usage.get("input_tokens"), *cached)
        message.tokens_out = count(usage.get("output_tokens"))
        message.error = None if error is None else text_of(error)
        self._conversations.answered(self._recorder, message, self._agent_name, latency_ms)

    def _streamed(self) -> list[dict[str, Any]]:
        for index, text in self._json.items():
            block = self._blocks.setdefault(index, {})
            try:
                block["input"] = json.loads(text) if text else block.get("input")
            except ValueError:
                # The stream broke off: the text says how far it came.
                block["input"] = text
        return [self._blocks[index] for index in sorted(self._blocks)]


def _request_messages(body: Any) -> Iterator[Message]:
    if body.get("system"):
        yield Message("system", text_in(body["system"]))
    for message in body.get("messages") or ():
        yield _message(str(message.get("role", "user")), message.get("content"))


def _message(role: str, content: Any) -> Message:
    if isinstance(content, str):
        return Message(role, content)
    texts: list[Any] = []
    calls: list[Call] = []
    results: list[Result] = []
    for block in content or ():
        kind = str(block.get("type", "")) if isinstance(block, Mapping) else ""
        # `server_tool_use`, `web_search_tool_result` and their like run at the provider, and look alike.
        if kind.endswith("tool_use"):
            calls.append(Call(str(block.get("id", "")), str(block.get("name", "")), block.get("input")))
        elif kind.endswith("tool_result"):
            results.append(_result(block))
        else:
            texts.append(block)
    return Message(role, text_in(texts), calls, results)


def _result(block: Mapping[str, Any]) -> Result:
    content = block.get("content")
    readable = isinstance(content, str) or (
        isinstance(content, list) and all(isinstance(part, Mapping) and part.get("type") == "text" for part in content)
    )
    output = text_in(content) if readable else content
    failed = block.get("is_error") or (isinstance(content, Mapping) and str(content.get("type", "")).endswith("_error"))
    return Result(str(block.get("tool_use_id", "")), None if failed else output, output if failed else None)

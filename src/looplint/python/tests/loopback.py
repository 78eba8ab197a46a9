"""A server on this machine's own address that plays a model provider: it answers requests from a script, in order.

Knows HTTP and server-sent events. Does not know what the answers mean: the tests write them.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Loopback:
    """Answers `POST` requests with `answers`, one each.

    An object is sent as JSON, a list as a stream of events, a number as an error of that status.
    """

    def __init__(self, answers: list[Any]) -> None:
        self.requests: list[dict[str, Any]] = []
        waiting = list(answers)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                outer.requests.append({"path": self.path, "body": json.loads(body)})
                answer = waiting.pop(0) if waiting else 500
                if isinstance(answer, int):
                    self._send(answer, "application/json", json.dumps({"error": {"message": "planted failure"}}))
                elif isinstance(answer, list):
                    self._send(200, "text/event-stream", "".join(_event(event) for event in answer))
                else:
                    self._send(200, "application/json", json.dumps(answer))

            def _send(self, status: int, kind: str, text: str) -> None:
                data = text.encode()
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()


def _event(event: Any) -> str:
    if isinstance(event, str):
        return f"data: {event}\n\n"
    name = event.get("type")
    return (f"event: {name}\n" if name else "") + f"data: {json.dumps(event)}\n\n"


def chat(
    text: str | None = None, calls: list[tuple[str, str, Any]] | None = None, finish: str | None = None
) -> dict[str, Any]:
    """A chat completion that says `text` and asks for `calls` of (id, name, arguments)."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [
            {"id": id_, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
            for id_, name, arguments in calls
        ]
    choice = {"index": 0, "message": message, "finish_reason": finish or ("tool_calls" if calls else "stop")}
    usage = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def chunks(text: str, call: tuple[str, str, Any] | None = None) -> list[Any]:
    """The same as a stream: the text letter by letter, the call's arguments in two halves."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}, *({"content": letter} for letter in text)]
    if call:
        id_, name, arguments = call
        written = json.dumps(arguments)
        half = len(written) // 2
        first = {"index": 0, "id": id_, "type": "function", "function": {"name": name, "arguments": written[:half]}}
        deltas += [{"tool_calls": [first]}, {"tool_calls": [{"index": 0, "function": {"arguments": written[half:]}}]}]

    def chunk(delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}

    return [chunk(delta, None) for delta in deltas] + [chunk({}, "tool_calls" if call else "stop"), "[DONE]"]


def response(items: list[dict[str, Any]], status: str = "completed", **more: Any) -> dict[str, Any]:
    """An answer of the Responses interface."""
    return {
        "id": "r",
        "object": "response",
        "created_at": 1,
        "model": "m",
        "status": status,
        "output": items,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        **more,
    }


def said(text: str) -> dict[str, Any]:
    """A message item of the Responses interface."""
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"id": "m1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def message(content: list[dict[str, Any]], stop: str = "end_turn") -> dict[str, Any]:
    """An answer of the Messages interface."""
    usage = {"input_tokens": 5, "output_tokens": 7}
    return {
        "id": "msg",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": usage,
    }


def message_events(text: str, tool: tuple[str, str, Any] | None = None) -> list[Any]:
    """The same as a stream."""
    start = message([])
    start["stop_reason"] = None
    events: list[Any] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": letter}}
            for letter in text
        ),
        {"type": "content_block_stop", "index": 0},
    ]
    if tool:
        id_, name, arguments = tool
        written = json.dumps(arguments)
        half = len(written) // 2
        block = {"type": "tool_use", "id": id_, "name": name, "input": {}}
        events.append({"type": "content_block_start", "index": 1, "content_block": block})
        for part in (written[:half], written[half:]):
            delta = {"type": "input_json_delta", "partial_json": part}
            events.append({"type": "content_block_delta", "index": 1, "delta": delta})
        events.append({"type": "content_block_stop", "index": 1})
    stop = {"stop_reason": "tool_use" if tool else "end_turn", "stop_sequence": None}
    events += [
        {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]
    return events

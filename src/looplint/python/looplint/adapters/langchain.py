"""Records LangChain and LangGraph runs through their callbacks.

    graph.invoke(inputs, config={"callbacks": [TraceCallback(recorder)]})

Knows LangChain's messages and callbacks. Does not know any graph: nodes are seen only as the names of agents.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler

from .._plain import text_of
from .._record import TraceRecorder, current_recorder
from ._chat import Call, Conversations, Message, Result, count, text_in

ROLES = {"human": "user", "ai": "assistant", "AIMessageChunk": "assistant", "function": "tool"}


class TraceCallback(BaseCallbackHandler):
    """A callback handler that records models, tools and retrievers, for sync and async runs alike.

    Without `recorder`, a run goes to the recorder of the `with TraceRecorder(...)` block that it runs in.
    The final result is taken from the last message of the outermost run; `set_final_result` afterwards replaces it.
    """

    # Callbacks then run in the order of the run, not in a thread pool's.
    run_inline = True

    def __init__(self, recorder: TraceRecorder | None = None) -> None:
        super().__init__()
        self._chosen = recorder
        self._conversations = Conversations()
        self._running: dict[Any, _Run] = {}

    def _begin(self, run_id: Any, **what: Any) -> _Run | None:
        recorder = self._chosen or current_recorder()
        if recorder is None:
            return None
        run = _Run(recorder, **what)
        self._running[run_id] = run
        return run

    def on_chat_model_start(
        self, serialized: Any, messages: Sequence[Sequence[Any]], *, run_id: Any, metadata: Any = None, **rest: Any
    ) -> None:
        run = self._begin(run_id, agent_name=_agent(metadata))
        if run is not None:
            run.recorder.declare_tools((rest.get("invocation_params") or {}).get("tools") or ())
        if run is not None and messages:
            self._conversations.sent(run.recorder, [_message(message) for message in messages[0]], run.agent_name)

    def on_llm_start(
        self, serialized: Any, prompts: Sequence[str], *, run_id: Any, metadata: Any = None, **rest: Any
    ) -> None:
        run = self._begin(run_id, agent_name=_agent(metadata))
        if run is not None:
            self._conversations.sent(run.recorder, [Message("user", prompt) for prompt in prompts], run.agent_name)

    def on_llm_end(self, response: Any, *, run_id: Any, **rest: Any) -> None:
        run = self._running.pop(run_id, None)
        if run is None:
            return
        generation = next((first for group in response.generations for first in group[:1]), None)
        if generation is None:
            return
        answer = getattr(generation, "message", None)
        message = Message("assistant", str(generation.text)) if answer is None else _message(answer)
        message.role = "assistant"
        details = getattr(answer, "response_metadata", None) or getattr(generation, "generation_info", None) or {}
        message.finish = details.get("finish_reason") or details.get("stop_reason")
        usage = getattr(answer, "usage_metadata", None) or {}
        message.tokens_in, message.tokens_out = count(usage.get("input_tokens")), count(usage.get("output_tokens"))
        for call in getattr(answer, "invalid_tool_calls", None) or ():
            # A call that is no JSON: it never runs, and says so at once.
            call_id = str(call.get("id") or "")
            message.calls.append(Call(call_id, str(call.get("name") or ""), call.get("args")))
            message.results.append(Result(call_id, None, call.get("error") or "invalid tool call"))
        self._conversations.answered(run.recorder, message, run.agent_name, run.latency_ms())

    def on_llm_error(self, error: BaseException, *, run_id: Any, **rest: Any) -> None:
        run = self._running.pop(run_id, None)
        if run is not None:
            message = Message("assistant", error=text_of(error))
            self._conversations.answered(run.recorder, message, run.agent_name, run.latency_ms())

    def on_tool_start(
        self,
        serialized: Any,
        input_str: str,
        *,
        run_id: Any,
        inputs: Any = None,
        metadata: Any = None,
        **rest: Any,
    ) -> None:
        name = str((serialized or {}).get("name") or rest.get("name") or "tool")
        arguments = input_str if inputs is None else _told(inputs)
        self._begin(run_id, name=name, arguments=arguments, call_id=rest.get("tool_call_id"))

    def on_tool_end(self, output: Any, *, run_id: Any, **rest: Any) -> None:
        run = self._running.pop(run_id, None)
        if run is None:
            return
        message = _tool_message(output)
        run.call_id = run.call_id or getattr(message, "tool_call_id", None)
        content = output if message is None else _content(message)
        failed = getattr(message, "status", None) == "error"
        run.answered(None if failed else content, content if failed else None)

    def on_tool_error(self, error: BaseException, *, run_id: Any, **rest: Any) -> None:
        run = self._running.pop(run_id, None)
        if run is not None:
            run.call_id = run.call_id or rest.get("tool_call_id")
            run.answered(None, text_of(error))

    def on_retriever_start(self, serialized: Any, query: str, *, run_id: Any, **rest: Any) -> None:
        name = str((serialized or {}).get("name") or rest.get("name") or "retriever")
        self._begin(run_id, name=name, arguments={"query": query})

    def on_retriever_end(self, documents: Any, *, run_id: Any, **rest: Any) -> None:
        run = self._running.pop(run_id, None)
        if run is not None:
            run.answered([getattr(document, "page_content", str(document)) for document in documents], None)

    def on_retriever_error(self, error: BaseException, *, run_id: Any, **rest: Any) -> None:
        self.on_tool_error(error, run_id=run_id)

    def on_chain_end(self, outputs: Any, *, run_id: Any, parent_run_id: Any = None, **rest: Any) -> None:
        recorder = self._chosen or current_recorder()
        result = None if parent_run_id is not None else _final(outputs)
        if recorder is not None and result:
            recorder.set_final_result(result)

    def on_chain_error(self, error: BaseException, *, run_id: Any, parent_run_id: Any = None, **rest: Any) -> None:
        recorder = self._chosen or current_recorder()
        if recorder is not None and parent_run_id is None:
            recorder.failed(error)


class _Run:
    """A model, tool or retriever between its start and its end."""

    def __init__(
        self,
        recorder: TraceRecorder,
        agent_name: str | None = None,
        name: str = "",
        arguments: Any = None,
        call_id: str | None = None,
    ) -> None:
        self.recorder, self.agent_name, self.call_id = recorder, agent_name, call_id
        self._name, self._arguments = name, arguments
        self._started = time.perf_counter()

    def latency_ms(self) -> float:
        return (time.perf_counter() - self._started) * 1000.0

    def answered(self, output: Any, error: Any) -> None:
        if self.call_id is None:
            self.recorder.tool_ran(self._name, self._arguments, output, error, self.latency_ms(), self.agent_name)
            return
        # Says what ran, for a call whose model was not watched; of one that was, this changes nothing.
        self.recorder.call_requested(self.call_id, self._name, self._arguments, self.agent_name)
        self.recorder.call_answered(self.call_id, output, error, self.latency_ms())


def _agent(metadata: Any) -> str | None:
    if not isinstance(metadata, Mapping):
        return None
    name = metadata.get("lc_agent_name") or metadata.get("langgraph_node")
    return None if name is None else str(name)


def _message(message: Any) -> Message:
    kind = str(getattr(message, "type", "") or "")
    role = str(getattr(message, "role", "")) if kind == "chat" else ROLES.get(kind, kind or "user")
    if role == "tool":
        failed = getattr(message, "status", None) == "error"
        content, call_id = _content(message), str(getattr(message, "tool_call_id", "") or getattr(message, "name", ""))
        result = Result(
            call_id, None if failed else content, content if failed else None, getattr(message, "name", None)
        )
        return Message("tool", results=[result])
    calls = [
        Call(str(call.get("id") or ""), str(call.get("name") or ""), call.get("args"))
        for call in getattr(message, "tool_calls", None) or ()
    ]
    return Message(role, text_in(_without_calls(message.content)), calls)


def _without_calls(content: Any) -> Any:
    """A model's content without the blocks that repeat its tool calls."""
    if not isinstance(content, list):
        return content
    return [
        part
        for part in content
        if not (isinstance(part, Mapping) and str(part.get("type", "")) in ("tool_use", "tool_call", "function_call"))
    ]


def _content(message: Any) -> Any:
    content = message.content
    texts_only = isinstance(content, list) and all(
        isinstance(part, str) or (isinstance(part, Mapping) and part.get("type") == "text") for part in content
    )
    return text_in(content) if texts_only else content


def _tool_message(output: Any) -> Any:
    """The tool message that a tool gave, itself or within a command to the graph; None where it gave a plain value."""
    if hasattr(output, "tool_call_id"):
        return output
    update = getattr(output, "update", None)
    messages = update.get("messages") if isinstance(update, Mapping) else None
    return next((message for message in messages or () if hasattr(message, "tool_call_id")), None)


def _told(inputs: Any) -> Any:
    """A tool's arguments without those that the framework injects: graph state, stores and run information."""
    if not isinstance(inputs, Mapping):
        return inputs
    injected = ("ToolRuntime", "BaseStore", "InMemoryStore", "RunnableConfig", "CallbackManagerForToolRun")
    return {name: value for name, value in inputs.items() if type(value).__name__ not in injected}


def _final(outputs: Any) -> str | None:
    if isinstance(outputs, str):
        return outputs
    if not isinstance(outputs, Mapping):
        return _message(outputs).text if hasattr(outputs, "content") else None
    messages = outputs.get("messages")
    if isinstance(messages, Sequence) and messages and hasattr(messages[-1], "content"):
        return _message(messages[-1]).text
    answer = outputs.get("output")
    return answer if isinstance(answer, str) else None

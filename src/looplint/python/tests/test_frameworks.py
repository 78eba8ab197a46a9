"""LangChain, LangGraph and OpenTelemetry from PyPI: what the trace says of their runs."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import loopback
from test_clients import Client, there


def weather_graph(answers: list[Any]) -> Any:
    """An agent in LangGraph with a model that answers from a script, and a tool that knows one city."""
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
    from langchain_core.tools import tool
    from langgraph.graph import START, MessagesState, StateGraph
    from langgraph.prebuilt import ToolNode, tools_condition

    @tool
    def weather(city: str) -> str:
        """The weather in a city."""
        if city != "Oslo":
            raise ValueError("no such city")
        return "rain"

    model = GenericFakeChatModel(messages=iter(answers))

    def ask(state: Any) -> Any:
        return {"messages": [model.invoke(state["messages"])]}

    graph = StateGraph(MessagesState)
    graph.add_node("planner", ask)
    graph.add_node("tools", ToolNode([weather], handle_tool_errors=True))
    graph.add_edge(START, "planner")
    graph.add_conditional_edges("planner", tools_condition)
    graph.add_edge("tools", "planner")
    return graph.compile()


class OfLangGraph(Client):
    def answers(self) -> list[Any]:
        from langchain_core.messages import AIMessage

        def call(id_: str, city: str) -> Any:
            return {"name": "weather", "args": {"city": city}, "id": id_, "type": "tool_call"}

        return [
            AIMessage("let me see", tool_calls=[call("c1", "Atlantis"), call("c2", "Oslo")]),
            AIMessage("", tool_calls=[call("c3", "Oslo")]),
            AIMessage("it rains", response_metadata={"finish_reason": "stop"}),
        ]

    def check(self, recorder: Any) -> None:
        turns = self.turns(recorder)
        told = [(t["role"], t["agent_name"], t["content"], t["tool_name"], t["tool_input"]) for t in turns]
        self.assertEqual(told[0], ("user", None, "weather in Oslo?", None, None))
        self.assertEqual(told[1], ("assistant", "planner", "let me see", None, None))
        # Two calls of one message run side by side, and end in any order.
        self.assertEqual(
            sorted((t["tool_input"]["city"], t["error"] is None, t["tool_output"]) for t in turns[2:4]),
            [("Atlantis", False, None), ("Oslo", True, "rain")],
        )
        self.assertEqual(told[4], ("assistant", "planner", "", None, None))
        self.assertEqual(told[5], ("tool", "planner", None, "weather", {"city": "Oslo"}))
        self.assertEqual(told[6], ("assistant", "planner", "it rains", None, None))
        self.assertEqual(len(turns), 7)
        self.assertEqual([call["id"] for call in turns[1]["tool_calls"]], ["c1", "c2"])
        self.assertEqual({turn["tool_call_id"] for turn in turns[2:4]}, {"c1", "c2"})
        self.assertTrue(all(turn["latency_ms"] is not None for turn in turns[1:]))
        assert recorder.path is not None
        trace = json.loads(recorder.path.read_text())
        self.assertEqual((trace["final_result"], trace["is_successful"]), ("it rains", None))

    @there("langgraph")
    def test_a_graph_is_recorded(self) -> None:
        from looplint.adapters.langchain import TraceCallback

        with self.recorder() as recorder:
            config = {"callbacks": [TraceCallback(recorder)]}
            weather_graph(self.answers()).invoke({"messages": [("user", "weather in Oslo?")]}, config=config)
        self.check(recorder)

    @there("langgraph")
    def test_an_asynchronous_graph_finds_its_recorder(self) -> None:
        from looplint.adapters.langchain import TraceCallback

        async def run() -> Any:
            async with self.recorder() as recorder:
                config = {"callbacks": [TraceCallback()]}
                graph = weather_graph(self.answers())
                await graph.ainvoke({"messages": [("user", "weather in Oslo?")]}, config=config)
            return recorder

        self.check(asyncio.run(run()))

    @there("langgraph")
    def test_a_step_limit_is_in_the_trace_once(self) -> None:
        from langgraph.errors import GraphRecursionError

        from looplint.adapters.langchain import TraceCallback

        with self.assertRaises(GraphRecursionError), self.recorder() as recorder:
            config = {"callbacks": [TraceCallback(recorder)], "recursion_limit": 3}
            weather_graph(self.answers()).invoke({"messages": [("user", "weather in Oslo?")]}, config=config)
        errors = [turn["error"] for turn in self.turns(recorder) if turn["role"] == "system"]
        self.assertEqual(len(errors), 1)
        self.assertIn("GraphRecursionError", errors[0])

    @there("langchain_core")
    def test_a_call_that_is_no_json_is_an_error(self) -> None:
        from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
        from langchain_core.messages import AIMessage

        from looplint.adapters.langchain import TraceCallback

        bad = {"name": "weather", "args": '{"city": ', "id": "c1", "error": "not JSON", "type": "invalid_tool_call"}
        with self.recorder() as recorder:
            model = GenericFakeChatModel(messages=iter([AIMessage("", invalid_tool_calls=[bad])]))
            model.invoke("go", config={"callbacks": [TraceCallback(recorder)]})
        turn = [turn for turn in self.turns(recorder) if turn["tool_name"]][0]
        self.assertEqual((turn["tool_input"], turn["error"]), ('{"city": ', "not JSON"))

    @there("langchain_openai")
    def test_a_real_model_class_over_the_wire(self) -> None:
        from langchain_openai import ChatOpenAI

        from looplint.adapters.langchain import TraceCallback

        provider = self.provider(loopback.chat("The ans", finish="length"), 500)
        with self.recorder() as recorder:
            config: Any = {"callbacks": [TraceCallback(recorder)]}
            model = ChatOpenAI(model="m", base_url=provider.url, api_key="k", max_retries=0)
            model.invoke("go", config=config)
            with self.assertRaisesRegex(Exception, "planted failure"):
                model.invoke("go on", config=config)
        turns = self.turns(recorder)
        told = [(turn["role"], turn["content"], turn.get("finish_reason")) for turn in turns]
        self.assertEqual(told[:3], [("user", "go", None), ("assistant", "The ans", "length"), ("user", "go on", None)])
        self.assertEqual((turns[1]["tokens_in"], turns[1]["tokens_out"]), (5, 7))
        self.assertIn("planted failure", turns[3]["error"])


class OfOpenTelemetry(Client):
    def provider_of_spans(self, recorder: Any = None) -> Any:
        from opentelemetry.sdk.trace import TracerProvider

        from looplint.adapters.opentelemetry import TraceSpanProcessor

        provider = TracerProvider()
        provider.add_span_processor(TraceSpanProcessor(recorder))
        return provider

    def talk(self, instrumentor: Any, spans: Any) -> None:
        """A conversation with one call and one failure, through the real client."""
        import openai

        server = self.provider(loopback.chat("let me see", [("c1", "search", {"q": "x"})]), loopback.chat("here"), 500)
        instrumentor.instrument(tracer_provider=spans)
        self.addCleanup(instrumentor.uninstrument)
        client: Any = openai.OpenAI(base_url=server.url, api_key="k", max_retries=0)
        messages: list[Any] = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "find x"}]
        answer = client.chat.completions.create(model="m", messages=messages)
        messages.append(answer.choices[0].message)
        messages.append({"role": "tool", "tool_call_id": "c1", "content": "found x"})
        client.chat.completions.create(model="m", messages=messages)
        with self.assertRaises(openai.InternalServerError):
            client.chat.completions.create(model="m", messages=messages)

    def check(self, recorder: Any) -> None:
        self.assertEqual(
            self.short(recorder),
            [
                ("system", "be brief", None, None),
                ("user", "find x", None, None),
                ("assistant", "let me see", None, None),
                ("tool", None, "search", "found x"),
                ("assistant", "here", None, None),
                ("system", "InternalServerError: Error code: 500 - planted failure", None, None),
            ],
        )
        turns = self.turns(recorder)
        self.assertIn("planted failure", turns[-1]["error"])
        self.assertEqual((turns[2]["tokens_in"], turns[2]["tokens_out"]), (5, 7))
        self.assertIsNotNone(turns[2]["latency_ms"])
        self.assertIn(turns[3]["tool_input"], ({"q": "x"}, '{"q": "x"}'))

    @there("openinference")
    def test_spans_of_openinference(self) -> None:
        from openinference.instrumentation.openai import OpenAIInstrumentor

        with self.recorder() as recorder:
            self.talk(OpenAIInstrumentor(), self.provider_of_spans(recorder))
        self.check(recorder)

    @there("opentelemetry.semconv_ai")
    def test_spans_of_openllmetry(self) -> None:
        from opentelemetry.instrumentation.openai import OpenAIInstrumentor

        with self.recorder() as recorder:
            self.talk(OpenAIInstrumentor(), self.provider_of_spans())
        self.check(recorder)

    @there("opentelemetry")
    def test_tools_agents_and_their_times(self) -> None:
        from opentelemetry.trace import Status, StatusCode

        with self.recorder() as recorder:
            tracer = self.provider_of_spans().get_tracer("test")
            with tracer.start_as_current_span(
                "invoke_agent", attributes={"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner"}
            ) as agent:
                with tracer.start_as_current_span("GET /"):
                    attributes = {
                        "gen_ai.operation.name": "execute_tool",
                        "gen_ai.tool.name": "weather",
                        "gen_ai.tool.call.id": "c1",
                        "gen_ai.tool.call.arguments": '{"city": "Oslo"}',
                        "gen_ai.tool.call.result": "rain",
                    }
                    with tracer.start_as_current_span("execute_tool weather", attributes=attributes):
                        pass
                attributes = {"openinference.span.kind": "TOOL", "tool.name": "weather", "input.value": "Atlantis"}
                with self.assertRaises(ValueError):
                    with tracer.start_as_current_span("weather", attributes=attributes) as span:
                        span.set_status(Status(StatusCode.ERROR, "no such city"))
                        raise ValueError("no such city")
                older = {
                    "traceloop.span.kind": "LLM",
                    "gen_ai.prompt.0.role": "user",
                    "gen_ai.prompt.0.content": "weather?",
                    "gen_ai.completion.0.role": "assistant",
                    "gen_ai.completion.0.content": "it rains",
                    "gen_ai.completion.0.tool_calls.0.id": "c9",
                    "gen_ai.completion.0.tool_calls.0.name": "weather",
                    "gen_ai.completion.0.tool_calls.0.arguments": "{}",
                }
                with tracer.start_as_current_span("chat", attributes=older):
                    pass
                said = [{"role": "assistant", "parts": [{"type": "text", "content": "umbrella"}]}]
                agent.set_attribute("gen_ai.output.messages", json.dumps(said))
        turns = self.turns(recorder)
        told = [(t["role"], t["agent_name"], t["content"], t["tool_name"], t["tool_input"]) for t in turns]
        self.assertEqual(
            told,
            [
                ("tool", "planner", None, "weather", {"city": "Oslo"}),
                ("tool", "planner", None, "weather", "Atlantis"),
                ("user", None, "weather?", None, None),
                ("assistant", "planner", "it rains", None, None),
            ],
        )
        self.assertIn("no such city", turns[1]["error"])
        self.assertGreaterEqual(turns[0]["latency_ms"], 0)
        assert recorder.path is not None
        self.assertEqual(json.loads(recorder.path.read_text())["final_result"], "umbrella")

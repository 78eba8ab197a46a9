"""The OpenAI and Anthropic clients from PyPI against a provider on this machine: what the trace says of the talk."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import tempfile
import unittest
from typing import Any

import loopback
from tree import looplint

from looplint import TraceRecorder

Turn = tuple[str, Any, Any, Any]


def there(package: str) -> Any:
    """Skips a test, and says so, where the package that it is about is not installed."""
    try:
        found = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        found = None  # the package around it is not there either
    return unittest.skipUnless(found, f"{package} is not installed")


class Client(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def provider(self, *answers: Any) -> loopback.Loopback:
        provider = loopback.Loopback(list(answers))
        provider.__enter__()
        self.addCleanup(provider.__exit__)
        return provider

    def recorder(self) -> TraceRecorder:
        return TraceRecorder("find it", self.folder)

    def turns(self, recorder: TraceRecorder) -> list[dict[str, Any]]:
        assert recorder.path is not None
        with open(recorder.path, encoding="utf-8") as file:
            turns: list[dict[str, Any]] = json.load(file)["turns"]
        return turns

    def short(self, recorder: TraceRecorder) -> list[Turn]:
        return [(t["role"], t["content"], t["tool_name"], t["tool_output"]) for t in self.turns(recorder)]


@looplint.tool
def search(q: str) -> str:
    return f"found {q}"


class OfOpenAI(Client):
    def client(self, provider: loopback.Loopback, kind: str = "OpenAI") -> Any:
        import openai

        return getattr(openai, kind)(base_url=provider.url, api_key="k", max_retries=0)

    def loop(self, create: Any) -> None:
        """An agent's loop as programs write it: the whole conversation goes with every request."""
        messages: list[Any] = [{"role": "developer", "content": "be brief"}, {"role": "user", "content": "find x"}]
        for _ in range(3):
            message = create(messages)
            messages.append(message)
            calls = message.get("tool_calls") or []
            for call in calls:
                output = search(**json.loads(call["function"]["arguments"]))
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": output})
            if not calls:
                return

    EXPECTED = [
        ("system", "be brief", None, None),
        ("user", "find x", None, None),
        ("assistant", "let me see", None, None),
        ("tool", None, "search", "found x"),
        ("assistant", "", None, None),
        ("tool", None, "search", "found x"),
        ("assistant", "here", None, None),
    ]

    @there("openai")
    def test_a_loop_is_recorded_once(self) -> None:
        from looplint.adapters.openai import record_client

        provider = self.provider(
            loopback.chat("let me see", [("c1", "search", {"q": "x"})]),
            loopback.chat(None, [("c2", "search", {"q": "x"})]),
            loopback.chat("here"),
        )
        with self.recorder() as recorder:
            client = record_client(self.client(provider), recorder, agent_name="planner")

            def create(messages: list[Any]) -> Any:
                answer = client.chat.completions.create(model="m", messages=messages)
                return answer.choices[0].message.model_dump(exclude_none=True)

            self.loop(create)
        self.assertEqual(self.short(recorder), self.EXPECTED)
        turns = self.turns(recorder)
        self.assertEqual([turn["agent_name"] for turn in turns[:3]], [None, None, "planner"])
        self.assertTrue(all(turn["latency_ms"] is not None for turn in turns[2:]))
        self.assertEqual((turns[3]["tool_input"], turns[3]["tool_call_id"]), ({"q": "x"}, "c1"))
        self.assertEqual(turns[2]["tool_calls"], [{"id": "c1", "name": "search", "arguments": '{"q": "x"}'}])
        self.assertEqual(
            [turns[2][name] for name in ("finish_reason", "tokens_in", "tokens_out")], ["tool_calls", 5, 7]
        )
        # What is sent is what would be sent without a recorder.
        self.assertEqual(len(provider.requests[2]["body"]["messages"]), 6)

    @there("openai")
    def test_a_stream_reaches_the_program_and_the_trace(self) -> None:
        from looplint.adapters.openai import record_client

        provider = self.provider(
            loopback.chunks("let me see", ("c1", "search", {"q": "x"})),
            loopback.chunks("", ("c2", "search", {"q": "x"})),
            loopback.chunks("here"),
        )
        with self.recorder() as recorder:
            client = record_client(self.client(provider), recorder)

            def create(messages: list[Any]) -> Any:
                with client.chat.completions.stream(model="m", messages=messages) as stream:
                    for _ in stream:
                        pass
                    return stream.get_final_completion().choices[0].message.model_dump(exclude_none=True)

            self.loop(create)
        self.assertEqual(self.short(recorder), self.EXPECTED)

    @there("openai")
    def test_a_stream_left_early_is_recorded_as_far_as_it_came(self) -> None:
        from looplint.adapters.openai import record_client

        provider = self.provider(loopback.chunks("abcdef"))
        with self.recorder() as recorder:
            client = record_client(self.client(provider), recorder)
            with client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "go"}], stream=True
            ) as stream:
                said = ""
                for chunk in stream:
                    said += chunk.choices[0].delta.content
                    if len(said) == 3:
                        break
        self.assertEqual(self.short(recorder)[-1][1], "abc")

    @there("openai")
    def test_asynchronous_clients_raw_answers_copies_and_parsed_ones(self) -> None:
        from looplint.adapters.openai import record_client

        asking = [{"role": "user", "content": "go"}]
        provider = self.provider(
            loopback.chat("one"), loopback.chunks("two"), loopback.chat("three"), loopback.chat("four")
        )

        async def run() -> TraceRecorder:
            async with self.recorder() as recorder:
                client = record_client(self.client(provider, "AsyncOpenAI"))
                await client.chat.completions.create(model="m", messages=asking)
                stream = await client.chat.completions.create(model="m", messages=asking, stream=True)
                said = [chunk.choices[0].delta.content async for chunk in stream]
                self.assertEqual("".join(part or "" for part in said), "two")
                raw = await client.with_options(timeout=5).chat.completions.with_raw_response.create(
                    model="m", messages=asking
                )
                self.assertEqual(raw.parse().choices[0].message.content, "three")
                parsed = await client.chat.completions.parse(model="m", messages=asking)
                self.assertEqual(parsed.choices[0].message.content, "four")
                await client.close()
            return recorder

        recorder = asyncio.run(run())
        self.assertEqual([turn[1] for turn in self.short(recorder)], ["go", "one", "two", "three", "four"])

    @there("openai")
    def test_failures_and_cut_answers_are_errors_of_their_turns(self) -> None:
        import openai

        from looplint.adapters.openai import record_client

        provider = self.provider(loopback.chat("The answ", finish="length"), 429)
        with self.recorder() as recorder:
            client = record_client(self.client(provider), recorder)
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": "go"}])
            with self.assertRaises(openai.RateLimitError):
                client.chat.completions.create(model="m", messages=[{"role": "user", "content": "go on"}])
        turns = self.turns(recorder)
        self.assertEqual((turns[1]["content"], turns[1]["finish_reason"]), ("The answ", "length"))
        self.assertEqual((turns[3]["role"], turns[3]["kind"]), ("system", "notice"))
        self.assertRegex(turns[3]["error"], "RateLimitError: .*429")

    @there("openai")
    def test_messages_said_twice_are_two_turns(self) -> None:
        from looplint.adapters.openai import record_client

        provider = self.provider(loopback.chat("a"), loopback.chat("b"), loopback.chat("c"))
        with self.recorder() as recorder:
            client = record_client(self.client(provider), recorder)
            messages: list[Any] = []
            for _ in range(3):
                messages.append({"role": "user", "content": "continue"})
                answer = client.chat.completions.create(model="m", messages=messages)
                messages.append(answer.choices[0].message)
        said = [turn[1] for turn in self.short(recorder)]
        self.assertEqual(said, ["continue", "a", "continue", "b", "continue", "c"])

    @there("openai")
    def test_responses_whole_streamed_and_with_hosted_tools(self) -> None:
        from looplint.adapters.openai import record_client

        call = {
            "id": "f1",
            "type": "function_call",
            "call_id": "c1",
            "name": "search",
            "arguments": '{"q": "x"}',
            "status": "completed",
        }
        web = {
            "id": "w1",
            "type": "web_search_call",
            "status": "failed",
            "action": {"type": "search", "query": "x"},
        }
        final = loopback.response([loopback.said("here")])
        events = [
            {"type": "response.created", "sequence_number": 0, "response": loopback.response([], "in_progress")},
            {"type": "response.completed", "sequence_number": 1, "response": final},
        ]
        cut = loopback.response([loopback.said("so")], "incomplete", incomplete_details={"reason": "max_output_tokens"})
        provider = self.provider(loopback.response([web, call]), events, cut)
        with self.recorder() as recorder:
            client = record_client(self.client(provider), recorder)
            items: list[Any] = [{"role": "user", "content": "find x"}]
            first = client.responses.create(model="m", instructions="be brief", input=items)
            items += first.output
            items.append({"type": "function_call_output", "call_id": "c1", "output": "found x"})
            for _ in client.responses.create(model="m", instructions="be brief", input=items, stream=True):
                pass
            client.responses.create(model="m", input="and?")
        self.assertEqual(
            self.short(recorder),
            [
                ("system", "be brief", None, None),
                ("user", "find x", None, None),
                ("assistant", "", None, None),
                ("tool", None, "web_search", None),
                ("assistant", "", None, None),
                ("tool", None, "search", "found x"),
                ("assistant", "here", None, None),
                ("user", "and?", None, None),
                ("assistant", "so", None, None),
            ],
        )
        turns = self.turns(recorder)
        self.assertEqual((turns[3]["error"], turns[-1]["finish_reason"]), ("status: failed", "max_output_tokens"))

    @there("openai")
    def test_without_a_recorder_nothing_changes(self) -> None:
        from looplint.adapters.openai import record_client

        provider = self.provider(loopback.chat("yes"))
        client = record_client(self.client(provider))
        answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "go"}])
        self.assertEqual(answer.choices[0].message.content, "yes")

    def test_other_objects_are_refused(self) -> None:
        from looplint.adapters.openai import record_client

        with self.assertRaises(TypeError):
            record_client(object())


class OfAnthropic(Client):
    def client(self, provider: loopback.Loopback, kind: str = "Anthropic") -> Any:
        import anthropic

        return getattr(anthropic, kind)(base_url=provider.url, api_key="k", max_retries=0)

    def loop(self, create: Any) -> None:
        messages: list[Any] = [{"role": "user", "content": "find x"}]
        for _ in range(3):
            message = create(messages)
            messages.append({"role": "assistant", "content": message.content})
            results = [
                {"type": "tool_result", "tool_use_id": block.id, "content": search(**block.input)}
                for block in message.content
                if block.type == "tool_use"
            ]
            if not results:
                return
            messages.append({"role": "user", "content": results})

    EXPECTED = [
        ("system", "be brief", None, None),
        ("user", "find x", None, None),
        ("assistant", "let me see", None, None),
        ("tool", None, "search", "found x"),
        ("assistant", "here", None, None),
    ]

    @there("anthropic")
    def test_a_loop_is_recorded_once(self) -> None:
        from looplint.adapters.anthropic import record_client

        use = {"type": "tool_use", "id": "t1", "name": "search", "input": {"q": "x"}}
        provider = self.provider(
            loopback.message([{"type": "text", "text": "let me see"}, use], "tool_use"),
            loopback.message([{"type": "text", "text": "here"}]),
        )
        with self.recorder() as recorder:
            client = record_client(self.client(provider), recorder)
            self.loop(
                lambda messages: client.messages.create(
                    model="m", max_tokens=9, system=[{"type": "text", "text": "be brief"}], messages=messages
                )
            )
        self.assertEqual(self.short(recorder), self.EXPECTED)
        self.assertTrue(all(turn["latency_ms"] is not None for turn in self.turns(recorder)[2:]))

    @there("anthropic")
    def test_a_stream_reaches_the_program_and_the_trace(self) -> None:
        from looplint.adapters.anthropic import record_client

        provider = self.provider(
            loopback.message_events("let me see", ("t1", "search", {"q": "x"})), loopback.message_events("here")
        )
        with self.recorder() as recorder:
            client = record_client(self.client(provider), recorder)

            def create(messages: list[Any]) -> Any:
                with client.messages.stream(model="m", max_tokens=9, system="be brief", messages=messages) as stream:
                    "".join(stream.text_stream)
                    return stream.get_final_message()

            self.loop(create)
        self.assertEqual(self.short(recorder), self.EXPECTED)

    @there("anthropic")
    def test_asynchronous_clients_and_streams(self) -> None:
        from looplint.adapters.anthropic import record_client

        asking = [{"role": "user", "content": "go"}]
        provider = self.provider(
            loopback.message([{"type": "text", "text": "one"}]), loopback.message_events("two"), 529
        )

        async def run() -> TraceRecorder:
            import anthropic

            async with self.recorder() as recorder:
                client = record_client(self.client(provider, "AsyncAnthropic"))
                await client.messages.create(model="m", max_tokens=9, messages=asking)
                async with client.messages.stream(model="m", max_tokens=9, messages=asking) as stream:
                    self.assertEqual("".join([text async for text in stream.text_stream]), "two")
                with self.assertRaises(anthropic.APIStatusError):
                    await client.messages.create(model="m", max_tokens=9, messages=asking)
                await client.close()
            return recorder

        recorder = asyncio.run(run())
        self.assertEqual([turn[1] for turn in self.short(recorder)][:3], ["go", "one", "two"])
        self.assertIn("529", self.turns(recorder)[3]["error"])

    @there("anthropic")
    def test_refusals_tool_errors_and_tools_at_the_provider(self) -> None:
        from looplint.adapters.anthropic import record_client

        server = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}}
        found = {
            "type": "web_search_tool_result",
            "tool_use_id": "s1",
            "content": {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"},
        }
        use = {"type": "tool_use", "id": "t1", "name": "book", "input": {}}
        provider = self.provider(
            loopback.message([server, found, use], "tool_use"),
            loopback.message([{"type": "text", "text": "I"}], "refusal"),
        )
        with self.recorder() as recorder:
            client = record_client(self.client(provider), recorder)
            messages: list[Any] = [{"role": "user", "content": "find x"}]
            first = client.messages.create(model="m", max_tokens=9, messages=messages)
            result = {"type": "tool_result", "tool_use_id": "t1", "content": "no seats", "is_error": True}
            messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
            client.messages.create(model="m", max_tokens=9, messages=messages)
        turns = self.turns(recorder)
        self.assertEqual([turn["tool_name"] for turn in turns], [None, None, "web_search", "book", None])
        self.assertIn("max_uses_exceeded", json.dumps(turns[2]["error"]))
        self.assertEqual((turns[3]["error"], turns[4]["finish_reason"]), ("no seats", "refusal"))


if __name__ == "__main__":
    unittest.main()

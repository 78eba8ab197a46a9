"""The recorder as a program uses it: what is in the file afterwards."""

from __future__ import annotations

import asyncio
import concurrent.futures
import datetime
import json
import math
import os
import pathlib
import tempfile
import unittest
import warnings
from dataclasses import dataclass
from typing import Any

from tree import looplint

from looplint import LooplintWarning, TraceRecorder, current_recorder, redact_secrets

TURN = {
    "turn_number",
    "role",
    "content",
    "agent_name",
    "tool_name",
    "tool_input",
    "tool_output",
    "error",
    "latency_ms",
}


class Recording(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "not" / "there" / "yet"

    def recorder(self, **options: Any) -> TraceRecorder:
        return TraceRecorder("find the cheapest flight", self.folder, **options)

    def written(self) -> Any:
        files = sorted(self.folder.iterdir())
        self.assertEqual(len(files), 1, files)
        return json.loads(files[0].read_text(encoding="utf-8"), parse_constant=self.fail)


class TheFile(Recording):
    def test_has_the_native_form_and_the_promised_name(self) -> None:
        with self.recorder(trace_id="run/7 ü") as recorder:
            recorder.add_turn("user", "hello")
            recorder.add_turn("tool", None, "search", {"q": "x"}, ["a"], 12.5)
            recorder.set_final_result("LH 400", True)
        trace = self.written()
        self.assertEqual(list(trace), ["trace_id", "original_goal", "final_result", "is_successful", "turns"])
        self.assertEqual((trace["trace_id"], trace["original_goal"]), ("run/7 ü", "find the cheapest flight"))
        self.assertEqual((trace["final_result"], trace["is_successful"]), ("LH 400", True))
        self.assertTrue(all(set(turn) == TURN for turn in trace["turns"]))
        self.assertEqual([turn["turn_number"] for turn in trace["turns"]], [1, 2])
        tool = trace["turns"][1]
        self.assertEqual((tool["tool_name"], tool["tool_input"], tool["tool_output"]), ("search", {"q": "x"}, ["a"]))
        self.assertEqual(tool["latency_ms"], 12.5)
        self.assertIsNotNone(recorder.path)
        self.assertRegex(str(recorder.path), r"trace_run-7-_\d{8}T\d{12}Z\.json$")

    def test_is_absent_and_not_false_where_nothing_was_said(self) -> None:
        with self.recorder() as recorder:
            recorder.add_turn("assistant", "hm")
        trace = self.written()
        self.assertIsNone(trace["is_successful"])
        self.assertIsNone(trace["final_result"])
        self.assertIsNone(trace["turns"][0]["latency_ms"])

    def test_is_written_when_the_body_raises_and_the_exception_goes_on(self) -> None:
        for error in (ValueError("no such city"), KeyboardInterrupt(), asyncio.CancelledError()):
            with self.subTest(error=error):
                self.folder = self.folder / "again"
                with self.assertRaises(type(error)), self.recorder() as recorder:
                    recorder.add_turn("user", "hello")
                    raise error
                trace = self.written()
                self.assertFalse(trace["is_successful"])
                self.assertIn(type(error).__name__, trace["turns"][-1]["error"])

    def test_keeps_a_success_that_was_said_before_the_exception(self) -> None:
        with self.assertRaises(ValueError), self.recorder() as recorder:
            recorder.set_final_result("done", True)
            raise ValueError("clean-up failed")
        self.assertTrue(self.written()["is_successful"])

    def test_leaves_no_half_written_file(self) -> None:
        self.folder.parent.mkdir(parents=True)
        self.folder.write_text("a file where the folder should be")
        with self.assertRaises(OSError), self.recorder() as recorder:
            recorder.add_turn("user", "hello")
        self.assertEqual(self.folder.read_text(), "a file where the folder should be")
        with self.assertWarnsRegex(LooplintWarning, "could not be written"), self.assertRaises(ValueError):
            with self.recorder():
                raise ValueError("the program's own exception comes first")

    def test_can_be_saved_before_the_end(self) -> None:
        with self.recorder() as recorder:
            recorder.add_turn("user", "hello")
            recorder.save()
            self.assertEqual(len(self.written()["turns"]), 1)
            recorder.add_turn("assistant", "yes")
        self.assertEqual(len(self.written()["turns"]), 2)

    def test_records_one_run_only(self) -> None:
        with self.recorder() as recorder:
            pass
        with self.assertRaises(RuntimeError):
            recorder.add_turn("user", "too late")
        with self.assertRaises(RuntimeError), recorder:
            pass


class Values(Recording):
    def kept(self, value: Any, **options: Any) -> Any:
        self.folder = self.folder / "next"
        with self.recorder(**options) as recorder:
            recorder.add_turn("tool", None, "t", value)
        return self.written()["turns"][0]["tool_input"]

    def test_are_copied_when_they_are_seen(self) -> None:
        with self.recorder() as recorder:
            cart = {"items": [1]}
            recorder.add_turn("tool", None, "add", cart)
            cart["items"].append(2)
        self.assertEqual(self.written()["turns"][0]["tool_input"], {"items": [1]})

    def test_of_any_kind_become_json_that_strict_readers_take(self) -> None:
        @dataclass
        class City:
            name: str

        class Rude:
            def __str__(self) -> str:
                raise RuntimeError("no")

        loop: list[Any] = [1]
        loop.append(loop)
        day = datetime.date(2026, 1, 2)
        cases: list[tuple[Any, Any]] = [
            (math.nan, "nan"),
            (math.inf, "inf"),
            (2**64, str(2**64)),
            (-(2**63), -(2**63)),
            (True, True),
            ("a\ud800b", "a\\ud800b"),
            (b"\xff\x00ok", "\\xff\x00ok"),
            ({1: (2, {3})}, {"1": [2, [3]]}),
            (City("Oslo"), {"name": "Oslo"}),
            (day, "2026-01-02"),
            (pathlib.PurePosixPath("/x"), "/x"),
            (ValueError("bad"), "ValueError: bad"),
            (Rude(), "[unreadable Rude]"),
            (loop, [1, "[refers to itself]"]),
        ]
        for value, expected in cases:
            with self.subTest(expected=expected):
                self.assertEqual(self.kept(value), expected)

    def test_of_hostile_depth_do_no_harm(self) -> None:
        deep: list[Any] = []
        for _ in range(100_000):
            deep = [deep]
        text = json.dumps(self.kept(deep))
        self.assertIn("deeper than", text)
        self.assertLess(len(text), 500)

    def test_pass_the_redaction_hook(self) -> None:
        seen: list[str] = []

        def hide(where: str, text: str) -> str:
            seen.append(where)
            return text.replace("Kim", "[name]")

        with TraceRecorder("help Kim", self.folder, redact=hide) as recorder:
            recorder.add_turn("user", "I am Kim")
            recorder.add_turn("tool", None, "find", {"who": [{"name": "Kim"}]}, "Kim found", error="Kim twice")
            recorder.set_final_result("Kim is here")
        trace = self.written()
        self.assertNotIn("Kim", json.dumps(trace))
        self.assertEqual(trace["original_goal"], "help [name]")
        self.assertIn("tool_input.who.0.name", seen)
        self.assertTrue({"content", "tool_output", "error", "final_result", "original_goal"} <= set(seen))

    def test_stay_hidden_when_the_hook_fails(self) -> None:
        def broken(where: str, text: str) -> str:
            raise RuntimeError("hook")

        def wrong(where: str, text: str) -> str:
            return None  # type: ignore[return-value]

        self.assertEqual(self.kept("secret", redact=broken), "[redaction failed]")
        self.assertEqual(self.kept("secret", redact=wrong), "[redaction failed]")

    def test_lose_their_secrets_by_name_and_by_shape(self) -> None:
        value = {
            "password": "hunter2",
            "api_key": "k",
            "note": "call with Authorization: Bearer abcdefgh12345 please",
            "env": "OPENAI_API_KEY=sk-abcdefghijklmnopqrstuv and PATH=/usr/bin",
            "url": "postgres://app:s3cret@db/x",
            "json": '{"client_secret": "xyzzy1234", "city": "Oslo"}',
            "tokens": "spent 512 tokens on the author of secretariat",
            "city": "Oslo",
        }
        kept = self.kept(value, redact=redact_secrets)
        text = json.dumps(kept)
        for secret in ("hunter2", "abcdefgh12345", "sk-abc", "s3cret", "xyzzy"):
            self.assertNotIn(secret, text)
        self.assertEqual(kept["city"], "Oslo")
        self.assertIn("PATH=/usr/bin", kept["env"])
        self.assertIn("Oslo", kept["json"])
        self.assertIn("postgres://app:[redacted]@db/x", kept["url"])


class Tools(Recording):
    def test_are_recorded_with_arguments_result_and_time(self) -> None:
        with self.recorder(agent_name="planner") as recorder:

            @recorder.tool
            def search(query: str, limit: int = 3, **more: Any) -> list[str]:
                """Finds things."""
                return [query] * limit

            self.assertEqual(search("x", page=2), ["x", "x", "x"])
            self.assertEqual((search.__name__, search.__doc__), ("search", "Finds things."))
        turn = self.written()["turns"][0]
        self.assertEqual((turn["role"], turn["tool_name"], turn["agent_name"]), ("tool", "search", "planner"))
        self.assertEqual(turn["tool_input"], {"query": "x", "page": 2})
        self.assertEqual(turn["tool_output"], ["x", "x", "x"])
        self.assertGreaterEqual(turn["latency_ms"], 0)

    def test_that_raise_are_recorded_and_still_raise(self) -> None:
        with self.recorder() as recorder:

            @recorder.tool(name="lookup")
            def find(city: str) -> str:
                raise KeyError(city)

            with self.assertRaises(KeyError):
                find("Oslo")
            with self.assertRaises(TypeError):
                find()  # type: ignore[call-arg]
        turns = self.written()["turns"]
        self.assertEqual([turn["error"].split(":")[0] for turn in turns], ["KeyError", "TypeError"])
        self.assertEqual(turns[0]["tool_name"], "lookup")
        self.assertIsNone(turns[0]["tool_output"])

    def test_that_are_coroutines_are_timed_until_they_end(self) -> None:
        async def run() -> None:
            async with self.recorder() as recorder:

                @recorder.tool
                async def wait(seconds: float) -> str:
                    await asyncio.sleep(seconds)
                    return "rested"

                self.assertTrue(asyncio.iscoroutinefunction(wait))
                self.assertEqual(await wait(0.05), "rested")
                sleeping = asyncio.ensure_future(wait(60))
                await asyncio.sleep(0.01)
                sleeping.cancel()
                await asyncio.gather(sleeping, return_exceptions=True)

        asyncio.run(run())
        first, second = self.written()["turns"]
        self.assertGreaterEqual(first["latency_ms"], 49)
        self.assertEqual(first["tool_output"], "rested")
        self.assertIn("CancelledError", second["error"])

    def test_defined_before_the_run_find_their_recorder(self) -> None:
        @looplint.tool(name="double", agent_name="maths")
        def twice(n: int) -> int:
            return 2 * n

        class Desk:
            @looplint.tool
            def book(self, city: str) -> str:
                return city.upper()

        self.assertIsNone(current_recorder())
        self.assertEqual(twice(1), 2)
        with self.recorder() as recorder:
            self.assertIs(current_recorder(), recorder)
            self.assertEqual(twice(4), 8)
            self.assertEqual(Desk().book("Oslo"), "OSLO")
        self.assertIsNone(current_recorder())
        turns = self.written()["turns"]
        self.assertEqual([turn["tool_input"] for turn in turns], [{"n": 4}, {"city": "Oslo"}])
        self.assertEqual([turn["agent_name"] for turn in turns], ["maths", None])

    def test_that_generate_are_refused(self) -> None:
        def letters() -> Any:
            yield "a"

        with self.assertRaises(TypeError):
            looplint.tool(letters)

    def test_that_end_after_the_trace_warn(self) -> None:
        with self.recorder() as recorder:
            late = recorder.tool(lambda: "result")
        with self.assertWarnsRegex(LooplintWarning, "after the trace was written"):
            self.assertEqual(late(), "result")
        self.assertEqual(self.written()["turns"], [])


class Concurrency(Recording):
    def test_of_threads_loses_and_repeats_no_turn(self) -> None:
        with self.recorder() as recorder:
            add = recorder.tool(lambda thread, n: thread * 1000 + n, name="add")

            def work(thread: int) -> None:
                for n in range(200):
                    add(thread, n)
                    recorder.add_turn("assistant", f"{thread}:{n}")

            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                list(pool.map(work, range(8)))
        turns = self.written()["turns"]
        self.assertEqual([turn["turn_number"] for turn in turns], list(range(1, 3201)))
        said = sorted(turn["content"] for turn in turns if turn["role"] == "assistant")
        self.assertEqual(said, sorted(f"{thread}:{n}" for thread in range(8) for n in range(200)))
        for turn in turns:
            if turn["role"] == "tool":
                self.assertEqual(turn["tool_output"], turn["tool_input"]["thread"] * 1000 + turn["tool_input"]["n"])

    def test_of_runs_in_tasks_keeps_each_to_its_own(self) -> None:
        @looplint.tool
        async def step(run: int) -> int:
            await asyncio.sleep(0.001)
            return run

        async def run(number: int) -> None:
            async with self.recorder(trace_id=f"run{number}"):
                for _ in range(5):
                    await step(number)

        async def main() -> None:
            await asyncio.gather(*(run(number) for number in range(20)))

        asyncio.run(main())
        files = list(self.folder.iterdir())
        self.assertEqual(len(files), 20)
        for file in files:
            trace = json.loads(file.read_text())
            outputs = {f"run{turn['tool_output']}" for turn in trace["turns"]}
            self.assertEqual((outputs, len(trace["turns"])), ({trace["trace_id"]}, 5))


class Requests(Recording):
    """What adapters say of calls, and what decorated tools say of the same calls."""

    def test_and_answers_are_one_turn(self) -> None:
        with self.recorder() as recorder:
            recorder.call_requested("c1", "search", '{"q": "x"}', "planner")
            recorder.call_answered("c1", "found")
            recorder.call_answered("c1", "found")
        turns = self.written()["turns"]
        self.assertEqual(len(turns), 1)
        self.assertNotIn("tool_call_id", turns[0])
        self.assertEqual((turns[0]["tool_input"], turns[0]["agent_name"]), ('{"q": "x"}', "planner"))

    def test_that_a_decorated_tool_answers_are_not_recorded_twice(self) -> None:
        with self.recorder() as recorder:
            search = recorder.tool(lambda q: f"found {q}", name="search")
            recorder.call_requested("c1", "search", '{"q": "a"}')
            recorder.call_requested("c2", "search", {"q": "b"})
            search(q="b")
            recorder.call_answered("c2", "found b")
            recorder.call_answered("c1", "cancelled by the user")
        turns = self.written()["turns"]
        self.assertEqual([turn["tool_output"] for turn in turns], ["found b", "cancelled by the user"])

    def test_stand_in_the_turn_that_made_them(self) -> None:
        with self.recorder() as recorder:
            search = recorder.tool(lambda q: f"found {q}", name="search")
            recorder.message("assistant", "", calls=[("c1", "search", {"q": "a"}), ("c2", "search", {"q": "b"})])
            search(q="b")
            search(q="c")
        asked, *ran = self.written()["turns"]
        self.assertEqual([call["id"] for call in asked["tool_calls"]], ["c1", "c2"])
        # The program may change the arguments that a model wrote: by its name it is still the tool's answer.
        self.assertEqual([turn.get("tool_call_id") for turn in ran], ["c2", "c1"])

    def test_of_providers_that_count_anew_are_told_apart(self) -> None:
        with self.recorder() as recorder:
            for n in range(3):
                recorder.message("assistant", "", calls=[("call_0", "next", {"n": n})])
                recorder.call_answered("call_0", n + 1)
        outputs = [turn["tool_output"] for turn in self.written()["turns"] if turn["role"] == "tool"]
        self.assertEqual(outputs, [1, 2, 3])

    def test_can_be_compared_with_the_tools_that_were_declared(self) -> None:
        schema = {"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}
        with self.recorder() as recorder:
            recorder.declare_tools([schema, "book"])
            recorder.declare_tools([schema])
        self.assertEqual(self.written()["tools"], [schema, "book"])


class Permissions(Recording):
    @unittest.skipUnless(os.name == "posix", "modes are a matter of POSIX")
    def test_follow_the_process_as_for_any_file(self) -> None:
        before = os.umask(0o027)
        self.addCleanup(os.umask, before)
        with self.recorder() as recorder:
            pass
        assert recorder.path is not None
        self.assertEqual(recorder.path.stat().st_mode & 0o777, 0o640)


if __name__ == "__main__":
    warnings.simplefilter("error")
    unittest.main()

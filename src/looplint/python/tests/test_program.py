"""The package as a way to the program: finding it, running it, reading its JSON.

The tests of the real program need one: LOOPLINT_BIN, or the package as installed from its wheel.
"""

from __future__ import annotations

import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import textwrap
import unittest
from typing import Any
from unittest import mock

from tree import looplint

from looplint import BinaryNotFound, LooplintError, LooplintWarning, TraceRecorder

SLOW = textwrap.dedent(
    """\
    def common(xs: list[int], ys: list[int]) -> list[int]:
        out = []
        for x in xs:
            if x in ys:
                out.append(x)
        return out
    """
)


def program() -> str | None:
    try:
        return looplint.find_bin()
    except BinaryNotFound:
        return None


def answering(folder: pathlib.Path, answer: Any, exit_code: int, error: str = "") -> str:
    """A program that writes its arguments to `arguments`, and gives a fixed answer."""
    path = folder / "program"
    path.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        f"json.dump(sys.argv[1:], open({str(folder / 'arguments')!r}, 'w'))\n"
        f"sys.stdout.write({answer if isinstance(answer, str) else json.dumps(answer)!r})\n"
        f"sys.stderr.write({error!r})\n"
        f"sys.exit({exit_code})\n"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


class InAFolder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def environment(self, **variables: str) -> None:
        patch = mock.patch.dict(os.environ, variables)
        patch.start()
        self.addCleanup(patch.stop)


class Finding(InAFolder):
    def test_the_program_named_by_the_variable(self) -> None:
        self.environment(LOOPLINT_BIN=str(self.folder / "none"))
        with self.assertRaisesRegex(BinaryNotFound, "none"):
            looplint.find_bin()
        (self.folder / "none").touch()
        self.assertEqual(looplint.find_bin(), str(self.folder / "none"))

    def test_the_program_beside_a_package_in_a_target_folder(self) -> None:
        """`pip install --target DIR`, which no scheme of the interpreter knows."""
        source = pathlib.Path(looplint.__file__).parent
        copy = self.folder / "copy"
        (copy / "bin").mkdir(parents=True)
        name = "looplint" + (".exe" if os.name == "nt" else "")
        (copy / "bin" / name).touch()
        package = copy / "looplint"
        package.mkdir()
        for file in source.glob("*.py"):
            (package / file.name).write_bytes(file.read_bytes())
        code = "import looplint; print(looplint.find_bin())"
        environment = {k: v for k, v in os.environ.items() if k != "LOOPLINT_BIN"}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=copy)
        self.assertIn(os.path.join("bin", "looplint"), done.stdout, done.stderr)


@unittest.skipUnless(os.name == "posix", "the stand-in program is a script with a first line")
class Reading(InAFolder):
    def answers(self, answer: Any, exit_code: int = 1, error: str = "") -> None:
        self.environment(LOOPLINT_BIN=answering(self.folder, answer, exit_code, error))

    def arguments(self) -> Any:
        return json.loads((self.folder / "arguments").read_text())

    SIMPLE = {
        "version": "1",
        "findings": [{"file": "a.py", "line": 3, "pattern": "p", "estimated_slowdown_pct": 40, "suggestion": "s"}],
        "problems": [{"file": "b.py", "line": 1, "kind": "syntax", "message": "what is this"}],
        "summary": {},
    }

    def test_findings_and_problems(self) -> None:
        self.answers(self.SIMPLE)
        with self.assertWarnsRegex(LooplintWarning, "b.py:1: what is this"):
            findings = looplint.check("src", select=["a", "b"], min_slowdown=5, isolated=True, config=None, fix=False)
        self.assertEqual(
            self.arguments(),
            ["check", "--json", "--select=a", "--select=b", "--min-slowdown=5", "--isolated", "--", "src"],
        )
        self.assertEqual(len(findings), 1)
        finding = findings[0]
        self.assertEqual((finding.file, finding.line, finding.pattern, finding.suggestion), ("a.py", 3, "p", "s"))
        self.assertEqual(finding.estimated_slowdown_pct, 40.0)
        self.assertIsNone(finding.explanation)
        self.assertEqual(finding.raw, self.SIMPLE["findings"][0])
        self.assertEqual(looplint.report([self.folder, "x"]).version, "1")
        self.assertEqual(self.arguments()[-3:], ["--", str(self.folder), "x"])

    def test_a_program_that_could_not_run_is_an_exception(self) -> None:
        self.answers("", 2, "error: no such file: src\n")
        with self.assertRaises(LooplintError) as caught:
            looplint.check("src")
        self.assertEqual((str(caught.exception), caught.exception.exit_code), ("error: no such file: src", 2))
        for answer in ("", "[1]", '{"findings": '):
            with self.subTest(answer=answer):
                self.answers(answer, 0)
                with self.assertRaises(LooplintError):
                    looplint.check()

    def test_a_trace_as_a_file_and_as_a_dictionary(self) -> None:
        self.answers({"mode": "CLEAN"}, 0)
        self.assertEqual(looplint.classify("runs/a.json", threshold=2), {"mode": "CLEAN"})
        self.assertEqual(
            self.arguments(), ["trace", "classify", "--output-format", "json", "--threshold=2", "--", "runs/a.json"]
        )
        looplint.classify({"turns": []})
        path = self.arguments()[-1]
        self.assertTrue(path.endswith("trace.json"))
        self.assertFalse(os.path.exists(path))


@unittest.skipUnless(program(), "the program is not here: set LOOPLINT_BIN, or install the wheel")
class TheProgram(InAFolder):
    def test_checks_a_file(self) -> None:
        (self.folder / "slow.py").write_text(SLOW)
        findings = looplint.check(self.folder, isolated=True)
        self.assertEqual([(os.path.basename(f.file), f.line) for f in findings], [("slow.py", 4)])
        finding = findings[0]
        self.assertTrue(finding.message and finding.suggestion and finding.pattern)
        self.assertGreater(finding.estimated_slowdown_pct or 0, 0)
        self.assertEqual((finding.severity, finding.domain), ("warning", "python"))
        self.assertEqual((finding.column, finding.end_line), (12, 4))

    def test_says_when_it_cannot_run(self) -> None:
        with self.assertRaises(LooplintError) as caught:
            looplint.check(self.folder / "nothing.py")
        self.assertEqual(caught.exception.exit_code, 2)
        self.assertIn("nothing.py", str(caught.exception))

    def test_tells_of_files_that_it_cannot_read(self) -> None:
        (self.folder / "broken.py").write_text("def (:\n")
        report = looplint.report(self.folder, isolated=True)
        self.assertEqual({os.path.basename(problem.file) for problem in report.problems}, {"broken.py"})
        self.assertEqual(report.version, looplint.__version__ if installed() else report.version)

    def test_classifies_what_the_recorder_wrote(self) -> None:
        with TraceRecorder("find flights to Oslo", self.folder) as recorder:
            search = recorder.tool(lambda q: "no results", name="search")
            recorder.add_turn("user", "find flights to Oslo")
            for _ in range(5):
                recorder.add_turn("assistant", "I will search again")
                search("flights Oslo")
            recorder.set_final_result("I could not find any flights", False)
        assert recorder.path is not None
        verdict = looplint.classify(recorder.path)
        self.assertIn("CIRCULAR_REASONING", json.dumps(verdict))
        as_data = looplint.classify(json.loads(recorder.path.read_text()))
        self.assertIn("CIRCULAR_REASONING", json.dumps(as_data))

    def test_answers_as_a_module(self) -> None:
        command = [sys.executable, "-m", "looplint"]
        environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(looplint.__file__).parent.parent)}
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, env=environment)
        self.assertEqual((done.returncode, done.stdout.split()[0]), (0, "looplint"), done.stderr)
        (self.folder / "slow.py").write_text(SLOW)
        done = subprocess.run([*command, "check", str(self.folder)], capture_output=True, env=environment)
        self.assertEqual(done.returncode, 1)


def installed() -> bool:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return bool(version("looplint"))
    except PackageNotFoundError:
        return False


if __name__ == "__main__":
    unittest.main()

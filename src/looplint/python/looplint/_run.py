"""Runs the program and reads its JSON.

Knows the shape of the output. Does not know any rule: what a finding says comes from the program.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

from ._binary import find_bin

Paths = Union[str, "os.PathLike[str]", Iterable[Union[str, "os.PathLike[str]"]]]


class LooplintError(RuntimeError):
    """The program could not do what it was asked: what it wrote to standard error, and its exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class LooplintWarning(UserWarning):
    """Something was left out: a file that could not be checked, a turn that came too late."""


@dataclass(frozen=True)
class Finding:
    """One finding. Lines and columns count from 1; `raw` is all that the program said of it."""

    file: str
    line: int
    pattern: str
    """The rule's id, `list-membership-in-loop`."""
    message: str
    suggestion: str
    estimated_slowdown_pct: float | None = None
    """(slow / fast - 1) * 100 as measured at the finding's own size; None where nothing was measured."""
    explanation: str | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    severity: str | None = None
    confidence: str | None = None
    domain: str | None = None
    cost: Mapping[str, Any] | None = None
    run: Mapping[str, Any] | None = None
    """For a finding in a trace: `id` of the run, `turn`, `mode` and `probability`."""
    fix: Mapping[str, Any] | None = None
    url: str | None = None
    fingerprint: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Finding:
        """Reads one element of the program's `findings`."""
        slowdown = data.get("estimated_slowdown_pct")
        return cls(
            file=str(data["file"]),
            line=int(data["line"]),
            pattern=str(data["pattern"]),
            message=str(data.get("message", "")),
            suggestion=str(data.get("suggestion", "")),
            estimated_slowdown_pct=None if slowdown is None else float(slowdown),
            explanation=data.get("explanation"),
            column=data.get("column"),
            end_line=data.get("end_line"),
            end_column=data.get("end_column"),
            severity=data.get("severity"),
            confidence=data.get("confidence"),
            domain=data.get("domain"),
            cost=data.get("cost"),
            run=data.get("run"),
            fix=data.get("fix"),
            url=data.get("url"),
            fingerprint=data.get("fingerprint"),
            raw=data,
        )


@dataclass(frozen=True)
class Problem:
    """Something that kept the program from checking all of a file; `raw` is all that it said of it."""

    file: str
    message: str
    line: int | None = None
    kind: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Problem:
        """Reads one element of the program's `problems`."""
        return cls(
            file=str(data.get("file", "")),
            message=str(data.get("message", "")),
            line=data.get("line"),
            kind=data.get("kind"),
            raw=data,
        )

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}"


@dataclass(frozen=True)
class Report:
    """What one run of the program said; `raw` is its JSON."""

    findings: list[Finding]
    problems: list[Problem]
    version: str
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


def report(paths: Paths = ".", *, cwd: str | os.PathLike[str] | None = None, **options: Any) -> Report:
    """Checks Python files and traces, and returns findings and problems.

    Options are the command's own, with `_` for `-`: `select=["quadratic-scan"]`, `min_slowdown=50`, `isolated=True`.
    A list repeats the option; True gives it without a value; None and False leave it out.
    Raises LooplintError when the program could not run, BinaryNotFound when there is none.
    """
    command = [find_bin(), "check", "--json", *_flags(options), "--", *_paths(paths)]
    data = _json_of(command, cwd)
    return Report(
        findings=[Finding.from_json(finding) for finding in data.get("findings", ())],
        problems=[Problem.from_json(problem) for problem in data.get("problems", ())],
        version=str(data.get("version", "")),
        raw=data,
    )


def check(paths: Paths = ".", *, cwd: str | os.PathLike[str] | None = None, **options: Any) -> list[Finding]:
    """Checks Python files and traces, and returns the findings; see `report` for the options.

    Files that could not be checked are told as LooplintWarning; `report` returns them.
    """
    answer = report(paths, cwd=cwd, **options)
    for problem in answer.problems:
        warnings.warn(str(problem), LooplintWarning, stacklevel=2)
    return answer.findings


def classify(
    trace: str | os.PathLike[str] | Mapping[str, Any], *, cwd: str | os.PathLike[str] | None = None, **options: Any
) -> dict[str, Any]:
    """Says what went wrong in an agent's run: `looplint trace classify` on a file, or on a trace as a dictionary.

    Options are the command's own, as in `report`. Raises LooplintError when the trace could not be read.
    """
    if isinstance(trace, Mapping):
        # A file, not standard input: a format is recognised by name and content alike.
        with tempfile.TemporaryDirectory(prefix="looplint-") as folder:
            path = os.path.join(folder, "trace.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(trace, file)
            return _classify_file(path, cwd, options)
    return _classify_file(os.fspath(trace), cwd, options)


def _classify_file(path: str, cwd: str | os.PathLike[str] | None, options: Mapping[str, Any]) -> dict[str, Any]:
    command = [find_bin(), "trace", "classify", "--output-format", "json", *_flags(options), "--", path]
    return _json_of(command, cwd)


def _paths(paths: Paths) -> list[str]:
    if isinstance(paths, (str, os.PathLike)):
        return [os.fspath(paths)]
    return [os.fspath(path) for path in paths]


def _flags(options: Mapping[str, Any]) -> list[str]:
    flags: list[str] = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            flags.append(flag)
        elif isinstance(value, (list, tuple, set, frozenset)):
            flags.extend(f"{flag}={item}" for item in (sorted(value) if isinstance(value, (set, frozenset)) else value))
        else:
            flags.append(f"{flag}={value}")
    return flags


def _json_of(command: Sequence[str], cwd: str | os.PathLike[str] | None) -> dict[str, Any]:
    # A format that was chosen for the terminal would replace the one that is read here.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOOPLINT_OUTPUT_")}
    done = subprocess.run(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    said = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode not in (0, 1):
        raise LooplintError(said or f"looplint ended with exit code {done.returncode}", done.returncode)
    try:
        data = json.loads(done.stdout)
    except ValueError:
        raise LooplintError(
            f"looplint's output is not JSON; it wrote to standard error: {said}", done.returncode
        ) from None
    if not isinstance(data, dict):
        raise LooplintError("looplint's output is not a JSON object", done.returncode)
    return data

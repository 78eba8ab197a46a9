"""looplint from Python: run the checks, and record an agent's run as a trace that looplint reads.

Knows the program's command line and its JSON. Does not know any rule, and needs no other package.
"""

from __future__ import annotations

from typing import Any

from ._binary import BinaryNotFound, find_bin
from ._record import TraceRecorder, current_recorder, tool
from ._redact import Redact, redact_secrets
from ._run import Finding, LooplintError, LooplintWarning, Problem, Report, check, classify, report

__all__ = [
    "BinaryNotFound",
    "Finding",
    "LooplintError",
    "LooplintWarning",
    "Problem",
    "Redact",
    "Report",
    "TraceRecorder",
    "check",
    "classify",
    "current_recorder",
    "find_bin",
    "redact_secrets",
    "report",
    "tool",
]


def __getattr__(name: str) -> Any:
    # Reading the version opens the package's metadata, which `import looplint` need not pay for.
    if name == "__version__":
        from importlib.metadata import version

        return version("looplint")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Takes secrets out of what a trace keeps.

Knows a few shapes of credentials. Does not claim to know all: a team's own names and numbers need the team's own hook.
"""

from __future__ import annotations

import re
from typing import Callable

Redact = Callable[[str, str], str]
"""A hook `(where, text) -> text`, called for every text before it is kept.

`where` is the place in the turn, `tool_input.user.email` or `content`.
"""

FAILED = "[redaction failed]"

_NAMES = r"(?:api[_-]?key|access[_-]?key|secret|token|passw(?:or)?d|passphrase|authorization|credential|cookie)"
_NAMED = re.compile(_NAMES, re.IGNORECASE)
_SHAPES = (
    # Keys and tokens that say what they are by their first letters.
    re.compile(r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}"),
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,}\b|\bgithub_pat_[A-Za-z0-9_]{20,}\b|\bglpat-[A-Za-z0-9_-]{16,}"),
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
)
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
_IN_URL = re.compile(r"\b([a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,200}):[^\s/@]{1,200}@", re.IGNORECASE)
# `"password": "x"`, `TOKEN=x`: the name stays, so that a reader sees what was there.
_ASSIGNED = re.compile(
    r"([\"']?[A-Za-z0-9_-]{0,40}" + _NAMES + r"[A-Za-z0-9_-]{0,40}[\"']?\s{0,4}[:=]\s{0,4})([\"']?)([^\s\"',;&}]{4,})",
    re.IGNORECASE,
)


def redact_secrets(where: str, text: str) -> str:
    """A hook for common credentials: by the name of the field and by the shape of the text."""
    field = where.rsplit(".", 1)[-1]
    if _NAMED.search(field):
        return "[redacted]"
    for shape in _SHAPES:
        text = shape.sub("[redacted]", text)
    text = _BEARER.sub(r"\1 [redacted]", text)
    text = _IN_URL.sub(r"\1:[redacted]@", text)
    return _ASSIGNED.sub(_keep_name, text)


def _keep_name(match: re.Match[str]) -> str:
    if match.group(3).startswith("[redacted"):
        return match.group(0)
    return f"{match.group(1)}{match.group(2)}[redacted]"


def redacted(redact: Redact | None, where: str, text: str) -> str:
    """`text` as `redact` wants it; a hook that fails hides the text rather than letting it through."""
    if redact is None:
        return text
    try:
        answer = redact(where, text)
    except Exception:  # noqa: BLE001 - whatever the hook raises, the run goes on and the text stays hidden
        return FAILED
    return answer if isinstance(answer, str) else FAILED

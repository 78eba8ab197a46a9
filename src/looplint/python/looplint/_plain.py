"""Turns any value into plain JSON data, at the moment it is seen.

Knows Python's common types. Does not fail: a value that cannot be shown becomes a text that says so.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import math
import os
from collections.abc import Mapping
from typing import Any

from ._redact import Redact, redacted

DEPTH_MAX = 60


def plain(value: Any, where: str, redact: Redact | None = None) -> Any:
    """`value` as dictionaries, lists, texts and numbers that every JSON reader takes.

    A copy: what the caller changes later does not change the record.
    """
    return _plain(value, where, redact, [])


def text_of(error: BaseException) -> str:
    """An exception in one text, `ValueError: no such city`."""
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - an exception's own text may fail too
        message = ""
    name = type(error).__name__
    return f"{name}: {message}" if message else name


def _plain(value: Any, where: str, redact: Redact | None, above: list[int]) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, enum.Enum):
        return _plain(value.value, where, redact, above)
    if isinstance(value, int):
        # Readers that hold numbers in 64 bits must not refuse the file.
        return int(value) if -(2**63) <= value < 2**63 else str(int(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, str):
        # A lone surrogate cannot be written as UTF-8.
        clean = str(value).encode("utf-8", "backslashreplace").decode("utf-8")
        return redacted(redact, where, clean)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return redacted(redact, where, bytes(value).decode("utf-8", "backslashreplace"))
    if id(value) in above:
        return "[refers to itself]"
    if len(above) >= DEPTH_MAX:
        return f"[deeper than {DEPTH_MAX} levels]"
    above.append(id(value))
    try:
        return _compound(value, where, redact, above)
    except Exception:  # noqa: BLE001 - code of the value's own class runs here
        return f"[unreadable {type(value).__name__}]"
    finally:
        above.pop()


def _compound(value: Any, where: str, redact: Redact | None, above: list[int]) -> Any:
    if isinstance(value, Mapping):
        return {_key(key): _plain(item, f"{where}.{_key(key)}", redact, above) for key, item in list(value.items())}
    if isinstance(value, (list, tuple, set, frozenset)) or type(value).__name__ == "deque":
        return [_plain(item, f"{where}.{index}", redact, above) for index, item in enumerate(list(value))]
    if isinstance(value, (datetime.date, datetime.time)):
        return redacted(redact, where, value.isoformat())
    if isinstance(value, BaseException):
        return _plain(text_of(value), where, redact, above)
    if isinstance(value, os.PathLike):
        return _plain(os.fspath(value), where, redact, above)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return _compound(fields, where, redact, above)
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        return _plain(dump(), where, redact, above)
    return _plain(str(value), where, redact, above)


def _key(key: Any) -> str:
    return str(key).encode("utf-8", "backslashreplace").decode("utf-8")

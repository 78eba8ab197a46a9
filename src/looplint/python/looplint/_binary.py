"""Finds the program that the wheel installed.

Knows where installers put scripts. Does not search PATH: another version there would answer in this one's name.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path


class BinaryNotFound(FileNotFoundError):
    """The package is importable, but the program is not beside it."""


def find_bin() -> str:
    """Absolute path of the `looplint` program of this installation.

    The variable LOOPLINT_BIN names another one. Raises BinaryNotFound when there is none.
    """
    chosen = os.environ.get("LOOPLINT_BIN")
    if chosen:
        if os.path.isfile(chosen):
            return os.path.abspath(chosen)
        raise BinaryNotFound(f"LOOPLINT_BIN names no file: {chosen}")
    name = "looplint" + (sysconfig.get_config_var("EXE") or "")
    tried: list[str] = []
    for folder in _folders():
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
        if path not in tried:
            tried.append(path)
    raise BinaryNotFound("the program was not found; looked at " + ", ".join(tried))


def _folders() -> Iterator[str]:
    yield sysconfig.get_path("scripts")
    # A virtual environment that sees the base installation's packages.
    yield sysconfig.get_path("scripts", vars={"base": sys.base_prefix})
    yield sysconfig.get_path("scripts", scheme=_user_scheme())
    # `pip install --target DIR` puts programs into DIR/bin,
    # `--prefix DIR` into DIR/bin above lib/pythonX.Y/site-packages.
    packages = Path(__file__).resolve().parent.parent
    scripts = "Scripts" if os.name == "nt" else "bin"
    yield str(packages / "bin")
    for above in packages.parents[:3]:
        yield str(above / scripts)


def _user_scheme() -> str:
    if os.name == "nt":
        return "nt_user"
    if sys.platform == "darwin" and sysconfig.get_config_var("PYTHONFRAMEWORK"):
        return "osx_framework_user"
    return "posix_user"

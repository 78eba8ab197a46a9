"""The package that is tested: as it is installed, or else as it stands in this tree."""

from __future__ import annotations

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))

import looplint  # noqa: E402

__all__ = ["looplint"]

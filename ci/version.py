#!/usr/bin/env python3
"""The version, which stands in several files for several tools: says whether all agree, or sets it everywhere.

    ci/version.py                 fails where one differs
    ci/version.py --tag v1.2.3    fails where they are not 1.2.3
    ci/version.py --set 1.2.3     writes it everywhere; Cargo.lock follows at the next build

Knows the places. Does not know what a release is: .github/workflows/release.yml does.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = r"(\d+\.\d+\.\d+)"
# The first place is the one that the others follow. Each pattern must match as often as is said.
PLACES = [
    ("Cargo.toml", rf'(?<=\[workspace\.package\]\nversion = "){VERSION}(?=")', 1),
    ("Cargo.toml", rf'(?<=, version = "){VERSION}(?=" \}}\n)', None),
    ("pyproject.toml", rf'(?<=\nversion = "){VERSION}(?=")', 1),
    ("pyproject.toml", rf'(?<="looplint==){VERSION}(?=")', 1),
    ("editors/vscode/package.json", rf'(?<=\n  "version": "){VERSION}(?=")', 1),
    ("editors/vscode/package-lock.json", rf'(?<="name": "looplint",\n  "version": "){VERSION}(?=")', 1),
    ("editors/vscode/package-lock.json", rf'(?<="name": "looplint",\n      "version": "){VERSION}(?=")', 1),
    ("editors/claude-code/.claude-plugin/plugin.json", rf'(?<="version": "){VERSION}(?=")', 1),
    ("editors/zed/extension.toml", rf'(?<=\nversion = "){VERSION}(?=")', 1),
    ("editors/zed/Cargo.toml", rf'(?<=name = "zed-looplint"\nversion = "){VERSION}(?=")', 1),
    ("ci/gitlab.yml", rf'(?<=LOOPLINT_VERSION: "){VERSION}(?=")', 1),
    ("ci/gitlab.yml", rf"(?<=looplint/v){VERSION}(?=/ci/gitlab.yml)", 1),
]


def main(arguments: list[str]) -> int:
    """Runs the command; returns its exit code."""
    if arguments[:1] == ["--set"] and len(arguments) == 2 and re.fullmatch(VERSION, arguments[1]):
        set_everywhere(arguments[1])
        arguments = []
    expected = found(PLACES[0])[0]
    if arguments[:1] == ["--tag"] and len(arguments) == 2:
        expected = arguments[1].removeprefix("v")
    elif arguments:
        print(__doc__, file=sys.stderr)
        return 2
    wrong = [
        f"{place[0]}: {version}, not {expected}" for place in PLACES for version in found(place) if version != expected
    ]
    print("\n".join(dict.fromkeys(wrong)) if wrong else f"{expected} in {len(PLACES)} places")
    return 1 if wrong else 0


def found(place: tuple[str, str, int | None]) -> list[str]:
    """The versions at one place. Fails where the place has changed its form."""
    name, pattern, times = place
    versions = re.findall(pattern, (ROOT / name).read_text(encoding="utf-8"))
    if not versions or times not in (None, len(versions)):
        sys.exit(f"{name}: the version is not where it was: {pattern}")
    return versions


def set_everywhere(version: str) -> None:
    """Writes the version to every place."""
    for name, pattern, _ in PLACES:
        path = ROOT / name
        path.write_text(re.sub(pattern, version, path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Makes what a release holds out of its wheels: archives with the program, one .vsix per platform, checksums.

    ci/assemble.py WHEELS RELEASE          of the platforms whose wheels are there
    ci/assemble.py WHEELS RELEASE --all    fails where a platform has no wheel

The program is taken out of the wheel, so that every way to install gives the same bytes.
Archives are the same for the same input: no time and no user's name is in them.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The end of the wheel's name, the compiler's word for the platform, Visual Studio Code's word for it.
PLATFORMS = [
    (r"manylinux\w*(\.manylinux\w*)*_x86_64", "x86_64-unknown-linux-gnu", "linux-x64"),
    (r"manylinux\w*(\.manylinux\w*)*_aarch64", "aarch64-unknown-linux-gnu", "linux-arm64"),
    (r"musllinux_\w+_x86_64", "x86_64-unknown-linux-musl", "alpine-x64"),
    (r"musllinux_\w+_aarch64", "aarch64-unknown-linux-musl", "alpine-arm64"),
    (r"macosx_\w+_x86_64", "x86_64-apple-darwin", "darwin-x64"),
    (r"macosx_\w+_arm64", "aarch64-apple-darwin", "darwin-arm64"),
    (r"win_amd64", "x86_64-pc-windows-msvc", "win32-x64"),
    (r"win_arm64", "aarch64-pc-windows-msvc", "win32-arm64"),
]
BESIDE = ["LICENSE-APACHE", "LICENSE-MIT", "README.md"]


def main(arguments: list[str]) -> int:
    """Runs the command; returns its exit code."""
    if len(arguments) < 2 or arguments[2:] not in ([], ["--all"]):
        print(__doc__, file=sys.stderr)
        return 2
    wheels, release = Path(arguments[0]), Path(arguments[1])
    release.mkdir(parents=True, exist_ok=True)
    missing = []
    for ending, target, editor in PLATFORMS:
        wheel = next((path for path in sorted(wheels.glob("*.whl")) if re.search(rf"-{ending}\.whl$", path.name)), None)
        if wheel is None:
            missing.append(target)
            continue
        with tempfile.TemporaryDirectory() as folder:
            program = extracted(wheel, Path(folder))
            archive(program, release, f"looplint-{wheel.name.split('-')[1]}-{target}")
            extension(program, editor, release)
    for file in [*wheels.glob("*.whl"), *wheels.glob("*.tar.gz")]:
        shutil.copy(file, release)
    checksums(release)
    print(*(path.name for path in sorted(release.iterdir())), sep="\n")
    if missing:
        print(f"no wheel for {', '.join(missing)}", file=sys.stderr)
    return 1 if missing and arguments[2:] else 0


def extracted(wheel: Path, folder: Path) -> Path:
    """The program out of the wheel, in `folder`."""
    with zipfile.ZipFile(wheel) as content:
        inside = [name for name in content.namelist() if re.search(r"\.data/scripts/looplint(\.exe)?$", name)]
        if len(inside) != 1:
            sys.exit(f"{wheel.name} has no program in it")
        program = folder / inside[0].rsplit("/", 1)[1]
        program.write_bytes(content.read(inside[0]))
    program.chmod(0o755)
    return program


def archive(program: Path, release: Path, name: str) -> None:
    """A .zip for Windows, a .tar.gz for the others, with one folder in it."""
    files = [(program, 0o755), *((ROOT / beside, 0o644) for beside in BESIDE if (ROOT / beside).exists())]
    if program.suffix == ".exe":
        with zipfile.ZipFile(release / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path, _ in files:
                archive.writestr(zipfile.ZipInfo(f"{name}/{path.name}"), path.read_bytes(), zipfile.ZIP_DEFLATED)
        return
    with open(release / f"{name}.tar.gz", "wb") as raw, gzip.GzipFile("", "wb", 9, raw, 0) as packed:
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for path, mode in files:
                data = path.read_bytes()
                entry = tarfile.TarInfo(f"{name}/{path.name}")
                entry.size, entry.mode = len(data), mode
                archive.addfile(entry, io.BytesIO(data))


def extension(program: Path, editor: str, release: Path) -> None:
    """The extension for Visual Studio Code with the program in it."""
    folder = ROOT / "editors" / "vscode"
    subprocess.run(["node", "package.mjs", str(program), editor], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    shutil.move(str(folder / f"looplint-{editor}.vsix"), release / f"looplint-{editor}.vsix")


def checksums(release: Path) -> None:
    """SHA256SUMS, in the form that `sha256sum --check` reads."""
    files = sorted(path for path in release.iterdir() if path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (release / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

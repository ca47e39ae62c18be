"""Programs of every C library have found the vDSO: they read the clock without a system call."""
import json
import os
import pathlib
import subprocess

import harness

CONFORMANCE = pathlib.Path(harness.SCONE).resolve().parents[1] / "tests/conformance"
PYTHON = "import time\nfor _ in range(1000): time.time(), time.monotonic(), time.perf_counter()"
READERS = {
    "dynamic glibc": ["/usr/bin/python3", "-c", PYTHON],
    "static glibc": [CONFORMANCE / "static_glibc", "time_passes"],
    "dynamic musl": [CONFORMANCE / "musl_dynamic", "time_passes"],
    "static musl": [CONFORMANCE / "musl_static", "time_passes"],
    "Go": [CONFORMANCE / "go"],
}
CALLS = {"clock_gettime", "gettimeofday", "time"}


def reads_without_calls(folder):
    failures = []
    statistics = folder / "clocks.json"
    for name, program in READERS.items():
        if not os.path.exists(program[0]):
            print(f"# {name}: not built")
            continue
        command = [*harness.scone("--stats=json", "--stats-file", str(statistics)), *program]
        done = subprocess.run(command, capture_output=True, env=harness.ENVIRONMENT, cwd=folder, timeout=60)
        if done.returncode != 0:
            failures.append(f"{name}: status {done.returncode}, {done.stdout[-300:]!r}, {done.stderr[-300:]!r}")
            continue
        made = CALLS & json.loads(statistics.read_text())["calls"].keys()
        failures += [f"{name}: calls {call}" for call in made]
    return failures


TESTS = {"clocks.no-calls": reads_without_calls}

#!/usr/bin/python3
"""bench/run comes to its end and writes what it promises. No speed is asked for: that is for bench/run itself."""
import json
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

RUN = pathlib.Path(__file__).resolve().parent / "run"
WORKLOADS = ["memcached", "nginx-http-1k", "micro-pwrite32-1", "micro-pwrite32-2", "startup"]
PLOTS = ["throughput", "latency", "processor", "exits", "pwrite"]


def run(*words):
    return subprocess.run([RUN, *map(str, words)], capture_output=True, text=True, timeout=120)


def check_comparison(one):
    name = one["workload"]
    assert one["native"]["least"] > 0 and one["enclave"]["least"] > 0, name
    assert one["ratio"]["least"] <= one["ratio"]["median"] <= one["ratio"]["most"], name
    assert one["processor_ratio"]["median"] > 0, f"{name}: no processor time was seen"
    for pair in one["pairs"]:
        for sample in pair.values():
            assert sample["operations"] > 0 and 0 < sample["server_seconds"] < 60, name
            assert (sample["p50_ms"] or 0) <= (sample["p99_ms"] or 0), name
    if name.startswith("micro-pwrite32"):
        # With this engine each write is an exit, and hardly anything else is.
        assert 0.9 < one["exits_per_operation"] < 2, f"{name}: {one['exits_per_operation']} exits for each write"
        assert one["native"]["median"] > one["enclave"]["median"], "an exit costs nothing"
    elif name != "startup":
        assert one["exits_per_operation"] > 0, name


def check_files(folder):
    results = json.loads((folder / "results.json").read_text())
    assert {one["workload"] for one in results["comparisons"]} == set(WORKLOADS)
    assert results["machine"]["command"].startswith("bench/run memcached")
    for one in results["comparisons"]:
        assert (one["cost"], one["engine"]) == (13000, "sync")
        check_comparison(one)
    table = (folder / "results.md").read_text()
    for name in WORKLOADS:
        assert f"| {name} | 13000 | sync | " in table, f"no row for {name}"
    for plot in PLOTS:
        root = xml.etree.ElementTree.parse(folder / f"{plot}.svg").getroot()
        assert root.tag.endswith("svg") and len(root) > 5, plot


def main():
    listed = run("--list").stdout.split()
    assert set(WORKLOADS) <= set(listed), listed
    assert run("no-such-workload").returncode == 2
    with tempfile.TemporaryDirectory(prefix="scone-bench-smoke-") as folder:
        folder = pathlib.Path(folder) / "out"
        done = run(*WORKLOADS, "--quick", "--no-build", "--engine", "sync", "--cost", "13000", "--out", folder)
        print(done.stdout, done.stderr)
        assert done.returncode == 0
        check_files(folder)
        null = run("micro-getppid", "--null", "--quick", "--no-build", "--out", folder / "null")
        assert null.returncode == 0 and "| native |" in null.stdout, null.stdout + null.stderr
    return 0


if __name__ == "__main__":
    sys.exit(main())

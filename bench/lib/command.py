"""The command line of bench/run."""
import argparse
import datetime
import os
import pathlib
import platform
import shlex
import signal
import subprocess
import sys
import tempfile

import measure
import plots
import report
import sampling
import workloads
from clients import LoadError
from progress import Progress
from sides import DEFAULT_ENGINES, ROOT, Enclave, Native, known_engines, placement, session_priority


def numbers(text):
    return [int(part) for part in text.split(",")]


def arguments(words):
    parser = argparse.ArgumentParser(prog="bench/run", description="Compares programs in an enclave with themselves outside.")
    parser.add_argument("workload", nargs="*",
                        help="a name of --list, what some begin with (redis-P1), or a pattern ('nginx*'); default: all")
    parser.add_argument("--list", action="store_true", help="print the workloads and end")
    parser.add_argument("--cost", type=numbers, default=[13000], metavar="N,…",
                        help="cycles of an exit and the entry after it, in the software model (default: 13000)")
    parser.add_argument("--engine", type=lambda text: text.split(","), metavar="E,…",
                        help="default: the one that scone run takes by itself")
    parser.add_argument("--rounds", type=int, default=6, metavar="N", help="pairs of windows (default: 6)")
    parser.add_argument("--seconds", type=float, default=4.0, metavar="S", help="length of a window (default: 4)")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--pinned", dest="pinned", action="store_true", default=None,
                       help="server on the first core, client on the last (default for servers)")
    place.add_argument("--unpinned", dest="pinned", action="store_false", help="the kernel chooses (default for programs)")
    parser.add_argument("--nice", type=int, default=0, metavar="N",
                        help="priority of servers and clients, e.g. -15 on a machine that others use, too")
    parser.add_argument("--null", action="store_true", help="native against native: what the method itself scatters")
    parser.add_argument("--profile", action="store_true", help="one more window of each side under perf: where the time goes")
    parser.add_argument("--options", type=shlex.split, default=[], metavar="TEXT", help="further options of `scone run`")
    parser.add_argument("--quick", action="store_true", help="one round of 0.3 s: shows that it works, measures nothing")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR", help="default: build/bench/DATE")
    parser.add_argument("--no-build", action="store_true", help="use what is built and installed")
    options = parser.parse_args(words)
    if options.quick:
        options.rounds, options.seconds = 1, 0.3
    return options


def build():
    subprocess.run([ROOT / "tools/build.sh", "bench"], check=True)


def sides(options):
    if options.null:
        return [Native()]
    known = known_engines()
    engines = options.engine or [next(engine for engine in DEFAULT_ENGINES if engine in known)]
    unknown = [engine for engine in engines if engine not in known]
    if unknown:
        raise SystemExit(f"bench/run: scone has no engine {', '.join(unknown)}; it has {', '.join(known)}")
    return [Enclave(cost, engine, tuple(options.options)) for cost in options.cost for engine in engines]


def machine(words):
    """What the numbers depend on."""
    model = next((line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown")
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    return {
        "command": shlex.join(["bench/run", *words]),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit or "unknown",
        "processor": f"{model}, {len(os.sched_getaffinity(0))} cores",
        "kernel": platform.release(),
    }


def profile_file(options, folder, workload, side):
    return folder / f"{workload.name}-{side.name.replace(', ', '-').replace(' ', '-')}" if options.profile else None


def write_profile(out, file):
    for which in ("native", "enclave"):
        (out / f"profile-{file.name}.{which}.txt").write_text(sampling.summary(f"{file}.{which}"))


def run(chosen, options, results):
    """All comparisons, one after the other. One that fails does not keep others from being made."""
    configurations = sides(options)
    progress = Progress(len(chosen) * len(configurations))
    failures = []
    # On tmpfs, so that no disk is measured.
    with tempfile.TemporaryDirectory(prefix="scone-bench-", dir="/dev/shm") as folder:
        os.chmod(folder, 0o711)  # a server that gives up root must reach its files
        for workload in chosen:
            places = placement(workload.pinned if options.pinned is None else options.pinned, options.nice)
            for number, side in enumerate(configurations):
                name = f"{workload.name}: {side.name}"
                profile = profile_file(options, pathlib.Path(folder), workload, side)
                try:
                    results.add(measure.compare(
                        workload, Native(), side, places, options.rounds, options.seconds,
                        f"{folder}/{workload.name}-{number}", progress.step(name), profile))
                    if profile:
                        write_profile(results.folder, profile)
                except (LoadError, OSError) as error:
                    failures.append(f"{name}: {error}")
                progress.finish_step()
    progress.close()
    return failures


class Results:
    """Written anew after each comparison: an interrupted run loses only the one that it was at."""

    def __init__(self, folder, facts):
        self.folder, self.facts, self.comparisons = folder, facts, []
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, comparison):
        self.comparisons.append(comparison)
        report.write_json(self.folder / "results.json", self.facts, self.comparisons)
        report.write_markdown(self.folder / "results.md", self.facts, self.comparisons)
        plots.write(self.folder, self.comparisons)


def interrupt(_number, _frame):
    raise KeyboardInterrupt


def main(words):
    signal.signal(signal.SIGTERM, interrupt)  # the servers must not outlive us
    options = arguments(words)
    if options.list:
        print("\n".join(workload.name for workload in workloads.WORKLOADS))
        return 0
    try:
        chosen = workloads.select(options.workload)
    except KeyError as error:
        print(f"bench/run: no workload {error}; see --list", file=sys.stderr)
        return 2
    if not options.no_build:
        build()
    out = options.out or ROOT / "build/bench" / datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    results = Results(out, machine(words))
    try:
        with session_priority(options.nice):
            failures = run(chosen, options, results)
    except KeyboardInterrupt:
        failures = ["interrupted"]
    print(report.markdown(results.comparisons) + report.parts_markdown(results.comparisons), end="")
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    print(f"written to {out}", file=sys.stderr)
    return 1 if failures else 0

"""The two sides of a comparison: a program as its user starts it, and the same command line in an enclave."""
import contextlib
import dataclasses
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCONE = os.environ.get("SCONE_COMMAND", str(ROOT / "build/default/cli/scone"))
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/root", "TZ": "UTC"}


@dataclasses.dataclass(frozen=True)
class Native:
    name = "native"

    def prefix(self, _statistics_file, _options):
        return []


@dataclasses.dataclass(frozen=True)
class Enclave:
    cost: int  # cycles of one exit and the entry after it, in the software model
    engine: str
    options: tuple = ()  # further options of `scone run`

    @property
    def name(self):
        return f"{self.engine}, {self.cost} cycles"

    def prefix(self, statistics_file, options):
        return [SCONE, "run", "--cost", str(self.cost), "--engine", self.engine, *self.options, *options,
                "--stats=json", "--stats-file", str(statistics_file), "--"]


# The first of these that there is, is what a user gets who does not choose.
DEFAULT_ENGINES = ("auto", "batched", "sync")


def known_engines():
    """The engines that this build of scone offers."""
    text = subprocess.run([SCONE, "run", "--help"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"--engine TEXT:\{([^}]*)\}", text)
    return match.group(1).split(",") if match else ["sync"]


@dataclasses.dataclass(frozen=True)
class Place:
    """Where and how eagerly a process runs."""

    core: int | None = None  # None: wherever the kernel likes
    nice: int = 0

    def command(self, command):
        command = [str(part) for part in command]
        if self.nice:
            command = ["nice", "-n", str(self.nice), *command]
        return command if self.core is None else ["taskset", "-c", str(self.core), *command]


@dataclasses.dataclass(frozen=True)
class Placement:
    server: Place
    client: Place


def placement(pinned, nice):
    """Pinned: the server on the first core that we may use, the client on the last one. Both sides alike."""
    cores = sorted(os.sched_getaffinity(0))
    first, last = (cores[0], cores[-1]) if pinned else (None, None)
    return Placement(Place(first, nice), Place(last, nice))


@contextlib.contextmanager
def session_priority(nice):
    """Meanwhile our session has this priority against others: where the kernel groups by session, sched(7), a nice value
    counts within the session only."""
    group = pathlib.Path("/proc/self/autogroup")
    if not nice or not group.exists():
        yield
        return
    before = group.read_text().split()[-1]
    try:
        group.write_text(str(nice))
    except PermissionError:
        raise SystemExit("bench/run: a negative --nice is for root") from None
    try:
        yield
    finally:
        group.write_text(before)

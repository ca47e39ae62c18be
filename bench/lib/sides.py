"""The two sides of a comparison: a program as its user starts it, and the same command line in an enclave."""
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

    def prefix(self, _statistics_file):
        return []


@dataclasses.dataclass(frozen=True)
class Enclave:
    cost: int  # cycles of one exit and the entry after it, in the software model
    engine: str
    options: tuple = ()  # further options of `scone run`

    @property
    def name(self):
        return f"{self.engine}, {self.cost} cycles"

    def prefix(self, statistics_file):
        return [SCONE, "run", "--cost", str(self.cost), "--engine", self.engine, *self.options,
                "--stats=json", "--stats-file", str(statistics_file), "--"]


def known_engines():
    """The engines that this build of scone offers."""
    text = subprocess.run([SCONE, "run", "--help"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"--engine TEXT:\{([^}]*)\}", text)
    return match.group(1).split(",") if match else ["sync"]


@dataclasses.dataclass(frozen=True)
class Placement:
    """The cores of server and client; None: wherever the kernel likes."""

    server: int | None
    client: int | None

    @staticmethod
    def on(command, core):
        return command if core is None else ["taskset", "-c", str(core), *command]


def pinned():
    """Server on the first core that we may use, client on the last one."""
    cores = sorted(os.sched_getaffinity(0))
    return Placement(cores[0], cores[-1])


UNPINNED = Placement(None, None)

"""Programs that do their work by themselves: system calls, threads, SQLite; and what every program costs: start and memory."""
import json
import os

from key_value import redis_command
from sample import Sample
from sessions import IdleSession, ProgramSession, StartSession
from sides import ROOT
from workload import Workload

PROGRAMS = os.environ.get("SCONE_BENCH_PROGRAMS", str(ROOT / "build/default/bench"))


class Program(Workload):
    """A program that prints {"operations": N, "seconds": S}, S being the measured part of its life."""

    unit = "op/s"
    pinned = False
    session = ProgramSession

    def sample(self, output):
        result = json.loads(output)
        parts = {name: part["operations"] / part["seconds"] for name, part in result.get("parts", {}).items()}
        return Sample(operations=result["operations"], seconds=result["seconds"], parts=parts)


class Micro(Program):
    """One of bench-micro's loops."""

    def __init__(self, benchmark, threads=None):
        super().__init__(f"micro-{benchmark}" + (f"-{threads}" if threads else ""))
        self.benchmark, self.threads = benchmark, threads

    def command(self, folder, seconds):
        return [f"{PROGRAMS}/bench-micro", self.benchmark, "--seconds", seconds, "--threads", self.threads or 1,
                "--folder", folder]


class Sqlite(Program):
    """A database file on tmpfs: bulk inserts, look-ups, updates, deletes, single transactions. The same work each time."""

    def __init__(self):
        super().__init__("sqlite")

    def command(self, folder, seconds):
        # At this scale the database is several times as large as SQLite's cache. Natively it takes one or two seconds.
        return [f"{PROGRAMS}/bench-sqlite", folder / "database", 8 if seconds >= 1 else 1]


class Start(Workload):
    """From fork to exit of /bin/true."""

    unit = "ms"
    higher_is_better = False
    pinned = False
    session = StartSession

    def __init__(self):
        super().__init__("startup")

    def command(self, _folder, _port):
        return ["/bin/true"]


class IdleRedis(Workload):
    """What a server without clients takes: `quantity` of resident bytes, processor seconds, elapsed seconds."""

    higher_is_better = False
    session = IdleSession

    def __init__(self, name, unit, quantity):
        super().__init__(name)
        self.unit, self.quantity = unit, quantity

    def command(self, folder, port):
        return redis_command(folder, "--port", port)


WORKLOADS = [
    Sqlite(),
    Micro("getppid"), Micro("clock"),
    *(Micro("pwrite32", threads) for threads in (1, 2, 4, 8, 16, 64)),
    Micro("pipe-pingpong"), Micro("socketpair-pingpong"), Micro("mmap"), Micro("page-faults"),
    Micro("semaphore-pingpong"), Micro("condvar-pingpong"), Micro("mutex-contended", 4), Micro("bursts", 2), Micro("create-join"),
    *(Micro("sleepers", threads) for threads in (1, 100, 1000, 10000)),
    Start(),
    IdleRedis("memory-redis", "MiB", lambda resident, *_: resident / 2**20),
    IdleRedis("idle-redis", "% of a core", lambda _, processor, elapsed: 100 * processor / elapsed),
]

"""A workload on one side, ready to be measured window by window."""
import contextlib
import json
import pathlib
import socket
import statistics
import subprocess
import time

import sampling
from clients import LoadError, run
from processes import Stopwatch, resident_bytes
from sample import Sample
from sides import ENVIRONMENT


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read_statistics(file):
    """What `scone run --stats=json` wrote; None natively."""
    try:
        return json.loads(pathlib.Path(file).read_text())
    except (OSError, ValueError):
        return None


class Process:
    """A process that is stopped by SIGTERM when the block is left."""

    def __init__(self, command, folder, log):
        self.command = command
        self.folder, self.log = folder, log

    def __enter__(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                            env=ENVIRONMENT)
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def wait_for(self, port):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            time.sleep(0.02)
        raise LoadError(f"{' '.join(self.command)} did not come up: {self.output()}")

    def output(self):
        return pathlib.Path(self.log).read_text(errors="replace")[-1000:]


class Session:
    """A workload in a folder of its own."""

    def __init__(self, workload, side, folder, placement):
        self.workload, self.side, self.placement = workload, side, placement
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.statistics_file = self.folder / "statistics.json"
        self.command = workload.baseline_command if side.name == "native" else workload.command
        self.operations = 0
        self.statistics = None
        self.stack = contextlib.ExitStack()

    def enter_place(self):
        options = self.stack.enter_context(self.workload.place(self.folder, self.side))
        self.prefix = self.side.prefix(self.statistics_file, options)


class ServerSession(Session):
    """A server that stays up; each window puts it under load. Its statistics are those of its whole life."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.port = free_port()

    def __enter__(self):
        self.workload.prepare(self.folder, self.port)
        self.enter_place()
        with self.stack:
            self.start()
            self.stack = self.stack.pop_all()  # all went well: it stays
        return self

    def start(self):
        command = self.placement.server.command([*self.prefix, *self.command(self.folder, self.port)])
        self.server = Process(command, self.folder, self.folder / "server.log").__enter__()
        try:
            self.server.wait_for(self.port)
            self.operations += self.workload.fill(self.port, self.placement.client)
        except BaseException:
            self.server.__exit__()
            raise

    def __exit__(self, *exception):
        status = self.server.process.poll()
        with self.stack:
            self.server.__exit__()
        if exception[0] is None and status is not None:
            raise LoadError(f"the server ended under load with status {status}: {self.server.output()}")
        self.statistics = read_statistics(self.statistics_file)

    def window(self, seconds):
        watch = Stopwatch(self.server.process.pid)
        sample = self.workload.load(self.port, seconds, self.placement.client)
        sample.server_seconds, sample.others_seconds = watch.stop()
        self.operations += sample.operations
        return sample

    def profile(self, seconds, file):
        """A window whose samples go to a file."""
        with sampling.recording(self.server.process.pid, file):
            self.window(seconds)


class IdleSession(ServerSession):
    """A server that nobody asks anything."""

    def window(self, seconds):
        root = self.server.process.pid
        watch, begin = Stopwatch(root), time.monotonic()
        time.sleep(seconds)
        elapsed = time.monotonic() - begin
        processor, others = watch.stop()
        value = self.workload.quantity(resident_bytes(root), processor, elapsed)
        return Sample(operations=1, seconds=elapsed, elapsed=elapsed, others_seconds=others, value=value)


class ProgramSession(Session):
    """A program that does its work and says what it did. Its processor time is that of its whole life; the statistics are of the last run."""

    def __enter__(self):
        self.enter_place()
        return self

    def __exit__(self, *exception):
        self.stack.close()

    def window(self, seconds):
        watch = Stopwatch(None)
        output, processor, elapsed = self.run(seconds)
        sample = self.workload.sample(output)
        sample.elapsed, sample.server_seconds = elapsed, processor
        _, sample.others_seconds = watch.stop()
        self.operations, self.statistics = sample.operations, read_statistics(self.statistics_file)
        return sample

    def profile(self, seconds, file):
        self.run(seconds, sampling.record_command(file))

    def run(self, seconds, before=()):
        command = [*before, *self.prefix, *self.command(self.folder, seconds)]
        return run(command, self.placement.server, timeout=seconds * 100 + 60)


class StartSession(ProgramSession):
    """A program that is started again and again, at least three times."""

    def window(self, seconds):
        watch, begin = Stopwatch(None), time.monotonic()
        times, processor = [], 0.0
        while len(times) < 3 or time.monotonic() - begin < seconds:
            start = time.monotonic()
            processor += self.run(seconds)[1]
            times.append((time.monotonic() - start) * 1e3)
        elapsed = time.monotonic() - begin
        _, others = watch.stop()
        return Sample(operations=len(times), seconds=elapsed, elapsed=elapsed, server_seconds=processor,
                      others_seconds=others, value=statistics.median(times))

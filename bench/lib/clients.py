"""Load generators: each takes a port and a time, and answers with a Sample. An error in the load is an exception."""
import csv
import io
import json
import os
import re
import select
import subprocess
import tempfile
import time

from sample import Sample
from sides import ENVIRONMENT, ROOT

GENERATOR = os.environ.get("SCONE_BENCH_LOAD", str(ROOT / "build/default/bench/bench-load"))


class LoadError(Exception):
    """The load generator failed or saw a wrong answer."""


def run(command, place, timeout):
    """Runs a load generator to its end; its output, its processor time and how long it took."""
    command = place.command(command)
    # Files, not pipes: nobody has to read while it runs, and wait4 gives the time of this one child.
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        begin = time.monotonic()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=ENVIRONMENT)
        usage = wait(child, begin + timeout)
        elapsed = time.monotonic() - begin
        out.seek(0)
        err.seek(0)
        output, errors = out.read(), err.read()
    if child.returncode != 0:
        raise LoadError(f"{' '.join(command)}: status {child.returncode}: {output[-500:]} {errors[-500:]}")
    return output, usage.ru_utime + usage.ru_stime, elapsed


def wait(child, deadline):
    """Waits for a child until the deadline, then kills it; its resource usage."""
    descriptor = os.pidfd_open(child.pid)
    try:
        ended, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
    finally:
        os.close(descriptor)
    if not ended:
        child.kill()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage


class RedisBenchmark:
    """redis-benchmark, the client that everybody has. It wants a count, not a time: the count follows from the last rate."""

    def __init__(self, test, pipeline, options=()):
        self.test, self.pipeline, self.options = test, pipeline, options
        self.rate = {}

    def __call__(self, port, seconds, place):
        count = max(1000, round(self.rate.get(port, 20000 * self.pipeline**0.5) * seconds))
        command = ["redis-benchmark", "-p", port, "-c", 50, "-d", 1024, "-r", 10000, "-P", self.pipeline, "-n", count,
                   "-t", self.test, "--csv", *self.options]
        output, client_seconds, elapsed = run(command, place, timeout=seconds * 20 + 30)
        rows = list(csv.DictReader(io.StringIO(output)))
        if len(rows) != 1 or rows[0]["test"].lower() != self.test or "rror" in output:
            raise LoadError(f"redis-benchmark: {output[-500:]}")
        rate = self.rate[port] = float(rows[0]["rps"])
        return Sample(operations=count, seconds=count / rate, p50_ms=float(rows[0]["p50_latency_ms"]),
                      p99_ms=float(rows[0]["p99_latency_ms"]), client_seconds=client_seconds, elapsed=elapsed)


class Wrk:
    """wrk with one thread on one page; `headers` as curl's -H."""

    UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}

    def __init__(self, path, connections, scheme="http", headers=()):
        self.path, self.connections, self.scheme = path, connections, scheme
        self.options = [word for header in headers for word in ("-H", header)]

    def __call__(self, port, seconds, place):
        # wrk knows whole seconds only.
        command = ["wrk", "-t1", f"-c{self.connections}", f"-d{max(1, round(seconds))}s", "--latency", *self.options,
                   f"{self.scheme}://127.0.0.1:{port}{self.path}"]
        output, client_seconds, elapsed = run(command, place, timeout=seconds * 5 + 30)
        total = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m)", output)
        # "Socket errors" counts time-outs and broken connections, "Non-2xx" the server's refusals.
        if not total or int(total[1]) == 0 or "errors" in output or "Non-2xx" in output:
            raise LoadError(f"wrk: {output[-500:]}")
        quantile = {q: float(v) * self.UNITS[u] for q, v, u in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s|m)", output)}
        return Sample(operations=int(total[1]), seconds=float(total[2]) * self.UNITS[total[3]] / 1e3,
                      p50_ms=quantile.get("50"), p99_ms=quantile.get("99"), client_seconds=client_seconds, elapsed=elapsed)


class Generator:
    """bench/load: memcached or Redis with Zipf keys, pipelining and TLS."""

    def __init__(self, protocol, *options):
        self.protocol, self.options = protocol, options

    def command(self, port):
        return [GENERATOR, "--protocol", self.protocol, "--port", port, *self.options]

    def fill(self, port, place):
        """Sets each key once; the number of keys."""
        output, _, _ = run([*self.command(port), "--fill", "--pipeline", 16], place, timeout=60)
        return json.loads(output)["requests"]

    def __call__(self, port, seconds, place):
        output, client_seconds, elapsed = run([*self.command(port), "--seconds", seconds], place, timeout=seconds * 5 + 30)
        result = json.loads(output)
        return Sample(operations=result["requests"], seconds=result["seconds"], p50_ms=result["p50_us"] / 1e3,
                      p99_ms=result["p99_us"] / 1e3, client_seconds=client_seconds, elapsed=elapsed)

"""kill -9 at any moment while a database writes to an encrypted volume: what was confirmed is there, and nothing is torn."""
import contextlib
import random
import socket
import subprocess
import time

from volumes import ENVIRONMENT, Failed, Volume, check

# Opens the database, which must be whole, tells how many rows there are, then adds rows and tells of each one that is committed.
SQLITE = """
import sqlite3
base = sqlite3.connect("/protected/base", isolation_level=None)
base.execute("pragma journal_mode={mode}")
base.execute("pragma synchronous=full")
base.execute("create table if not exists t(n integer primary key, text)")
assert base.execute("pragma integrity_check").fetchone()[0] == "ok"
count, last = base.execute("select count(*), coalesce(max(n), 0) from t").fetchone()
assert count == last, (count, last)
print("holds", last, flush=True)
while True:
    last += 1
    base.execute("begin")
    base.execute("insert into t values(?, ?)", (last, "row %d " % last * (last % 50 + 1)))
    base.execute("commit")
    print("confirmed", last, flush=True)
"""


def kill_after(process, seconds):
    """What the process printed until it was killed."""
    time.sleep(seconds)
    process.kill()
    output, errors = process.communicate(timeout=60)
    return output.decode().splitlines(), errors.decode(errors="replace")


def sqlite(mode, runs):
    def test(folder):
        volume = Volume(folder)
        confirmed, written = 0, 0
        for number in range(runs):
            process = subprocess.Popen(volume.command("/usr/bin/python3", "-I", "-c", SQLITE.format(mode=mode)),
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/", env=ENVIRONMENT)
            first = process.stdout.readline().decode()
            if not first.startswith("holds"):
                process.kill()
                raise Failed(f"run {number}: the database does not open: {first} {process.communicate()[1].decode()}")
            holds = int(first.split()[1])
            lines, _ = kill_after(process, random.uniform(0, 0.2))
            check(holds >= confirmed, f"run {number}: {holds} rows, {confirmed} were confirmed")
            numbers = [int(line.split()[1]) for line in lines if line.startswith("confirmed ") and len(line.split()) == 2]
            confirmed = max([holds, *numbers[:-1], *(numbers[-1:] if lines[-1:] and lines[-1].startswith("confirmed") else [])])
            written += len(numbers)
        check(written > 0, "nothing was written")

    return test


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RedisClient:
    def __init__(self, port, process):
        for _ in range(600):
            if process.poll() is not None:
                raise Failed(f"redis ended: {process.communicate()}")
            with contextlib.suppress(OSError):
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
                self.stream = self.socket.makefile("rb")
                if self.ask("PING") == b"+PONG":
                    return
            time.sleep(0.05)
        raise Failed("redis does not answer")

    def ask(self, *words):
        request = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
        self.socket.sendall(request.encode())
        answer = self.stream.readline().rstrip()
        if answer.startswith(b"$") and answer != b"$-1":
            return self.stream.read(int(answer[1:]) + 2)[:-2]
        return answer


def redis(runs):
    def test(folder):
        volume = Volume(folder)
        confirmed, written = 0, 0
        for number in range(runs):
            port = free_port()
            log = folder / "redis.log"
            process = subprocess.Popen(
                volume.command("/usr/bin/redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", "/protected", "--save", "", "--appendonly",
                               "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"),
                stdout=log.open("wb"), stderr=subprocess.STDOUT, cwd="/", env=ENVIRONMENT)
            try:
                client = RedisClient(port, process)
                while client.ask("GET", "PING") == b"-LOADING":
                    time.sleep(0.05)
                for key in {confirmed, random.randint(0, confirmed), random.randint(0, confirmed)} - {0}:
                    value = client.ask("GET", f"k{key}")
                    check(value == f"value {key}".encode(), f"run {number}: k{key} is {value!r}, of {confirmed} confirmed")
                size = client.ask("DBSIZE")
                check(int(size[1:]) >= confirmed, f"run {number}: {size} keys, {confirmed} confirmed")
                end = time.monotonic() + random.uniform(0, 0.3)
                while time.monotonic() < end:
                    check(client.ask("SET", f"k{confirmed + 1}", f"value {confirmed + 1}") == b"+OK", "SET")
                    confirmed += 1
                    written += 1
            except Failed as failure:
                raise Failed(f"{failure}\n{log.read_text(errors='replace')[-2000:]}") from failure
            finally:
                process.kill()
                process.wait()
        check(written > 0, "nothing was written")

    return test


def tests(runs):
    return {"crash.sqlite_wal": sqlite("wal", runs), "crash.sqlite_rollback_journal": sqlite("delete", runs), "crash.redis_aof": redis(runs)}


TESTS = tests(5)

"""Writes that a program does not wait for: nobody can tell them from those that it does wait for, and their errors arrive."""
import os
import pathlib
import random
import signal
import socket
import sqlite3
import subprocess
import time

import harness

KILLS = int(os.environ.get("SCONE_KILLS", "12"))

# Syncs often enough that its writes need not be waited for; then each number is written, and told in one of many ways.
TELLER = r"""
import os, signal, socket, sys, threading, time
how, place, other, port = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
fd = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
for i in range(3):
    os.pwrite(fd, b"--------", 0)
    os.fsync(fd)
connection = socket.create_connection(("127.0.0.1", port)) if how == "tcp" else None
def told():
    if how == "tcp": connection.recv(1)
    else: os.read(0, 1)
os.write(1, b"ready\n")
for number in range(int(sys.argv[5])):
    told()
    os.pwrite(fd, b"%04d" % number, 0)
    os.pwrite(fd, b"%04d" % number, 4)
    if how == "pipe": os.write(1, b"x")
    if how == "tcp": connection.send(b"x")
    if how == "signal": os.kill(os.getppid(), signal.SIGUSR1)
    if how == "file":
        os.close(os.open(other, os.O_WRONLY | os.O_CREAT))
    if how == "rename":
        os.close(os.open(other + ".new", os.O_WRONLY | os.O_CREAT))
        os.rename(other + ".new", other)
    if how == "thread":
        thread = threading.Thread(target=os.write, args=(1, b"x"))
        thread.start()
        thread.join()
    if how == "compute":
        end = time.monotonic() + 0.3
        while time.monotonic() < end: pass
    if how == "sleep": time.sleep(0.3)
    if how == "exit": os._exit(0)
    if how == "crash": os.kill(os.getpid(), signal.SIGSEGV)
"""
ROUNDS = 100


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
    return True


def hear(how, process, connection, other, heard):
    """Waits until the program has told. False: it did not."""
    if how == "pipe" or how == "thread":
        return process.stdout.read(1) == b"x"
    if how == "tcp":
        return connection.recv(1) == b"x"
    if how == "signal":
        told = wait_for(lambda: heard, 10)
        heard.clear()
        return told
    if how in ("file", "rename"):
        told = wait_for(other.exists, 10)
        other.unlink(missing_ok=True)
        return told
    if how in ("exit", "crash"):
        process.wait(timeout=20)
    return True


def tell(prefix, folder, how):
    place, other = folder / "told", folder / "other"
    place.unlink(missing_ok=True)
    other.unlink(missing_ok=True)
    once = how in ("exit", "crash", "compute", "sleep")
    rounds = 1 if once else ROUNDS
    heard = []
    before = signal.signal(signal.SIGUSR1, lambda *_: heard.append(1))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = subprocess.Popen([*prefix, "/usr/bin/python3", "-I", "-c", TELLER, how, str(place), str(other),
                                    str(listener.getsockname()[1]), str(rounds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   env=harness.ENVIRONMENT, cwd=folder)
        connection = listener.accept()[0] if how == "tcp" else None
        try:
            if process.stdout.readline() != b"ready\n":
                return ["it did not start"]
            for number in range(rounds):
                expected = b"%04d%04d" % (number, number)
                if connection:
                    connection.send(b"x")
                else:
                    process.stdin.write(b"x")
                    process.stdin.flush()
                if not hear(how, process, connection, other, heard):
                    return [f"round {number}: nothing was told"]
                late = how in ("compute", "sleep")
                if not wait_for(lambda: place.read_bytes() == expected, 0.2 if late else 0):
                    return [f"round {number}: {place.read_bytes()!r}, not {expected!r}"]
            return []
        finally:
            signal.signal(signal.SIGUSR1, before)
            process.kill()
            process.communicate()


def in_all_modes(test):
    def run(folder):
        failures = []
        for mode in ("native", *harness.MODES):
            prefix = [] if mode == "native" else harness.scone(*harness.MODES[mode])
            failures += [f"{mode}: {failure}" for failure in test(prefix, pathlib.Path(folder))]
        return failures
    return run


# Each number is in the file, durably, before it is said.
COUNTER = r"""
import os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
for number in range(1000000):
    os.pwrite(fd, b"%08d" % number, 8 * number)
    os.pwrite(fd, b"--", 8 * number + 8)
    os.fsync(fd)
    os.write(1, b"%08d\n" % number)
"""
INSERTER = r"""
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("create table if not exists item(number integer primary key, text)")
(first,) = database.execute("select coalesce(max(number), -1) + 1 from item").fetchone()
for number in range(first, 1000000):
    database.execute("insert into item values(?, ?)", (number, "x" * (number * 37 % 3000)))
    os.write(1, b"%08d\n" % number)
"""


def run_until_killed(prefix, code, place):
    process = subprocess.Popen([*prefix, "/usr/bin/python3", "-I", "-c", code, str(place)], stdout=subprocess.PIPE, env=harness.ENVIRONMENT)
    process.stdout.readline()
    time.sleep(random.uniform(0, 0.2))
    process.kill()
    lines = process.stdout.read().split(b"\n")
    process.wait()
    return int(lines[-2]) if len(lines) > 1 else 0


def killed_file(prefix, folder):
    for _ in range(KILLS):
        place = folder / "counted"
        place.unlink(missing_ok=True)
        last = run_until_killed(prefix, COUNTER, place)
        content = place.read_bytes()
        expected = b"".join(b"%08d" % number for number in range(last + 1))
        if not content.startswith(expected):
            yield f"said {last}, and the file holds {len(content)} bytes"


def killed_database(prefix, folder):
    place = folder / "killed.db"
    for left in (place, folder / "killed.db-journal"):
        left.unlink(missing_ok=True)
    for _ in range(KILLS):
        last = run_until_killed(prefix, INSERTER, place)
        with sqlite3.connect(place) as database:
            count, largest = database.execute("select count(*), max(number) from item").fetchone()
            sound = database.execute("pragma integrity_check").fetchone() == ("ok",)
        database.close()
        if not sound or largest < last or count != largest + 1:
            yield f"said {last}; {count} rows up to {largest}, {'sound' if sound else 'damaged'}"


# Until there is no room any more; then again when there is.
FILLER = r"""
import errno, os, sqlite3, sys
place, ballast = sys.argv[1] + "/database", sys.argv[1] + "/ballast"
with open(ballast, "wb") as file: file.write(bytes(300000))
database = sqlite3.connect(place, isolation_level=None)
database.execute("create table item(number integer primary key, text)")
confirmed, failed = 0, 0
for number in range(100000):
    try:
        database.execute("insert into item values(?, ?)", (number, "x" * 3000))
        confirmed += 1
    except sqlite3.OperationalError as error:
        failed += 1
        if failed == 1: os.unlink(ballast)
        if failed == 2: break
(count,) = database.execute("select count(*) from item").fetchone()
print(failed, count == confirmed, confirmed > 100, database.execute("pragma integrity_check").fetchone())
database.close()
database = sqlite3.connect(place, isolation_level=None)
(count,) = database.execute("select count(*) from item").fetchone()
print(count == confirmed)
"""
# A file of its own: the error is told by a write, a sync or the end, and once.
PLAIN_FILLER = r"""
import errno, os, sys
place = sys.argv[1] + "/file"
fd = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
synced, told = 0, []
for piece in range(10000):
    try:
        for part in range(4): os.pwrite(fd, bytes([65 + piece % 26]) * 4000, (4 * piece + part) * 4000)
        os.fsync(fd)
        synced += 4
    except OSError as error:
        told.append(errno.errorcode[error.errno])
        break
print(told, synced > 100)
content = os.pread(fd, synced * 4000, 0)
print(len(content) == synced * 4000, all(content[i * 16000] == 65 + i % 26 for i in range(synced // 4)))
os.ftruncate(fd, 4000)
os.fsync(fd)
os.pwrite(fd, b"afterwards", 0)
os.fsync(fd)
print(os.pread(fd, 10, 0))
os.close(fd)
"""


# Room that goes between a write and its sync: the sync tells. A first round shows that there is ample, so that writes wait.
MEANWHILE_FILLER = r"""
import errno, os, sys
fd = os.open(sys.argv[1] + "/file", os.O_RDWR | os.O_CREAT, 0o600)
ballast = os.open(sys.argv[1] + "/ballast", os.O_RDWR | os.O_CREAT, 0o600)
for round in range(3):
    os.pwrite(fd, b"confirmed", 0)
    os.fsync(fd)
told = []
try:
    free = os.fstatvfs(ballast).f_bavail * 4096
    os.pwrite(fd, b"waits?", 1 << 20)
    os.posix_fallocate(ballast, 0, free - 8192)
    for part in range(20): os.pwrite(fd, b"late" * 1000, (2 << 20) + 4000 * part)
    os.fsync(fd)
except OSError as error: told.append(errno.errorcode[error.errno])
print(told, os.pread(fd, 9, 0))
os.unlink(sys.argv[1] + "/ballast")
os.close(ballast)
os.pwrite(fd, b"again", 0)
os.fsync(fd)
print(os.pread(fd, 9, 0))
os.close(fd)
"""
EXPECTED = {FILLER: b"2 True True ('ok',)\nTrue\n", PLAIN_FILLER: b"['ENOSPC'] True\nTrue True\nb'afterwards'\n",
            MEANWHILE_FILLER: b"['ENOSPC'] b'confirmed'\nb'againrmed'\n"}


def full(code, size):
    """On a file system of that size, in a mount namespace of its own."""
    def test(prefix, folder):
        place = folder / "small"
        place.mkdir(exist_ok=True)
        script = 'mount -t tmpfs -o size="$2" tmpfs "$1" && shift 2 && exec "$@"'
        done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", str(place), size, *prefix, "/usr/bin/python3", "-I", "-c", code,
                               str(place)], capture_output=True, env=harness.ENVIRONMENT, timeout=120)
        if done.returncode != 0 or done.stdout != EXPECTED[code]:
            yield f"status {done.returncode}, {done.stdout} {done.stderr[-300:]}"
    return test


TESTS = {
    **{f"write-behind.told-by-{how}": in_all_modes(lambda prefix, folder, how=how: tell(prefix, folder, how))
       for how in ("pipe", "tcp", "signal", "file", "rename", "thread", "compute", "sleep", "exit", "crash")},
    "write-behind.killed-file": in_all_modes(killed_file),
    "write-behind.killed-database": in_all_modes(killed_database),
    "write-behind.full-disk": in_all_modes(full(PLAIN_FILLER, "1m")),
    "write-behind.full-disk-database": in_all_modes(full(FILLER, "1m")),
    "write-behind.full-meanwhile": in_all_modes(full(MEANWHILE_FILLER, "200m")),
}

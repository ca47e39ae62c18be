"""A database that processes in enclaves and outside write at the same time: its locks must hold between all of them."""
import sqlite3
import subprocess

import harness

CHANGES = 40
# Counts up in transactions when it is its turn, and looks in between: the count never falls, and nobody keeps a lock from the others.
WRITER = r"""
import sqlite3, sys, time
place, changes, turn, writers = sys.argv[1], *map(int, sys.argv[2:])
database = sqlite3.connect(place, timeout=60, isolation_level=None)
last = 0
def look():
    global last
    (now,) = database.execute("select value from counter").fetchone()
    assert now >= last, (now, last)
    last = now
for _ in range(changes):
    look()
    while last % writers != turn:
        time.sleep(0.001)
        look()
    database.execute("begin immediate")
    database.execute("update counter set value = value + 1")
    database.execute("commit")
"""
MODES = ("native", "fast-1", "fast-2")


def writers(place):
    for turn, mode in enumerate(MODES):
        prefix = [] if mode == "native" else harness.scone(*harness.MODES[mode])
        command = [*prefix, "/usr/bin/python3", "-I", "-c", WRITER, *map(str, (place, CHANGES, turn, len(MODES)))]
        yield mode, subprocess.Popen(command, env=harness.ENVIRONMENT, stderr=subprocess.PIPE, text=True)


def result_of(process):
    try:
        _, complaint = process.communicate(timeout=50)
    except subprocess.TimeoutExpired:
        process.kill()
        return "does not get on"
    return complaint if process.returncode != 0 else ""


def counts_up(journal):
    def test(folder):
        place = folder / f"database-{journal}"
        with sqlite3.connect(place) as database:
            database.execute(f"pragma journal_mode={journal}")
            database.execute("create table counter(value)")
            database.execute("insert into counter values(0)")
        database.close()
        running, failures = list(writers(place)), []
        for mode, process in running:
            if complaint := result_of(process):
                failures.append(f"{mode}: {complaint}")
        database = sqlite3.connect(place)
        (count,) = database.execute("select value from counter").fetchone()
        (intact,) = database.execute("pragma integrity_check").fetchone()
        if count != CHANGES * len(running) or intact != "ok":
            failures.append(f"{count} of {CHANGES * len(running)} changes, integrity: {intact}")
        return failures

    return test


TESTS = {"shared_database.delete": counts_up("delete"), "shared_database.persist": counts_up("persist")}

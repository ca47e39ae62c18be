"""A database that processes in enclaves and outside write at the same time: its locks must hold between all of them."""
import sqlite3
import subprocess

import harness

CHANGES = 60
# Counts up in transactions, and looks in between: the count never falls.
WRITER = r"""
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
last = 0
def look():
    global last
    (now,) = database.execute("select value from counter").fetchone()
    assert now >= last, (now, last)
    last = now
for _ in range(int(sys.argv[2])):
    database.execute("begin immediate")
    look()
    database.execute("update counter set value = ?", (last + 1,))
    database.execute("commit")
    for _ in range(5): look()
"""


def writers(place):
    python = ["/usr/bin/python3", "-I", "-c", WRITER, str(place), str(CHANGES)]
    for mode in ("native", "fast-1", "fast-2"):
        prefix = [] if mode == "native" else harness.scone(*harness.MODES[mode])
        yield mode, subprocess.Popen([*prefix, *python], env=harness.ENVIRONMENT, stderr=subprocess.PIPE, text=True)


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
            _, complaint = process.communicate(timeout=100)
            if process.returncode != 0:
                failures.append(f"{mode}: {complaint}")
        database = sqlite3.connect(place)
        (count,) = database.execute("select value from counter").fetchone()
        (intact,) = database.execute("pragma integrity_check").fetchone()
        if count != CHANGES * len(running) or intact != "ok":
            failures.append(f"{count} of {CHANGES * len(running)} changes, integrity: {intact}")
        return failures

    return test


TESTS = {"shared_database.delete": counts_up("delete"), "shared_database.persist": counts_up("persist")}

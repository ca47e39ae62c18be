"""A file that a process has alone is kept inside its enclave; whoever else comes must notice nothing of it."""
import errno
import fcntl
import os
import pathlib
import subprocess
import time

import harness

# Locks and looks until the file is worth keeping inside, then does what it is told, a line for each command.
HOLDER = r"""
import fcntl, os, sys, time
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
kinds = {"shared": fcntl.LOCK_SH, "exclusive": fcntl.LOCK_EX, "none": fcntl.LOCK_UN}
def say(text): os.write(1, f"{text}\n".encode())
def settle():
    for _ in range(50):
        fcntl.lockf(fd, fcntl.LOCK_EX)
        os.pread(fd, 100, 0)
        fcntl.lockf(fd, fcntl.LOCK_UN)
for line in sys.stdin:
    what, *rest = line.split()
    if what == "settle":
        settle()
        say("settled")
    elif what == "lock":
        try:
            fcntl.lockf(fd, kinds[rest[0]] | (fcntl.LOCK_NB if rest[0] != "none" else 0), int(rest[2]), int(rest[1]))
            say("done")
        except OSError as error:
            say(f"errno {error.errno}")
    elif what == "write":
        say(os.pwrite(fd, rest[0].encode(), 0))
    elif what == "read":
        say(os.pread(fd, 100, 0).decode())
    elif what == "busy":  # and hears nothing meanwhile
        say("busy")
        end = time.monotonic() + 1.5
        if rest[0] == "compute":
            while time.monotonic() < end: pass
        else:
            time.sleep(1.5)
        say("done")
"""


class Holder:
    def __init__(self, prefix, place):
        self.place = place
        self.process = subprocess.Popen([*prefix, "/usr/bin/python3", "-I", "-c", HOLDER, str(place)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=harness.ENVIRONMENT, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.stdout.close()

    def begin(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def answer(self):
        return self.process.stdout.readline().rstrip("\n")

    def tell(self, command):
        self.begin(command)
        return self.answer()

    def keeps_file(self):
        """Whether the kernel has a lease for it: "N: LEASE ACTIVE WRITE PID MAJOR:MINOR:INODE 0 EOF"."""
        inode = str(self.place.stat().st_ino)
        with open("/proc/locks", encoding="ascii") as locks:
            return any("LEASE" in line and line.split()[5].endswith(":" + inode) for line in locks)


def try_lock(place, kind, begin, length):
    """As another process, once: the errno, or 0."""
    with open(place, "r+b", buffering=0) as file:
        try:
            fcntl.lockf(file, kind | fcntl.LOCK_NB, length, begin)
            return 0
        except OSError as error:
            return error.errno


def timed(action):
    begin = time.monotonic()
    result = action()
    return result, time.monotonic() - begin


def comes_and_goes(holder, place, inside):
    """Contents and locks pass from one to the other, again and again."""
    for turn in range(3):
        if holder.tell("settle") != "settled" or (inside and not holder.keeps_file()):
            yield "the file is not kept inside"
        holder.tell(f"write inside-{turn}")
        content, seconds = timed(place.read_text)
        if content != f"inside-{turn}" or seconds > 1:
            yield f"outside sees {content!r} after {seconds:.3f} s"
        if inside and holder.keeps_file():
            yield "it is still kept inside"
        place.write_text(f"outside{turn}")
        if (content := holder.tell("read")) != f"outside{turn}":
            yield f"inside sees {content!r}"
        time.sleep(0.2)  # it is asked for again, but not at once


def locks_last(holder, place, inside):
    """Locks that the program held are held against whoever comes."""
    taken = errno.EAGAIN
    holder.tell("settle")
    holder.tell("lock exclusive 10 10")
    holder.tell("lock shared 30 10")
    holder.tell("lock exclusive 50 10")
    holder.tell("lock none 55 1")
    if inside and not holder.keeps_file():
        yield "the file is not kept inside"
    for kind, begin, length, expected in ((fcntl.LOCK_SH, 12, 1, taken), (fcntl.LOCK_SH, 30, 5, 0), (fcntl.LOCK_EX, 30, 5, taken),
                                          (fcntl.LOCK_EX, 20, 10, 0), (fcntl.LOCK_EX, 55, 1, 0), (fcntl.LOCK_EX, 54, 1, taken),
                                          (fcntl.LOCK_EX, 56, 1, taken), (fcntl.LOCK_EX, 60, 100, 0)):
        if (got := try_lock(place, kind, begin, length)) != expected:
            yield f"kind {kind} of {begin}+{length}: errno {got}, not {expected}"
    with open(place, "r+b", buffering=0) as other:
        fcntl.lockf(other, fcntl.LOCK_EX, 5, 100)
        if (got := holder.tell("lock exclusive 102 1")) != f"errno {taken}":
            yield f"a lock that another has: {got}"
        holder.tell("lock none 0 0")
        fcntl.lockf(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def busy(how):
    """Whoever opens the file need not wait until the program makes a call."""
    def test(holder, place, inside):
        holder.tell("settle")
        holder.tell("lock exclusive 0 1")
        if inside and not holder.keeps_file():
            yield "the file is not kept inside"
        holder.tell(f"busy {how}")
        got, seconds = timed(lambda: try_lock(place, fcntl.LOCK_SH, 0, 1))
        if got != errno.EAGAIN or seconds > 0.5:
            yield f"errno {got} after {seconds:.3f} s"
        holder.answer()
    return test


def killed(holder, place, inside):
    """What was written is in the file, and nobody waits for the dead."""
    holder.tell("settle")
    holder.tell("lock exclusive 0 1")
    holder.tell("write last-words")
    holder.process.kill()
    holder.process.wait()
    got, seconds = timed(lambda: try_lock(place, fcntl.LOCK_EX, 0, 1))
    if got or seconds > 0.5 or place.read_text() != "last-words":
        yield f"errno {got} after {seconds:.3f} s, {place.read_text()!r}"


def stopped(holder, place, inside):
    """A process that is stopped gives the file back when it goes on."""
    holder.tell("settle")
    holder.tell("write before")
    holder.process.send_signal(19)  # SIGSTOP
    reader = subprocess.Popen(["/bin/cat", str(place)], stdout=subprocess.PIPE)
    time.sleep(0.3)
    holder.process.send_signal(18)  # SIGCONT
    output, _ = reader.communicate(timeout=20)
    if output != b"before":
        yield f"outside sees {output!r}"


def test_of(steps):
    def test(folder):
        failures = []
        for mode in ("native", *harness.MODES):
            place = pathlib.Path(folder) / f"kept-{mode}"
            place.write_text("")
            with Holder([] if mode == "native" else harness.scone(*harness.MODES[mode]), place) as holder:
                failures += [f"{mode}: {failure}" for failure in steps(holder, place, mode != "native")]
        return failures
    return test


# What a process does to a file of its own by other ways, the last column of each line being what a new descriptor sees.
ALONE = r"""
import array, fcntl, mmap, os, socket, sys
place = sys.argv[1]
def settled():
    if os.path.exists(place): os.unlink(place)
    fd = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
    os.pwrite(fd, b"0123456789" * 1000, 0)
    for _ in range(50):
        fcntl.lockf(fd, fcntl.LOCK_EX)
        os.pread(fd, 100, 0)
        fcntl.lockf(fd, fcntl.LOCK_UN)
    os.pwrite(fd, b"A", 0)
    return fd
def show(what, fd): print(what, os.fstat(fd).st_size, os.pread(fd, 12, 0), os.pread(fd, 12, 9995), os.stat(place).st_size)
fd = settled(); again = os.open(place, os.O_RDWR); os.pwrite(again, b"B", 1); show("second open", fd)
fcntl.lockf(fd, fcntl.LOCK_EX); os.close(again)  # drops the locks of all
show("closed", fd)
fd = settled(); os.truncate(place, 5); show("truncate by path", fd)
fd = settled(); os.ftruncate(fd, 9999); show("truncate", fd)
os.ftruncate(fd, 20000); show("longer", fd); print(os.pread(fd, 10, 15000), os.pread(fd, 10, 19995), os.pread(fd, 10, 20000))
fd = settled(); os.posix_fallocate(fd, 0, 30000); show("fallocate", fd)
fd = settled(); memory = mmap.mmap(fd, 10000); memory[2:4] = b"MM"; memory.flush(); show("mapping", fd)
fd = settled(); os.copy_file_range(os.open("/proc/self/exe", os.O_RDONLY), fd, 4, 0, 0); show("copied", fd)
fd = settled(); fcntl.fcntl(fd, fcntl.F_SETFL, os.O_APPEND); os.write(fd, b"end"); show("append", fd)
fd = settled(); fcntl.flock(fd, fcntl.LOCK_EX); os.pwrite(fd, b"F", 3); show("flock", fd)
fd = settled(); os.rename(place, place + ".other"); print(os.path.exists(place)); os.rename(place + ".other", place); show("renamed", fd)
left, right = socket.socketpair()
fd = settled(); socket.send_fds(left, [b"x"], [fd]); _, (passed,), _, _ = socket.recv_fds(right, 1, 1); os.pwrite(passed, b"S", 4); show("passed", fd)
fd = settled(); copy = os.dup(fd); os.pwrite(copy, b"D", 6); os.close(copy); show("duplicate", fd)
fd = settled(); link = os.open(f"/proc/self/fd/{fd}", os.O_RDWR); os.pwrite(link, b"L", 7); show("by its number", fd)
fd = settled(); os.pwrite(fd, b"end", 12000); show("beyond the end", fd); print(os.pread(fd, 5, 10500), os.pread(fd, 5, 11999))
fd = settled(); os.pwritev(fd, [b"x" * 5000, b"y" * 5000, b"z" * 300000], 4000); show("large", fd); print(os.pread(fd, 3, 9000), len(os.pread(fd, 400000, 0)))
fd = settled(); os.lseek(fd, 0, os.SEEK_END); fcntl.lockf(fd, fcntl.LOCK_EX, 10, -10, os.SEEK_END); show("lock from the end", fd)
fd = settled(); lock = array.array("b", bytes(32)); print(fcntl.fcntl(fd, fcntl.F_GETLK, lock.tobytes())[:2])
fd = os.open(place, os.O_RDONLY)
try: fcntl.lockf(fd, fcntl.LOCK_EX)
except OSError as error: print(error.errno)
"""

STEPS = {"comes-and-goes": comes_and_goes, "locks-last": locks_last, "wanted-while-computing": busy("compute"),
         "wanted-while-sleeping": busy("sleep"), "killed": killed, "stopped": stopped}
TESTS = {f"delegation.{name}": test_of(steps) for name, steps in STEPS.items()}
TESTS["delegation.alone"] = harness.Program("alone", ["/usr/bin/python3", "-I", "-c", ALONE, "file"]).test

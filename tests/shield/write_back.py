"""Writes that wait in the enclave's cache: seen by all at once, kept in the promised order, lost by a kill only as documented."""
import subprocess

from full_disk import small_disk
from volumes import ENVIRONMENT, Volume, check


def until_killed(volume, program, seconds=0):
    """Runs it until it has printed a line, and `seconds` longer; then kill -9."""
    with subprocess.Popen(volume.command("/usr/bin/python3", "-I", "-c", program), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/",
                          env=ENVIRONMENT) as process:
        line = process.stdout.readline()
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            pass
        process.kill()
        check(line == b"ready\n", f"{line} {process.stderr.read()}")


def read(volume, name):
    done = volume.python(f"import sys; sys.stdout.write(open('/protected/{name}').read())")
    return done.stdout.decode() if done.returncode == 0 else None


UNSYNCED = """
import time
f = open("/protected/f", "w")
f.write("not synced")
f.flush()
print("ready", flush=True)
time.sleep(60)
"""


def unsynced_is_committed_before_long(folder):
    volume = Volume(folder)
    until_killed(volume, UNSYNCED, seconds=7)
    check(read(volume, "f") == "not synced", "what was written five seconds before the kill is there")


REPLACED = """
import os, time
for text in ("old", "new" * 10000):
    with open("/protected/temporary", "w") as f:
        f.write(text)
        f.flush()
        os.rename("/protected/temporary", "/protected/f")
print("ready", flush=True)
time.sleep(60)
"""


def a_replacement_has_its_contents(folder):
    volume = Volume(folder)
    until_killed(volume, REPLACED)
    check(read(volume, "f") == "new" * 10000, "a file renamed while its contents waited is not empty after a kill")


STRESS = """
import os, random, sys, threading
folder, seed, check = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "check"
SIZE = 600_000

def play(number):
    draw = random.Random(seed + number)
    model = bytearray()
    path = f"{folder}/file{number}"
    one = -1 if check else os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    for step in range(300):
        at, size, choice = draw.randrange(SIZE), draw.randrange(30_000 if draw.random() < 0.2 else 500), draw.random()
        if choice < 0.6:
            data = draw.randbytes(size)
            if size and len(model) < at + size:
                model.extend(bytes(at + size - len(model)))
            model[at:at + size] = data
            if not check:
                assert os.pwrite(one, data, at) == size
        elif choice < 0.65:
            model = model[:at] + bytes(max(0, at - len(model)))
            if not check:
                os.ftruncate(one, at)
        elif choice < 0.7 and not check:
            os.fsync(one)
        elif not check:
            two = os.open(path, os.O_RDONLY)
            assert os.fstat(two).st_size == len(model), step
            assert os.pread(two, size, at) == model[at:at + size], step
            os.close(two)
    if check:
        assert open(path, "rb").read() == model, number

threads = [threading.Thread(target=play, args=(number,)) for number in range(4)]
failed = []
threading.excepthook = lambda problem: failed.append(problem)
for thread in threads: thread.start()
for thread in threads: thread.join()
print("failed" if failed else "good", *failed)
"""


def stress(protection, cache):
    def test(folder):
        volume = Volume(folder, protection)
        for what in ("play", "check"):
            done = volume.run("/usr/bin/python3", "-I", "-c", STRESS, "/protected", "7", what, variables=[f"SCONE_FSPF_CACHE={cache}"])
            check(done.stdout == b"good\n", f"{what}: {done.stdout} {done.stderr}")

    return test


TIMES = """
import os
f = os.open("/protected/f", os.O_RDWR | os.O_CREAT)
os.write(f, b"x" * 5000)
first = os.fstat(f)
os.fsync(f)
second = os.fstat(f)
os.write(f, b"y" * 5000)
os.utime(f, ns=(1_000_000_000, 2_000_000_000))
third = os.fstat(f)
os.close(f)
fourth = os.stat("/protected/f")
print(first.st_mtime_ns == second.st_mtime_ns, first.st_size, third.st_mtime_ns == fourth.st_mtime_ns == 2_000_000_000,
      fourth.st_ctime_ns == third.st_ctime_ns > 2_000_000_000, fourth.st_blocks >= 10000 // 512)
"""


def times_are_those_of_the_write(folder):
    done = Volume(folder).python(TIMES)
    check(done.stdout == b"True 5000 True True True\n", f"{done.stdout} {done.stderr}")


# The disk is filled by somebody else while data waits, which was promised room: fsync tells, and the data stays for another try.
FILLED_MEANWHILE = """
import errno, os, sys
f = os.open("/protected/f", os.O_RDWR | os.O_CREAT)
data = b"waits" * 200_000
os.write(f, data)
print("ready", flush=True)
sys.stdin.readline()
try:
    os.fsync(f)
    print("confirmed", flush=True)
except OSError as error:
    print(errno.errorcode[error.errno], os.pread(f, len(data), 0) == data, flush=True)
sys.stdin.readline()
os.fsync(f)
print("confirmed", flush=True)
"""


def fill(path):
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass


def filled_meanwhile(folder):
    with small_disk(folder / "disk", "200m") as disk:
        volume = Volume(disk)
        with subprocess.Popen(volume.command("/usr/bin/python3", "-I", "-c", FILLED_MEANWHILE), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, cwd="/", env=ENVIRONMENT) as program:
            check(program.stdout.readline() == b"ready\n", "started")
            fill(disk / "filler")
            program.stdin.write(b"\n")
            program.stdin.flush()
            line = program.stdout.readline()
            check(line == b"ENOSPC True\n", f"{line}")
            (disk / "filler").unlink()
            output, errors = program.communicate(b"\n", timeout=60)
        check(output == b"confirmed\n", f"{output} {errors}")
        check(read(volume, "f") == "waits" * 200_000, "confirmed contents")


TESTS = {f"write_back.{test.__name__}": test for test in (
    unsynced_is_committed_before_long, a_replacement_has_its_contents, times_are_those_of_the_write, filled_meanwhile)}
TESTS |= {f"write_back.stress.{protection}.{cache}": stress(protection, cache)
          for protection in ("encrypted", "authenticated") for cache in ("64K", "64M")}

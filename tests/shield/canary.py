"""Contents of shielded files are found nowhere on the host: its files, the runner's memory outside the enclave, its system calls."""
import subprocess

import onlooker
from volumes import ENVIRONMENT, Volume, check

# The program makes the word itself, so that it is in no argument. It is written, read back by read and mmap, and used as a file's name.
WORD = b"canary-that-sings"
PROGRAM = f"""
import mmap, os, sys
word = bytes(b ^ 0x55 for b in bytes.fromhex("{bytes(b ^ 0x55 for b in WORD).hex()}"))
with open("/protected/file", "wb") as file:
    file.write(word * 10000)
    os.fsync(file.fileno())
os.rename("/protected/file", b"/protected/" + word)
with open(b"/protected/" + word, "r+b") as file:
    assert file.read() == word * 10000
    mapped = mmap.mmap(file.fileno(), 0)
    mapped[:17] = word
    mapped.flush()
os.symlink(word, "/protected/link")
print("ready", flush=True)
sys.stdin.readline()
os.unlink(b"/protected/" + word)
"""

def play(volume, prefix=()):
    found = []
    with subprocess.Popen([*prefix, *volume.command("/usr/bin/python3", "-I", "-c", PROGRAM)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/", env=ENVIRONMENT) as program:
        check(program.stdout.readline() == b"ready\n", "the program did its work")
        found += onlooker.find_in_memory(onlooker.runner_of(program), {"word": WORD})
        found += onlooker.find_in_files(volume.folder, {"word": WORD})
        _, errors = program.communicate(b"\n", timeout=120)
    check(program.returncode == 0, f"status {program.returncode}: {errors}")
    return found + onlooker.find_in_files(volume.folder, {"word": WORD})


def nowhere_in_files_and_memory(folder):
    found = play(Volume(folder))
    check(not found, f"found in {found}")


def nowhere_in_system_calls(folder):
    log = folder / "strace"
    found = play(Volume(folder), onlooker.strace(log))
    check(b"pwrite64(" in log.read_bytes(), "the system calls were looked at")
    found += onlooker.find_in_trace(log, {"word": WORD})
    check(not found, f"found in {found}")


def found_without_protection(folder):
    """The test would see it: an authenticated region is readable by all."""
    log = folder / "strace"
    found = play(Volume(folder, "authenticated"), onlooker.strace(log)) + onlooker.find_in_trace(log, {"word": WORD})
    for place in ("the trace", "0000000000000002"):  # the latter: a file of the volume
        check(any(place in text for text in found), f"a word in plain text is found in {place}, not only in {found}")


TESTS = {f"canary.{test.__name__}": test for test in (nowhere_in_files_and_memory, nowhere_in_system_calls, found_without_protection)}

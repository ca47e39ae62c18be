"""Contents of shielded files are found nowhere on the host: its files, the runner's memory outside the enclave, its system calls."""
import subprocess

from harness import ENVIRONMENT, Volume, check

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
END_OF_ENCLAVE = 64 << 30


def memory_outside(pid):
    """(address, bytes) of all that the process has above the enclave's range."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            begin, end = (int(text, 16) for text in line.split()[0].split("-"))
            if begin < END_OF_ENCLAVE or "r" not in line.split()[1] or line.split()[-1] in ("[vvar]", "[vsyscall]"):
                continue
            try:
                memory.seek(begin)
                yield begin, memory.read(end - begin)
            except OSError:
                continue


def runner_of(process):
    """The process that holds the enclave: the command itself, or what strace started."""
    with open(f"/proc/{process.pid}/task/{process.pid}/children") as children:
        pids = children.read().split()
    return int(pids[0]) if pids else process.pid


def play(volume, prefix=()):
    found = []
    with subprocess.Popen([*prefix, *volume.command("/usr/bin/python3", "-I", "-c", PROGRAM)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/", env=ENVIRONMENT) as program:
        check(program.stdout.readline() == b"ready\n", "the program did its work")
        pieces = list(memory_outside(runner_of(program)))
        check(sum(len(data) for _, data in pieces) > 1 << 20, "memory was looked at")
        found += [f"memory at {address + data.find(WORD):#x}" for address, data in pieces if WORD in data]
        found += [str(path) for path in volume.host_files() if WORD in path.read_bytes() or WORD in str(path).encode()]
        _, errors = program.communicate(b"\n", timeout=120)
    check(program.returncode == 0, f"status {program.returncode}: {errors}")
    found += [str(path) for path in volume.host_files() if WORD in path.read_bytes()]
    return found


def nowhere_in_files_and_memory(folder):
    found = play(Volume(folder))
    check(not found, f"found in {found}")


def nowhere_in_system_calls(folder):
    log = folder / "strace"
    found = play(Volume(folder), ["strace", "-f", "-s", "1000000", "-e", "signal=none", "-o", str(log)])
    text = log.read_bytes()
    check(b"pwrite64(" in text, "the system calls were looked at")
    # strace writes strings with escapes only where it has to.
    check(WORD not in text and not found, f"found in the system calls, or in {found}")


def found_without_protection(folder):
    """The test would see it: an authenticated region is readable by all."""
    check(play(Volume(folder, "authenticated")), "a word in plain text is found")


TESTS = {f"canary.{test.__name__}": test for test in (nowhere_in_files_and_memory, nowhere_in_system_calls, found_without_protection)}

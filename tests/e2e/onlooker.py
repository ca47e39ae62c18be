"""What a host sees of a process that runs: its memory outside the enclave, its system calls, its files."""
import os
import pathlib
import re
import shutil

END_OF_ENCLAVE = 64 << 30
PIECE = 1 << 24
OVERLAP = 128  # what is looked for is shorter


def memory_outside(pid):
    """(address, bytes) of the process's readable memory above the enclave's range, in pieces that overlap."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            begin, end, rights = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            begin, end = int(begin, 16), int(end, 16)
            if begin < END_OF_ENCLAVE or "r" not in rights or "[v" in line:
                continue
            for at in range(begin, end, PIECE):
                try:
                    yield at, os.pread(memory.fileno(), min(PIECE + OVERLAP, end - at), at)
                except OSError:
                    pass  # not mapped after all, or behind the end of a file


def runner_of(process):
    """The process that holds the enclave: the command itself, or what strace started."""
    with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as children:
        pids = children.read().split()
    return int(pids[0]) if pids else process.pid


def find_in(content, where, wanted):
    """`wanted`: name: bytes. Texts that tell what was found."""
    return [f"{where} holds the {name}" for name, needle in wanted.items() if needle in content]


def find_in_memory(pid, wanted):
    found, seen = [], 0
    for address, content in memory_outside(pid):
        seen += len(content)
        found += find_in(content, f"memory at {address:#x}", wanted)
    return found if seen > 1 << 20 else [*found, f"looked at {seen} bytes of memory only"]


def find_in_files(folder, wanted):
    """Contents, and names."""
    found = []
    for path in pathlib.Path(folder).rglob("*"):
        found += find_in(str(path).encode(), f"the name {path.name}", wanted)
        if path.is_symlink():
            found += find_in(os.fsencode(os.readlink(path)), f"the link {path.name}", wanted)
        elif path.is_file():
            found += find_in(path.read_bytes(), path.name, wanted)
    return found


def strace(log):
    """The command line in front of one whose system calls are to be seen in full, all strings in hexadecimal."""
    return [shutil.which("strace"), "-f", "-qq", "-xx", "-s", "1000000", "-e", "trace=all", "-o", str(log)]


def as_traced(content):
    return "".join(f"\\x{byte:02x}" for byte in content).encode()


def find_in_trace(log, wanted):
    return find_in(log.read_bytes(), "the trace", {name: as_traced(needle) for name, needle in wanted.items()})

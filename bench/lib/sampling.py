"""Where the processor time of a program in an enclave goes: the host's kernel, the crossing, the runtime, the program."""
import bisect
import collections
import contextlib
import os
import pathlib
import re
import signal
import subprocess

from sides import ROOT, SCONE

FREQUENCY = 997  # samples per second of processor time; a prime, so that it does not march with timers
ELRANGE_END = 0x1000000000  # of 64 GiB from address 0; abi/layout.h
IMAGE_BASE = 0xFF0000000  # image_base(64 GiB) in abi/layout.h: the runtime lies here up to the end, the program below
RUNTIME = pathlib.Path(os.environ.get("SCONE_ENCLAVE_DEBUG", ROOT / "build/default/enclave/scone-enclave.debug"))


def record_command(file):
    return ["perf", "record", "-q", "-F", str(FREQUENCY), "-o", str(file)]


@contextlib.contextmanager
def recording(pid, file):
    """Meanwhile the samples of a process go to a file."""
    perf = subprocess.Popen([*record_command(file), "-p", str(pid)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        perf.send_signal(signal.SIGINT)
        perf.wait()


class Symbols:
    """The functions of the enclave's runtime."""

    def __init__(self):
        self.starts, self.names = [], []
        text = subprocess.run(["nm", "-nC", "--defined-only", RUNTIME], capture_output=True, text=True, check=False).stdout
        for line in text.splitlines():
            match = re.fullmatch(r"([0-9a-f]+) [tTwW] (.*)", line)
            if match:
                self.starts.append(int(match[1], 16))
                self.names.append(match[2])

    def name(self, address):
        at = bisect.bisect_right(self.starts, address - IMAGE_BASE) - 1
        return self.names[at] if at >= 0 else hex(address)


def place(address, symbol, library, runtime):
    """(whose time, which function) of a sample."""
    if library.startswith("[") and ("kernel" in library or "guest" in library):
        return "host kernel", symbol
    if IMAGE_BASE <= address < ELRANGE_END:
        return "enclave runtime", runtime.name(address)
    if library == SCONE or library.endswith("/scone"):
        # The model spins here for --cost; the rest of it is small.
        return ("crossing", "the model's cost") if "Device::enter" in symbol else ("runner", symbol)
    return "program", symbol if symbol != "[unknown]" else pathlib.PurePath(library).name


def samples(file):
    """(address, symbol, library) of each sample."""
    text = subprocess.run(["perf", "script", "-i", file, "-F", "ip,sym,dso"], capture_output=True, text=True, check=True).stdout
    for line in text.splitlines():
        match = re.fullmatch(r"\s*([0-9a-f]+) (.*) \((.*)\)", line)
        if match:
            yield int(match[1], 16), match[2], match[3]


def summary(file, most=40):
    """Text: the parts, then the functions that take most."""
    runtime = Symbols()
    # perf names what it finds in a program's anonymous memory after a map file: that is the program in the enclave.
    places = [place(address, symbol, "enclave" if library.startswith("/tmp/perf-") else library, runtime)
              for address, symbol, library in samples(file)]
    if not places:
        return "no samples\n"
    lines = [f"{len(places)} samples", ""]
    for whose, count in collections.Counter(whose for whose, _ in places).most_common():
        lines.append(f"{count / len(places):7.1%}  {whose}")
    lines.append("")
    for (whose, function), count in collections.Counter(places).most_common(most):
        lines.append(f"{count / len(places):7.1%}  {whose:16} {function[:110]}")
    return "\n".join(lines) + "\n"

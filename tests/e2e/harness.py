"""Runs programs natively and under `scone run` and compares what can be seen of them."""
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCONE = os.environ.get("SCONE_COMMAND", str(ROOT / "build/default/cli/scone"))
MODES = {
    "strict-1": ["--strict", "--ethreads", "1"],
    "strict-2": ["--strict", "--ethreads", "2"],
    "fast-1": ["--fast", "--ethreads", "1"],
    "fast-2": ["--fast", "--ethreads", "2"],
}
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/root", "TZ": "UTC"}


def scone(*options):
    """The command line up to the program's."""
    return [SCONE, "run", *options, "--"]


@dataclasses.dataclass
class Outcome:
    status: int  # negative: killed by that signal
    stdout: bytes
    stderr: bytes
    files: dict  # name: content of each file the program was to produce

    def difference(self, other):
        """How `other` differs from this, as text; empty if it does not."""
        lines = []
        if self.status != other.status:
            lines.append(f"status {other.status}, not {self.status}")
        for name in ("stdout", "stderr"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                lines.append(f"{name} differs:\n  expected {excerpt(mine, theirs)}\n  got      {excerpt(theirs, mine)}")
        for name, content in self.files.items():
            if other.files.get(name) != content:
                lines.append(f"file {name} differs")
        return "\n".join(lines)


def excerpt(text, other, length=300):
    """The part of `text` where it first differs from `other`."""
    at = next((i for i, (a, b) in enumerate(zip(text, other)) if a != b), min(len(text), len(other)))
    begin = max(0, at - 40)
    return f"{len(text)} bytes, at {at}: {text[begin:begin + length]!r}"


@dataclasses.dataclass
class Program:
    """A command line that must behave in the enclave as it does natively."""

    name: str
    command: list
    stdin: bytes = b""
    produces: tuple = ()  # files, relative to the working folder, compared afterwards
    prepare: object = None  # called with the working folder before each run

    def run(self, prefix, folder, timeout=120):
        for produced in self.produces:
            (folder / produced).unlink(missing_ok=True)
        if self.prepare:
            self.prepare(folder)
        try:
            done = subprocess.run([*prefix, *map(str, self.command)], input=self.stdin, capture_output=True, cwd=folder,
                                  env=ENVIRONMENT, timeout=timeout)
        except subprocess.TimeoutExpired as expired:
            return Outcome(-999, expired.stdout or b"", (expired.stderr or b"") + b"[timed out]", {})
        files = {name: (folder / name).read_bytes() for name in self.produces if (folder / name).exists()}
        return Outcome(done.returncode, done.stdout, done.stderr, files)

    def test(self, folder):
        """Returns the failures, one text per mode that differs."""
        native = self.run([], folder)
        if native.status == -999 or native.status == 127:
            return [f"native: {native.stderr.decode(errors='replace')}"]
        failures = []
        for mode, options in MODES.items():
            difference = native.difference(self.run(scone(*options), folder))
            if difference:
                failures.append(f"{mode}: {difference}")
        return failures


def temporary_folder():
    return tempfile.TemporaryDirectory(prefix="scone-e2e-")


def report(name, failures):
    """Prints the result; returns the exit status."""
    for failure in failures:
        print(f"not ok {name}: {failure}")
    if not failures:
        print(f"ok {name}")
    sys.stdout.flush()
    return 1 if failures else 0

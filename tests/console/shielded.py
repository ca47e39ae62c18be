"""Programs with a start-up configuration, and their consoles."""
import json
import pathlib
import subprocess

import harness

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
TAMPERED = 76
FAILED = 125


class Shielded:
    """A configuration on disk, and the command lines that use it."""

    def __init__(self, folder, arguments, name="program", **members):
        self.file = pathlib.Path(folder) / f"{name}.scf"
        self.key = pathlib.Path(folder) / f"{name}.key"
        document = {"arguments": arguments, "environment": ENVIRONMENT, **members}
        self.key.unlink(missing_ok=True)
        create(document, self.file, "--key-file", self.key)

    def run(self, *options):
        return [harness.SCONE, "run", *options, "--scf", str(self.file), "--scf-key", str(self.key)]

    def console(self, *command):
        return [harness.SCONE, "console", "--scf", str(self.file), "--scf-key", str(self.key), "--", *map(str, command)]

    def decrypt(self):
        return [harness.SCONE, "console", "decrypt", "--scf", str(self.file), "--scf-key", str(self.key)]


def create(document, output, *options):
    source = pathlib.Path(f"{output}.json")
    source.write_text(json.dumps(document))
    try:
        subprocess.run([harness.SCONE, "scf", "create", "--from", source, "-o", output, *options], check=True,
                       capture_output=True)
    finally:
        source.unlink()


def run(command, stdin=b"", timeout=100, **options):
    """What came out of it; a hang is a status of its own."""
    try:
        return subprocess.run(list(map(str, command)), input=stdin, capture_output=True, timeout=timeout, **options)
    except subprocess.TimeoutExpired as expired:
        return subprocess.CompletedProcess(command, -999, expired.stdout or b"", (expired.stderr or b"") + b"[timed out]")


def difference(done, status, stdout=None, message=""):
    """What is not as expected, as a list of texts."""
    problems = []
    if done.returncode != status:
        problems.append(f"status {done.returncode}, not {status}; stderr {done.stderr[-300:]!r}")
    if stdout is not None and done.stdout != stdout:
        problems.append(f"stdout {harness.excerpt(done.stdout, stdout)}, not {harness.excerpt(stdout, done.stdout)}")
    if message and message not in done.stderr.decode(errors="replace"):
        problems.append(f"stderr {done.stderr[-300:]!r} lacks {message!r}")
    return problems

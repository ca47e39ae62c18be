"""Volumes to try: made by `scone fspf`, used by programs under `scone run`."""
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCONE = os.environ.get("SCONE_COMMAND", str(ROOT / "build/default/cli/scone"))
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/root", "TZ": "UTC"}
PROTECTIONS = {"encrypted": ["--encrypted", "--kernel"], "authenticated": ["--authenticated", "--kernel"], "ephemeral": ["--encrypted", "--ephemeral"]}


class Failed(Exception):
    """What a test found."""


class Skipped(Exception):
    """Why a test is impossible here."""


def check(condition, message):
    if not condition:
        raise Failed(message)


def fspf(*arguments):
    """The words that `scone fspf` prints."""
    done = subprocess.run([SCONE, "fspf", *map(str, arguments)], capture_output=True, text=True)
    check(done.returncode == 0, f"scone fspf {arguments[0]}: {done.stdout}{done.stderr}")
    return done.stdout.split()


class Volume:
    """One region at `path` (the program's name for it), everything else the host's. Host files lie in `folder`."""

    def __init__(self, folder, protection="encrypted", path="/protected", files=None):
        self.folder = pathlib.Path(folder)
        self.path, self.protection = path, protection
        self.data = self.folder / "data"
        self.data.mkdir()
        self.fspf = self.folder / "fspf"
        fspf("create", self.fspf)
        fspf("addr", self.fspf, "/", "--not-protected", "--kernel", "/")
        kind = PROTECTIONS[protection]
        fspf("addr", self.fspf, path, *kind, *([self.data] if kind[-1] == "--kernel" else []))
        if files:
            fspf("addf", self.fspf, path, files, self.data if kind[-1] == "--kernel" else self.folder)
        words = fspf("encrypt", self.fspf)
        self.key, self.first_tag = words[words.index("key:") + 1], words[words.index("tag:") + 1]

    def variables(self, tag=None, writable=True):
        values = {"SCONE_FSPF": self.fspf, "SCONE_FSPF_KEY": self.key, "SCONE_FSPF_MUTABLE": int(writable)}
        if tag:
            values["SCONE_FSPF_TAG"] = tag
        return [word for name, value in values.items() for word in ("-e", f"{name}={value}")]

    def command(self, *program, options=("--fast",), variables=(), tag=None, writable=True):
        extra = [word for setting in variables for word in ("-e", setting)]
        return [SCONE, "run", *options, *self.variables(tag, writable), *extra, "--", *map(str, program)]

    def run(self, *program, stdin=b"", timeout=120, cwd="/", **settings):
        return subprocess.run(self.command(*program, **settings), input=stdin, capture_output=True, timeout=timeout, cwd=cwd, env=ENVIRONMENT)

    def python(self, text, **settings):
        return self.run("/usr/bin/python3", "-I", "-c", text, **settings)

    def tag(self):
        words = fspf("show", self.fspf, "--key", self.key)
        return words[words.index("tag:") + 1]

    def host_files(self):
        """All files of the volume on the host."""
        return [self.fspf, *(path for path in sorted(self.data.rglob("*")) if path.is_file())]


def temporary_folder():
    return tempfile.TemporaryDirectory(prefix="scone-shield-")

"""Protected files: the same program on a plain directory, on gocryptfs, and in an enclave with a region of a protected volume.

The program finds its files under the same path each time; who keeps them there is the side's matter.
"""
import contextlib
import shutil
import signal
import subprocess
import time

from clients import LoadError
from programs import PROGRAMS, Program, Sqlite, Start
from sides import SCONE
from web import Nginx

MIB_CACHED = 32  # fits into the enclave's cache of 64 MiB …
MIB_UNCACHED = 192  # … and this does not: read in a circle, no page is found there again


def call(*command, **settings):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, **settings)
    if done.returncode != 0:
        raise LoadError(f"{command[0]} {command[1]}: {done.stdout}{done.stderr}".strip())
    return done.stdout.split()


@contextlib.contextmanager
def region(folder, protection):
    """`folder`, with what is in it already, becomes a region. Gives the options of `scone run`."""
    store = folder.with_name(folder.name + "-volume")
    (store / "data").mkdir(parents=True)
    source = folder.with_name(folder.name + "-source")
    folder.rename(source)
    call(SCONE, "fspf", "create", store / "fspf")
    call(SCONE, "fspf", "addr", store / "fspf", "/", "--not-protected", "--kernel", "/")
    call(SCONE, "fspf", "addr", store / "fspf", folder, f"--{protection}", "--kernel", store / "data")
    call(SCONE, "fspf", "addf", store / "fspf", folder, source, store / "data")
    words = call(SCONE, "fspf", "encrypt", store / "fspf")
    values = {"SCONE_FSPF": store / "fspf", "SCONE_FSPF_KEY": words[words.index("key:") + 1], "SCONE_FSPF_MUTABLE": 1}
    yield [word for name, value in values.items() for word in ("-e", f"{name}={value}")]


@contextlib.contextmanager
def gocryptfs(folder):
    """`folder`, which is empty, is where a new gocryptfs is mounted."""
    if not shutil.which("gocryptfs"):
        raise LoadError("there is no gocryptfs")
    cipher, password = folder.with_name(folder.name + "-cipher"), folder.with_name(folder.name + "-password")
    cipher.mkdir()
    password.write_text("benchmark")
    call("gocryptfs", "-q", "-init", "-scryptn", "10", "-passfile", password, cipher)
    # In our session: where the kernel groups by session, a daemon of its own would not have the priority that --nice gives us.
    server = subprocess.Popen(["gocryptfs", "-q", "-fg", "-passfile", password, cipher, folder], stdin=subprocess.DEVNULL)
    try:
        while not folder.is_mount():
            if server.poll() is not None:
                raise LoadError("gocryptfs cannot be mounted here")
            time.sleep(0.02)
        yield ()
    finally:
        # A second signal must not leave the mount behind: whoever stops us may send one to the whole group, too.
        signals = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        subprocess.run(["fusermount3", "-u", "-z", str(folder)], check=server.poll() is None)
        server.wait()
        signal.pthread_sigmask(signal.SIG_SETMASK, signals)


class Protected:
    """A mixin for workloads: the subfolder `protected` is a region inside, and a plain directory or gocryptfs outside."""

    protected = "files"
    protection = "encrypted"
    peer = None  # outside, if not a plain directory

    def place(self, folder, side):
        (folder / self.protected).mkdir(exist_ok=True)
        if side.name != "native":
            return region(folder / self.protected, self.protection)
        return self.peer(folder / self.protected) if self.peer else contextlib.nullcontext(())


class Files(Protected, Program):
    """bench-files: passes over one file, in MB/s."""

    unit = "MB/s"

    def __init__(self, what, kib, mib=MIB_CACHED, random=False, peer=None):
        order = "" if what == "cipher" else "rand-" if random else "seq-"
        suffix = "-uncached" if mib == MIB_UNCACHED else ""
        super().__init__(f"file-{order}{what}-{kib}k{suffix}" + ("-gocryptfs" if peer else ""))
        self.words = [what, "--block", kib, "--size", mib, *(["--random"] if random else [])]
        self.peer = peer

    def command(self, folder, seconds):
        return [f"{PROGRAMS}/bench-files", *self.words, "--seconds", seconds, "--folder", folder / self.protected]


class SqliteInRegion(Protected, Sqlite):
    """The least work that there is: gocryptfs takes 20 seconds for what is natively one."""

    def __init__(self, peer=None):
        super().__init__()
        self.name = "sqlite-encrypted" + ("-gocryptfs" if peer else "")
        self.peer = peer

    def command(self, folder, seconds):
        return super().command(folder / self.protected, 0)


class NginxInRegion(Protected, Nginx):
    """The pages in a region; natively plain files."""

    protected = "html"

    def __init__(self, kib, protection):
        super().__init__("http", kib)
        self.name, self.protection = f"nginx-{protection}-{kib}k", protection


class StartWithVolume(Protected, Start):
    """/bin/true, beside a volume of 100,000 files, which is opened first."""

    FILES = 100_000

    def __init__(self):
        super().__init__()
        self.name = "startup-volume-100k"

    def place(self, folder, side):
        for number in range(self.FILES if side.name != "native" else 0):
            path = folder / self.protected / f"{number // 1000}"
            path.mkdir(exist_ok=True, parents=True)
            (path / f"{number}").write_bytes(b"x")
        return super().place(folder, side)


def files(peer=None):
    for kib in (4, 64):
        yield Files("write", kib, peer=peer)
        yield Files("write", kib, random=True, peer=peer)
        yield Files("read", kib, peer=peer)
        yield Files("read", kib, random=True, peer=peer)
        yield Files("read", kib, MIB_UNCACHED, peer=peer)


WORKLOADS = [
    Files("cipher", 4), *files(), *files(gocryptfs),
    SqliteInRegion(), SqliteInRegion(gocryptfs), StartWithVolume(),
    *(NginxInRegion(kib, protection) for protection in ("encrypted", "authenticated") for kib in (1, 64)),
]

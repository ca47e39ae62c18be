"""The host's disk is full in the middle of a write."""
import contextlib
import subprocess

from volumes import Skipped, Volume, check

FILL = """
import errno, os
kept = os.open("/protected/kept", os.O_RDWR | os.O_CREAT)
os.write(kept, b"confirmed" * 50000)
os.fsync(kept)
big = os.open("/protected/big", os.O_WRONLY | os.O_CREAT)
try:
    while True:
        os.write(big, b"x" * 65536)
        os.fsync(big)
except OSError as error:
    print(errno.errorcode[error.errno])
print(os.pread(kept, 10**6, 0) == b"confirmed" * 50000)
"""
LOOK = "print(open('/protected/kept', 'rb').read() == b'confirmed' * 50000)"
MAKE_ROOM = "import os; os.remove('/protected/big'); f = open('/protected/new', 'w'); f.write('x' * 100000); f.flush(); os.fsync(f.fileno()); print('written')"


@contextlib.contextmanager
def small_disk(folder, size="3m"):
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True).returncode != 0:
        raise Skipped("a small file system cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def full_disk(folder):
    with small_disk(folder / "disk") as disk:
        volume = Volume(disk)
        done = volume.python(FILL)
        check(done.stdout == b"ENOSPC\nTrue\n", f"{done.stdout} {done.stderr}")
        for text, answer in ((LOOK, b"True\n"), (MAKE_ROOM, b"written\n"), (LOOK, b"True\n")):
            done = volume.python(text)
            check(done.stdout == answer, f"{done.stdout} {done.stderr}")


TESTS = {"disk.full": full_disk}

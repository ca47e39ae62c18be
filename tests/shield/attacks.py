"""A host that changes the files of a volume: each attack is found at the read that would return the damage, or at the start."""
import shutil

from volumes import Volume, check

READ = """
import sys
for name in sys.argv[1:]:
    try:
        data = open("/protected/" + name, "rb").read()
        print(name, len(data), data[:8].decode())
    except OSError as error:
        print(name, error.errno)
"""
SIZE = 40_000  # several chunks, the last one not full


def contents(letter):
    return "".join(f"{letter}{i:07}" for i in range(SIZE // 8))


def prepared(folder, protection="encrypted"):
    """A volume with the files a, b and c of equal size; and which host file is whose, by the order of creation."""
    volume = Volume(folder, protection)
    program = "\n".join(f"open('/protected/{n}', 'w').write(''.join(f'{n}{{i:07}}' for i in range({SIZE // 8})))" for n in "abc")
    done = volume.python(program)
    check(done.returncode == 0, f"preparation: {done.stderr}")
    files = [path for path in volume.host_files() if path != volume.fspf]
    check(len(files) == 3, f"three files on the host, not {files}")
    return volume, files


def read(volume, names="abc", **settings):
    done = volume.run("/usr/bin/python3", "-I", "-c", READ, *names, **settings)
    lines = dict(line.split(maxsplit=1) for line in done.stdout.decode().splitlines())
    return done, lines


def expect_damage(volume, damaged, names="abc"):
    """Reading `damaged` gives EIO and a message with the file's path; the rest is read as it was."""
    done, lines = read(volume, names)
    for name in names:
        want = "5" if name in damaged else f"{SIZE} {name}0000000"
        check(lines.get(name) == want, f"{name}: {lines.get(name)!r}, not {want!r}; {done.stderr.decode()}")
    check(b"scone: " in done.stderr and str(volume.data).encode() in done.stderr, f"no message: {done.stderr}")


def expect_refused(volume, word, tag=None):
    done = volume.run("/bin/true", tag=tag)
    check(done.returncode == 125, f"status {done.returncode}: {done.stderr}")
    check(word.encode() in done.stderr, f"message without '{word}': {done.stderr}")


def flip(path, offset):
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def flipped_bit(protection):
    def test(folder):
        volume, files = prepared(folder, protection)
        flip(files[1], files[1].stat().st_size // 2)
        expect_damage(volume, "b")

    return test


def flipped_early_and_late(folder):
    volume, files = prepared(folder)
    flip(files[0], 0)
    flip(files[2], files[2].stat().st_size - 1)
    expect_damage(volume, "ac")


def truncated(folder):
    volume, files = prepared(folder)
    with open(files[1], "r+b") as file:
        file.truncate(files[1].stat().st_size - 4096)
    expect_damage(volume, "b")


def emptied(folder):
    volume, files = prepared(folder)
    files[1].write_bytes(b"")
    expect_damage(volume, "b")


def deleted(folder):
    volume, files = prepared(folder)
    files[1].unlink()
    expect_damage(volume, "b")


def swapped_files(folder):
    volume, files = prepared(folder)
    first, second = files[0].read_bytes(), files[1].read_bytes()
    files[0].write_bytes(second)
    files[1].write_bytes(first)
    expect_damage(volume, "ab")


def swapped_chunks(folder):
    volume, files = prepared(folder)
    data = files[2].read_bytes()
    files[2].write_bytes(data[4096:8192] + data[:4096] + data[8192:])
    expect_damage(volume, "c")


def replaced_by_a_link(folder):
    volume, files = prepared(folder)
    files[1].unlink()
    files[1].symlink_to(files[0])
    expect_damage(volume, "b")


def old_file_put_back(folder):
    volume, files = prepared(folder)
    old = files[0].read_bytes()
    done = volume.python("f = open('/protected/a', 'r+'); f.write('A' * 40000); f.close()")
    check(done.returncode == 0, done.stderr)
    now = [path for path in volume.host_files() if path.name == files[0].name][0]
    now.write_bytes(old)
    expect_damage(volume, "a")


def old_volume_put_back(folder):
    volume, _ = prepared(folder)
    shutil.copytree(volume.data, volume.folder / "old")
    shutil.copy(volume.fspf, volume.folder / "old-fspf")
    done = volume.python("open('/protected/new', 'w').write('x')")
    check(done.returncode == 0, done.stderr)
    tag = volume.tag()
    check(volume.run("/bin/true", tag=tag).returncode == 0, "the newest state is accepted")
    shutil.rmtree(volume.data)
    shutil.copytree(volume.folder / "old", volume.data)
    shutil.copy(volume.folder / "old-fspf", volume.fspf)
    expect_refused(volume, "fspf", tag=tag)


def damaged_description(folder):
    volume, _ = prepared(folder)
    # Behind the last record are zeros: room for the next ones.
    tag, size = volume.tag(), len(volume.fspf.read_bytes().rstrip(b"\0"))
    for offset in (0, 8, size // 3, size // 2, size - 1):
        flip(volume.fspf, offset)
        expect_refused(volume, "fspf", tag=tag)
        flip(volume.fspf, offset)
    _, lines = read(volume)
    check(all(lines[n].startswith(str(SIZE)) for n in "abc"), "undamaged again")


def wrong_key(folder):
    volume, _ = prepared(folder)
    volume.key = "00" * 32
    expect_refused(volume, "fspf")


def foreign_description(folder):
    volume, _ = prepared(folder)
    volume.fspf.write_bytes(b"#!/bin/sh\n" * 100)
    expect_refused(volume, "fspf")


def missing_description(folder):
    volume, _ = prepared(folder)
    volume.fspf.unlink()
    expect_refused(volume, "fspf")


CHANGE_WHILE_RUNNING = """
import os, sys
first = os.open("/protected/a", os.O_RDONLY)
os.read(first, 8)                      # what was verified stays what it was
print("ready", flush=True)
sys.stdin.readline()
print(len(os.pread(first, 8, 0)), flush=True)
try:
    os.pread(os.open("/protected/b", os.O_RDONLY), 8, 0)
except OSError as error:
    print(error.errno)
os.write(os.open("/protected/c", os.O_WRONLY), b"still works")
"""


def changed_under_a_running_program(folder):
    import subprocess

    volume, files = prepared(folder)
    with subprocess.Popen(volume.command("/usr/bin/python3", "-I", "-c", CHANGE_WHILE_RUNNING), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/") as program:
        check(program.stdout.readline() == b"ready\n", "started")
        for path in files[:2]:
            for offset in range(0, path.stat().st_size, 1000):
                flip(path, offset)
        output, errors = program.communicate(b"\n", timeout=60)
    check(output == b"8\n5\n", f"{output} {errors}")
    check(program.returncode == 0, f"status {program.returncode}: {errors}")


MAPPED = """
import mmap
try:
    file = open("/protected/b", "rb")
    print(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)[20000])
except OSError as error:
    print(error.errno)
"""


def changed_before_it_is_mapped(folder):
    volume, files = prepared(folder)
    flip(files[1], 20000)
    done = volume.python(MAPPED)
    # As for a disk that fails under a mapping (mmap(2)): SIGBUS.
    check(done.returncode in (-7, 128 + 7) and done.stdout == b"", f"status {done.returncode} {done.stdout}")
    check(str(volume.data).encode() in done.stderr, f"no message: {done.stderr}")


TESTS = {
    "attack.flipped_bit.encrypted": flipped_bit("encrypted"),
    "attack.flipped_bit.authenticated": flipped_bit("authenticated"),
    **{f"attack.{test.__name__}": test for test in (
        flipped_early_and_late, truncated, emptied, deleted, swapped_files, swapped_chunks, replaced_by_a_link, old_file_put_back,
        old_volume_put_back, damaged_description, wrong_key, foreign_description, missing_description,
        changed_under_a_running_program, changed_before_it_is_mapped)},
}

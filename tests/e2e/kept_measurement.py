"""What the runner keeps beside the image as the enclave's measurement is a guess: whatever stands there, the program runs, in an enclave that
measures what `scone hash` says, and the next start finds the right one."""
import os
import pathlib
import shutil
import subprocess

import harness

DIGEST_AT = 32  # behind size, inode and time of the image
NOBODY = 65534


class Installation:
    """A copy of the command and the image, so that nobody else's starts write beside it."""

    def __init__(self, folder):
        build = pathlib.Path(harness.SCONE).resolve().parents[1]
        self.folder = pathlib.Path(folder) / "enclave"
        self.command = pathlib.Path(folder) / "cli/scone"
        for part in ("cli/scone", "enclave/scone-enclave"):
            (pathlib.Path(folder) / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(build / part, pathlib.Path(folder) / part)
        self.digest = bytes.fromhex(self.run("hash").stdout.split()[0].decode())

    def run(self, *arguments, **options):
        return subprocess.run([self.command, *arguments], capture_output=True, env=harness.ENVIRONMENT, timeout=30, **options)

    def start(self, **options):
        """What is wrong with a run."""
        try:
            done = self.run("run", "--fast", "--", "/bin/echo", "works", **options)
        except subprocess.TimeoutExpired:
            return ["it hangs"]
        if (done.returncode, done.stdout) != (0, b"works\n"):
            return [f"status {done.returncode}, {done.stdout!r}, {done.stderr[-300:]!r}"]
        return []

    def kept(self):
        """The file with the guess, or where it will be. There is one: all runs have the same parameters."""
        found = [path for path in self.folder.iterdir() if path.name.endswith(".measured")]
        assert len(found) == 1, f"{found}"
        return found[0]

    def leftovers(self):
        return [path.name for path in self.folder.iterdir() if ".measured." in path.name]


def absent(path, right):
    pass


def as_it_was(path, right):
    path.write_bytes(right)


def wrong_digest(path, right):
    path.write_bytes(right[:DIGEST_AT] + bytes(byte ^ 0xff for byte in right[DIGEST_AT:]))


def one_bit(path, right):
    path.write_bytes(right[:-1] + bytes([right[-1] ^ 1]))


def of_another_image(path, right):
    path.write_bytes(bytes([right[0] ^ 1]) + right[1:])


def empty(path, right):
    path.touch()


def truncated(path, right):
    path.write_bytes(right[:-1])


def huge(path, right):
    path.write_bytes(os.urandom(1 << 20))
    os.truncate(path, 1 << 40)


def huge_behind_the_right_one(path, right):
    path.write_bytes(right + os.urandom(1 << 20))


def directory(path, right):
    path.mkdir()


def fifo(path, right):
    os.mkfifo(path)


def dangling_link(path, right):
    path.symlink_to("/nonexistent/nowhere")


STATES = (absent, as_it_was, wrong_digest, one_bit, of_another_image, empty, truncated, huge, huge_behind_the_right_one, directory, fifo,
          dangling_link)


def clear(path):
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def whatever_is_kept(folder):
    here = Installation(folder)
    failures = here.start()
    path = here.kept()
    right = path.read_bytes()
    if right[DIGEST_AT:] != here.digest:
        failures.append(f"kept {right[DIGEST_AT:].hex()}, but the image measures {here.digest.hex()}")
    for state in STATES:
        clear(path)
        state(path, right)
        problems = here.start() + here.start()
        if state is not directory and (not path.is_file() or path.read_bytes()[:len(right)] != right):
            problems.append("the next start does not find the right one")
        problems += [f"{name} is left over" for name in here.leftovers()]
        failures += [f"{state.__name__}: {text}" for text in problems]
    return failures


def changed_image(folder):
    """An image of the same size and time with another byte in it is another enclave, whatever is kept."""
    here = Installation(folder)
    failures = here.start()
    image = here.folder / "scone-enclave"
    before = image.stat()
    content = bytearray(image.read_bytes())
    at = content.rindex(b"scone: ")  # a message's text
    content[at] ^= 0x20
    with open(image, "r+b") as file:  # the same inode
        file.write(content)
    os.utime(image, ns=(before.st_atime_ns, before.st_mtime_ns))
    failures += here.start()
    digest = bytes.fromhex(here.run("hash").stdout.split()[0].decode())
    if digest == here.digest:
        failures.append("the change is not measured")
    if here.kept().read_bytes()[DIGEST_AT:] != digest:
        failures.append("the measurement before the change is still kept")
    return failures


def place_that_cannot_be_written_to(folder):
    here = Installation(folder)
    failures = here.start()
    path = here.kept()
    right = path.read_bytes()
    # Root may write anywhere.
    options = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    for parent in (folder, here.folder, here.command.parent):
        os.chmod(parent, 0o755)
    for entry in here.folder.iterdir():
        os.chmod(entry, 0o644)
    for state in (absent, as_it_was, wrong_digest, truncated):
        clear(path)
        state(path, right)
        before = path.read_bytes() if path.exists() else None
        os.chmod(here.folder, 0o555)
        problems = here.start(**options) + here.start(**options)
        os.chmod(here.folder, 0o755)
        if (path.read_bytes() if path.exists() else None) != before:
            problems.append("the place can be written to: this proves nothing")
        failures += [f"{state.__name__}: {text}" for text in problems]
    return failures


def started_at_once(folder):
    here = Installation(folder)
    failures = here.start()
    path = here.kept()
    right = path.read_bytes()
    for state in (absent, wrong_digest):
        clear(path)
        state(path, right)
        command = [here.command, "run", "--fast", "--", "/bin/echo", "works"]
        programs = [subprocess.Popen(command, stdout=subprocess.PIPE, env=harness.ENVIRONMENT) for _ in range(8)]
        outputs = [program.communicate(timeout=60)[0] for program in programs]
        if outputs != [b"works\n"] * len(programs) or path.read_bytes() != right or here.leftovers():
            failures.append(f"{state.__name__}: {outputs}, {here.leftovers()}")
    return failures


TESTS = {f"kept_measurement.{test.__name__}": test
         for test in (whatever_is_kept, changed_image, place_that_cannot_be_written_to, started_at_once)}

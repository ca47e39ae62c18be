"""Bad input: one clear line and the exit status that a shell would give."""
import os
import pathlib
import re
import subprocess

from harness import ENVIRONMENT, MODES, scone


def elf(folder, name, change):
    """A copy of /bin/true, changed."""
    path = folder / name
    path.write_bytes(change(bytearray(pathlib.Path("/bin/true").read_bytes())))
    path.chmod(0o755)
    return path


def patched(changes):
    def change(image):
        for offset, value in changes.items():
            image[offset:offset + len(value)] = value
        return image
    return change


# e_machine is at 18, e_type at 16, EI_CLASS at 4, e_phoff at 32, e_phentsize at 54, e_phnum at 56.
IMAGES = {
    "elf32": (patched({4: b"\x01", 18: b"\x03\x00"}), 126),
    "other_machine": (patched({18: b"\xb7\x00"}), 126),
    "object_file": (patched({16: b"\x01\x00"}), 126),
    "truncated_header": (lambda image: image[:40], 126),
    "truncated_segments": (lambda image: image[:5000], 126),
    "no_program_headers": (patched({56: b"\x00\x00"}), 126),
    "program_headers_outside": (patched({32: b"\xff\xff\xff\xff\xff\xff\xff\x7f"}), 126),
    "odd_program_headers": (patched({54: b"\x01\x00"}), 126),
    "garbage_after_magic": (lambda image: b"\x7fELF" + bytes(range(256)) * 16, 126),
    "garbage": (lambda image: b"\x00\x01\x02\x03" * 1000, 126),
    "empty": (lambda image: b"", 126),
    "interpreter_missing": (lambda image: image.replace(b"/lib64/ld-linux-x86-64.so.2", b"/lib64/no-linux-x86-64.so.2"), 127),
}


def expect(command, status, pattern, options=("--fast",), folder=None):
    """Runs the command; failures as a list of texts."""
    done = subprocess.run([*scone(*options), *map(str, command)], capture_output=True, text=True, env=ENVIRONMENT, timeout=60,
                          cwd=folder, stdin=subprocess.DEVNULL)
    failures = []
    if done.returncode != status:
        failures.append(f"status {done.returncode}, not {status}")
    if done.stdout:
        failures.append(f"stdout {done.stdout!r}")
    if done.stderr.count("\n") != 1 or not done.stderr.endswith("\n"):
        failures.append(f"not one line on stderr: {done.stderr!r}")
    elif not re.search(pattern, done.stderr):
        failures.append(f"{done.stderr!r} does not match {pattern!r}")
    return [f"{' '.join(options)}: {failure}" for failure in failures]


def in_all_modes(command, status, pattern, folder=None):
    return [failure for options in MODES.values() for failure in expect(command, status, pattern, options, folder)]


def missing_program(folder):
    return [*in_all_modes(["no-such-program-anywhere"], 127, "no-such-program-anywhere.*not found"),
            *in_all_modes([folder / "none"], 127, "none.*(not found|[Nn]o such file)")]


def directory(folder):
    return in_all_modes([folder], 126, "[Dd]irectory")


def not_executable(folder):
    path = elf(folder, "not-executable", lambda image: image)
    path.chmod(0o644)
    return in_all_modes([path], 126, "[Pp]ermission denied")


def bad_image(name):
    change, status = IMAGES[name]

    def test(folder):
        return expect([elf(folder, name, change)], status, name)
    return test


def script_without_interpreter(folder):
    path = folder / "script"
    path.write_text("#!/no/such/interpreter\n")
    path.chmod(0o755)
    return expect([path], 127, "interpreter|No such file")


def script_with_interpreter(folder):
    """Not bad at all: the interpreter runs, with the arguments Linux gives it."""
    path = folder / "good-script"
    path.write_text("#!/bin/echo an argument\n")
    path.chmod(0o755)
    command = [path, "x", "y"]
    native = subprocess.run(command, capture_output=True, text=True).stdout
    inside = subprocess.run([*scone("--fast"), *command], capture_output=True, text=True)
    return [] if inside.stdout == native and inside.returncode == 0 else [f"{inside} instead of {native!r}"]


def heap_too_small(folder):
    """Which limit, and how to raise it; the program's own message may follow."""
    failures = []
    for mode, options in MODES.items():
        done = subprocess.run([*scone(*options, "--heap", "2M"), "/usr/bin/python3", "-c", "print(1)"], capture_output=True,
                              text=True, env=ENVIRONMENT, timeout=60)
        if done.returncode == 0:
            failures.append(f"{mode}: the program ran in 2 MiB")
        if not re.search("--heap|SCONE_HEAP", done.stderr):
            failures.append(f"{mode}: stderr does not tell how to raise the limit: {done.stderr!r}")
    return failures


def wrong_options(folder):
    failures = []
    for options in (["--ethreads", "0"], ["--heap", "many"], ["--no-such-option"], ["--strict", "--fast"]):
        done = subprocess.run([*scone(*options), "/bin/true"], capture_output=True, text=True, timeout=60)
        if done.returncode in (0, 126, 127) or not done.stderr:
            failures.append(f"{options}: status {done.returncode}, stderr {done.stderr!r}")
    done = subprocess.run(scone("--fast"), capture_output=True, text=True, timeout=60)
    if done.returncode == 0 or not done.stderr:
        failures.append(f"no program: status {done.returncode}, stderr {done.stderr!r}")
    return failures


def closed_descriptors(folder):
    """A caller that closed stdin: the program must not find another file there."""
    command = ["/bin/ls", "-l", "/proc/self/fd/0"]
    close_stdin = lambda: os.close(0)
    native = subprocess.run(command, capture_output=True, preexec_fn=close_stdin, timeout=60)
    failures = []
    for mode, options in MODES.items():
        inside = subprocess.run([*scone(*options), *command], capture_output=True, preexec_fn=close_stdin, timeout=60)
        if inside.returncode != native.returncode:
            failures.append(f"{mode}: status {inside.returncode}, not {native.returncode}")
    return failures


TESTS = {
    "bad.missing_program": missing_program,
    "bad.directory": directory,
    "bad.not_executable": not_executable,
    "bad.script_without_interpreter": script_without_interpreter,
    "bad.script_with_interpreter": script_with_interpreter,
    "bad.heap_too_small": heap_too_small,
    "bad.options": wrong_options,
    "bad.closed_stdin": closed_descriptors,
    **{f"bad.{name}": bad_image(name) for name in IMAGES},
}

"""All shields of one program: a configuration that brings arguments, environment, an encrypted volume and a console's key."""
import re
import subprocess
import sys
import tempfile

import canary
import harness
import onlooker
import shielded

sys.path.append(str(harness.ROOT / "tests/shield"))
import volumes  # noqa: E402

# Shows its canaries, keeps them in the volume (contents, a name, a link), reads them back, shows them again, and waits.
SCRIPT = r"""
import os, sys
word = sys.argv[1]
line = sys.stdin.readline().strip()
text = " ".join((word, os.environ["CANARY"], line))
print(text, flush=True)
with open("/protected/notes", "w") as file:
    file.write((text + "\n") * 1000)
    file.flush()
    os.fsync(file.fileno())
os.rename("/protected/notes", "/protected/" + word)
os.symlink(word, "/protected/link")
with open("/protected/link") as file:
    assert file.read() == (text + "\n") * 1000
print("kept", sorted(os.listdir("/protected")) == sorted(["link", word]), flush=True)
print("pid", os.getpid(), flush=True)
sys.stdin.readline()
with open("/protected/link") as file:
    print("last", file.readline(), end="", flush=True)
"""


def make(folder, protection="encrypted", **members):
    """The program, its volume and its canaries."""
    texts = canary.canaries()
    volume = volumes.Volume(folder, protection)
    (folder / "work").mkdir()
    program = shielded.Shielded(
        folder, ["python3", "-I", "-c", SCRIPT, texts["argument"]],
        environment={**shielded.ENVIRONMENT, "CANARY": texts["environment"]}, working_directory=str(folder / "work"),
        fspf={"path": str(volume.fspf), "key": volume.key, "tag": volume.first_tag, "mutable": True}, **members)
    return program, volume, texts


def begin(client, texts):
    """Types a canary; returns the program's pid, as it tells it, and what is wrong."""
    pid, output = canary.type_and_listen(client, texts["input"])
    if pid is None:
        return None, [f"the program ended early: {output!r}"]
    expected = "{argument} {environment} {input}\nkept True\n".format(**texts).encode() + b"pid %d\n" % pid
    return pid, [] if output == expected else [f"the client shows {output!r}"]


def end(client, texts):
    output, _ = client.communicate(b"go on\n", timeout=60)
    problems = [] if client.returncode == 0 else [f"status {client.returncode}"]
    if output != "last {argument} {environment} {input}\n".format(**texts).encode():
        problems.append(f"at the end the client shows {output!r}")
    return problems


def play(folder, program, texts, wanted, command):
    """What is wrong, and where the host finds what it should not, while the program runs and afterwards."""
    with tempfile.TemporaryFile() as messages, subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                                                stderr=messages) as client:
        try:
            pid, problems = begin(client, texts)
            if pid:
                problems += onlooker.find_in_memory(pid, wanted) + find_in_files(folder, program, wanted)
                problems += end(client, texts)
            else:
                client.wait(60)
                messages.seek(0)
                problems.append(f"its messages: {messages.read()[-500:]!r}")
        except subprocess.TimeoutExpired:
            problems = ["the program does not end"]
        finally:
            client.kill()
    return problems + find_in_files(folder, program, wanted)


def find_in_files(folder, program, wanted):
    """All of them, but the configuration's key where the runner reads it."""
    kept = program.key.read_text()
    program.key.unlink()
    try:
        return onlooker.find_in_files(folder, wanted)
    finally:
        program.key.write_text(kept)


def secrets_of(program, volume, texts):
    wanted = canary.needles(texts, *canary.secrets_of(program), ("volume's key", volume.key))
    wanted.pop("configuration key in hexadecimal")  # the runner reads it from its file
    return wanted


def in_memory_and_files(folder):
    failures = []
    for mode, options in harness.MODES.items():
        own = folder / mode
        own.mkdir()
        program, volume, texts = make(own, console={"key": "fresh"})
        problems = play(own, program, texts, secrets_of(program, volume, texts), program.console(*program.run(*options)))
        failures += [f"{mode}: {text}" for text in problems]
    return failures


def in_system_calls(folder):
    failures = []
    for mode in ("fast-1", "fast-2"):
        own, log = folder / mode, folder / f"trace-{mode}"
        own.mkdir()
        program, volume, texts = make(own, console={"key": "fresh"})
        wanted = secrets_of(program, volume, texts)
        problems = play(own, program, texts, wanted,
                        program.console(*onlooker.strace(log), *program.run(*harness.MODES[mode])))
        problems += onlooker.find_in_trace(log, wanted)
        for part in (b"~scone:", b".scone/"):
            if not onlooker.find_in_trace(log, {"part": part}):
                problems.append(f"the trace does not show {part!r}")
        failures += [f"{mode}: {text}" for text in problems]
    return failures


def seen_without(folder):
    """These tests would see it: of a program without configuration, in a volume with integrity only, the host finds all canaries."""
    log, own = folder / "trace", folder / "own"
    own.mkdir()
    program, volume, texts = make(own, "authenticated")
    wanted = canary.needles(texts)
    command = volume.command("/usr/bin/python3", "-I", "-c", SCRIPT, texts["argument"], variables=[f"CANARY={texts['environment']}"])
    found = play(own, program, texts, wanted, [*onlooker.strace(log), *command])
    found += onlooker.find_in_trace(log, wanted)
    places = {(text, place) for text in texts for place in ("the trace", r"\d+", "memory at")} - {("input", "memory at")}
    return [f"the {text} canary is not found in {place}, only {found}" for text, place in places
            if not any(re.match(f"{place}.* holds the canary of {text}", line) for line in found)]


TESTS = {f"combined.{test.__name__}": test for test in (in_memory_and_files, in_system_calls, seen_without)}

"""A host that attacks a shielded console: middle.py stands between the client and the enclave."""
import pathlib
import subprocess
import sys

import shielded

MIDDLE = [sys.executable, "-B", str(pathlib.Path(__file__).with_name("middle.py"))]
INTERACTIVE = {"console": {"key": "fresh"}}
OUTPUT = ["bash", "-c", "for i in 1 2 3 4 5; do echo line $i; done; echo problem >&2; exit 7"]
HONEST = b"".join(b"line %d\n" % i for i in range(1, 6))

# attack on an output: what the client says. (Without the challenge both ends wait: the host may starve them.) Record 0 is the challenge, 1 the hello, 2 the first line, 7 the end.
OUTPUT_ATTACKS = {
    "flip-challenge": ("flip", 0, "changed, forged"), "flip-hello": ("flip", 1, "changed, forged"),
    "flip-data": ("flip", 4, "changed, forged"), "flip-end": ("flip", 7, "changed, forged"),
    "drop-hello": ("drop", 1, "lost or reordered"),
    "drop-data": ("drop", 4, "lost or reordered"), "drop-end": ("drop", 7, "truncated"),
    "replay-hello": ("replay", 1, "replayed"), "replay-data": ("replay", 4, "replayed"),
    "replay-later": ("replay-later", 2, "replayed"), "reorder": ("swap", 3, "lost or reordered"),
    "truncate": ("truncate", 4, "truncated"), "truncate-all": ("truncate", 0, "truncated"),
    "cut-line": ("cut", 4, "damaged line"), "relabel-stream": ("relabel", 4, "record"),
    "old-version": ("version", 4, "version"), "forged-end": ("forge-end", 4, "malformed"),
}
# attack on the input: the program's read must fail. Record 0 is the hello, 1 the terminal, 2 and up the data, the last the end.
INPUT_ATTACKS = {
    "input-flip": ("flip", 3, "changed, forged"), "input-drop": ("drop", 3, "lost or reordered"),
    "input-replay": ("replay", 3, "replayed"), "input-reorder": ("swap", 3, "lost or reordered"),
    "input-truncate": ("truncate", 4, "truncated"), "input-cut-line": ("cut", 3, "damaged"),
    "input-of-output": ("relabel", 3, "another stream"),
}


def on_output(attack, record, message):
    def test(folder):
        program = shielded.Shielded(folder, OUTPUT, **INTERACTIVE)
        done = shielded.run(program.console(*MIDDLE, "stdout", attack, record, "--", *program.run()))
        problems = shielded.difference(done, shielded.TAMPERED, None, message)
        if not HONEST.startswith(done.stdout):
            problems.append(f"stdout {done.stdout!r} is not what the program wrote")
        return problems

    return test


def on_input(attack, record, message):
    def test(folder):
        script = ("import os,sys\n"
                  "try:\n"
                  "  while (data:=os.read(0,65536)): os.write(1,data)\n"
                  "  print('end')\n"
                  "except OSError as error: print(error.strerror); sys.exit(9)\n")
        program = shielded.Shielded(folder, ["python3", "-c", script], **INTERACTIVE)
        data = b"".join(b"%07d\n" % i for i in range(3000))
        done = shielded.run(program.console(*MIDDLE, "stdin", attack, record, "--", *program.run()), data)
        problems = shielded.difference(done, 9, None, message)
        text = done.stdout.removesuffix(b"Input/output error\n")
        if text == done.stdout or not data.startswith(text):
            problems.append(f"stdout ends {done.stdout[-60:]!r}")
        return problems

    return test


def recorded(program):
    """The lines of an interactive run, as the host saw them."""
    with open(program.file.with_name("recording"), "wb") as recording:
        subprocess.run(program.console(*MIDDLE, "stdout", "record", recording.name, "--", *program.run()), check=False,
                       capture_output=True, stdin=subprocess.DEVNULL, timeout=100)
    return pathlib.Path(recording.name)


def replay_of_a_run(folder):
    """All of an earlier run, instead of a new one."""
    program = shielded.Shielded(folder, OUTPUT, **INTERACTIVE)
    old = recorded(program)
    honest = shielded.run(program.decrypt(), old.read_bytes())
    if honest.returncode != 7 or honest.stdout != HONEST:
        return [f"the recording is wrong: {honest}"]
    done = shielded.run(program.console("cat", old))
    return shielded.difference(done, shielded.TAMPERED, b"", "another run")


def splice_of_runs(folder):
    """Records of an earlier run at each place of a new one."""
    program = shielded.Shielded(folder, OUTPUT, **INTERACTIVE)
    old = recorded(program)
    failures = []
    for record in (0, 1, 2, 4, 7):
        done = shielded.run(program.console(*MIDDLE, "stdout", f"splice={old}", record, "--", *program.run()))
        problems = shielded.difference(done, shielded.TAMPERED)
        if not HONEST.startswith(done.stdout):
            problems.append(f"stdout {done.stdout!r}")
        failures += [f"record {record}: {text}" for text in problems]
    return failures


def input_of_another_run(folder):
    """What the client typed to an earlier enclave is not taken by a new one."""
    program = shielded.Shielded(folder, ["cat"], **INTERACTIVE)
    typed = folder / "typed"
    subprocess.run(program.console(*MIDDLE, "stdin", "record", typed, "--", *program.run()), input=b"rm -rf\n",
                   capture_output=True, timeout=100, check=False)
    if not typed.read_bytes():
        return ["nothing was recorded"]
    done = shielded.run(program.run(), typed.read_bytes())
    return shielded.difference(done, shielded.FAILED, None, "not that of a client")


TESTS = {
    **{f"attack.{name}": on_output(*attack) for name, attack in OUTPUT_ATTACKS.items()},
    **{f"attack.{name}": on_input(*attack) for name, attack in INPUT_ATTACKS.items()},
    **{f"attack.{test.__name__}": test for test in (replay_of_a_run, splice_of_runs, input_of_another_run)},
}

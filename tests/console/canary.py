"""A canary in arguments, environment, input and output of a shielded program is nowhere on the host."""
import os
import re
import subprocess

import harness
import onlooker
import shielded

INTERACTIVE = {"console": {"key": "fresh"}}
# Shows the canaries on its outputs, then tells its pid and waits, so that we can look at the runner's memory.
SCRIPT = ("import os,sys\n"
          "line=sys.stdin.readline()\n"
          "print(sys.argv[1],os.environ['CANARY'],line,flush=True); print(line*50,file=sys.stderr,flush=True)\n"
          "print('pid',os.getpid(),flush=True)\n"
          "sys.stdin.readline()\n")


def canaries():
    return {place: os.urandom(12).hex() for place in ("argument", "environment", "input")}


def needles(texts, *keys):
    """What must not be found: the canaries and the keys, as text and as bytes."""
    result = {f"canary of {place}": text.encode() for place, text in texts.items()}
    for name, digits in keys:
        result[f"{name} in hexadecimal"] = digits.encode()
        result[name] = bytes.fromhex(digits)
    return result


def secrets_of(program):
    shown = subprocess.run([harness.SCONE, "scf", "show", "--secrets", program.file, "--scf-key", program.key],
                           capture_output=True, text=True, check=True).stdout
    return (("console key", re.search(r'"key": "([0-9a-f]{64})"', shown).group(1)),
            ("configuration key", program.key.read_text().strip()))


def shielded_program(folder, texts):
    environment = {**shielded.ENVIRONMENT, "CANARY": texts["environment"]}
    return shielded.Shielded(folder, ["python3", "-c", SCRIPT, texts["argument"]], environment=environment, **INTERACTIVE)


def start_client(program, *command):
    return subprocess.Popen(program.console(*command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL)


def finish(client):
    client.stdin.close()
    try:
        return [] if client.wait(60) == 0 else [f"status {client.returncode}"]
    finally:
        client.kill()


def type_and_listen(client, text):
    """Types a line; returns the program's pid, as it tells it, or None, and all it showed until then."""
    client.stdin.write(text.encode() + b"\n")
    client.stdin.flush()
    output = b""
    for line in iter(client.stdout.readline, b""):
        output += line
        if line.startswith(b"pid "):
            return int(line.split()[1]), output
    return None, output


def greet(client, texts):
    """Types a canary, checks that the program shows all; returns its pid and what is wrong."""
    pid, output = type_and_listen(client, texts["input"])
    if pid is None:
        return None, [f"the program ended early: {output!r}"]
    return pid, [f"the program did not show the canary of {place}" for place, text in texts.items() if text.encode() not in output]


def in_memory(folder):
    """Of the runner: its own, and what it shares with the enclave."""
    failures = []
    for mode, options in harness.MODES.items():
        texts = canaries()
        program = shielded_program(folder, texts)
        wanted = needles(texts, *secrets_of(program))
        client = start_client(program, *program.run(*options))
        pid, problems = greet(client, texts)
        problems += onlooker.find_in_memory(pid, wanted) if pid else []
        failures += [f"{mode}: {text}" for text in problems + finish(client)]
    return failures


def in_system_calls(folder):
    """All that the runner hands to the kernel, and gets from it, as strace shows it in full."""
    texts = canaries()
    program = shielded_program(folder, texts)
    wanted = needles(texts, *secrets_of(program))
    log = folder / "trace"
    client = start_client(program, *onlooker.strace(log), *program.run("--fast"))
    _, problems = greet(client, texts)
    problems += finish(client)
    if not onlooker.find_in_trace(log, {"record": b"~scone:"}):
        problems.append("the trace does not show what was written")
    # The runner reads the configuration's key from its file.
    wanted.pop("configuration key in hexadecimal")
    return problems + onlooker.find_in_trace(log, wanted)


def in_files(folder):
    """A run whose streams go to files."""
    texts = canaries()
    script = "import sys,os; print(sys.argv[1],os.environ['CANARY']); print(sys.argv[1],file=sys.stderr)"
    program = shielded.Shielded(folder, ["python3", "-c", script, texts["argument"]],
                                environment={**shielded.ENVIRONMENT, "CANARY": texts["environment"]},
                                console={"key": "fresh", "mode": "log"})
    with open(folder / "out", "wb") as out, open(folder / "err", "wb") as err:
        subprocess.run(program.run(), stdin=subprocess.DEVNULL, stdout=out, stderr=err, check=True, timeout=100)
    done = shielded.run(program.decrypt(), (folder / "out").read_bytes() + (folder / "err").read_bytes())
    problems = shielded.difference(done, 0, f"{texts['argument']} {texts['environment']}\n".encode(), texts["argument"])
    wanted = needles({place: texts[place] for place in ("argument", "environment")})
    return problems + onlooker.find_in_files(folder, wanted)


TESTS = {f"canary.{test.__name__}": test for test in (in_memory, in_system_calls, in_files)}

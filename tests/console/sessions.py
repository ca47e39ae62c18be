"""Shielded consoles with an honest host: what goes in and out is what a pipe would carry."""
import os
import subprocess

import harness
import shielded

INTERACTIVE = {"console": {"key": "fresh"}}
LOG = {"console": {"key": "fresh", "mode": "log"}}


def in_each_mode(program, check):
    failures = []
    for mode, options in harness.MODES.items():
        failures += [f"{mode}: {text}" for text in check(program.console(*program.run(*options)))]
    return failures


def output_and_status(folder):
    program = shielded.Shielded(folder, ["bash", "-c", "echo out; echo err >&2; exit 7"], **INTERACTIVE)

    def check(command):
        done = shielded.run(command)
        return shielded.difference(done, 7, b"out\n", "err\n")

    return in_each_mode(program, check)


def input_to_output(folder):
    """Several MiB in both directions at once."""
    program = shielded.Shielded(folder, ["cat"], **INTERACTIVE)
    data = os.urandom(3 << 20)
    return in_each_mode(program, lambda command: shielded.difference(shielded.run(command, data), 0, data))


def empty_input(folder):
    program = shielded.Shielded(folder, ["wc", "-c"], **INTERACTIVE)
    return in_each_mode(program, lambda command: shielded.difference(shielded.run(command), 0, b"0\n"))


def death_by_signal(folder):
    program = shielded.Shielded(folder, ["bash", "-c", "echo alive; kill -9 $$"], **INTERACTIVE)
    return in_each_mode(program, lambda command: shielded.difference(shielded.run(command), 137, b"alive\n"))


def descriptors(folder):
    """Polling, duplicates, /dev/stdout, non-blocking writes: python as the program."""
    script = ("import os,select,sys\n"
              "p=select.poll(); p.register(0,select.POLLIN); print(len(p.poll(20000)))\n"
              "print(os.read(0,100)); print(os.isatty(0),os.isatty(1))\n"
              "d=os.dup(1); os.write(d,b'dup\\n'); open('/dev/stdout','w').write('reopened\\n')\n"
              "sys.stdout.flush(); os.set_blocking(1,False); data=b'x'*200000\n"
              "while data:\n"
              "  try: data=data[os.write(1,data):]\n"
              "  except BlockingIOError: select.select([],[1],[])\n")
    program = shielded.Shielded(folder, ["python3", "-u", "-c", script], **INTERACTIVE)
    expected = b"1\nb'hello'\nFalse False\ndup\nreopened\n" + b"x" * 200000
    return in_each_mode(program, lambda command: shielded.difference(shielded.run(command, b"hello"), 0, expected))


def threads(folder):
    """Lines of four threads come out whole."""
    script = ("import os,threading\n"
              "def work(n):\n"
              "  for i in range(200): os.write(1,b'%d %d\\n'%(n,i))\n"
              "ts=[threading.Thread(target=work,args=(n,)) for n in range(4)]\n"
              "[t.start() for t in ts];[t.join() for t in ts]\n")
    program = shielded.Shielded(folder, ["python3", "-c", script], **INTERACTIVE)

    def check(command):
        done = shielded.run(command)
        expected = sorted(f"{n} {i}" for n in range(4) for i in range(200))
        got = sorted(done.stdout.decode().splitlines())
        return shielded.difference(done, 0) + ([] if got == expected else ["lines are missing or torn"])

    return in_each_mode(program, check)


def log_mode(folder):
    """Output only, to files that are decrypted later; one file or two; stdin is empty."""
    failures = []
    program = shielded.Shielded(folder, ["bash", "-c", "read x || echo empty; echo err >&2; exit 3"], **LOG)
    for mode, options in harness.MODES.items():
        done = subprocess.run(program.run(*options), stdin=subprocess.DEVNULL, capture_output=True, timeout=100)
        both = shielded.run(program.decrypt(), done.stdout + done.stderr)
        failures += [f"{mode}: {text}" for text in shielded.difference(both, 3, b"empty\n", "err\n")]
        alone = shielded.run(program.decrypt(), done.stdout)
        failures += [f"{mode}: {text}" for text in shielded.difference(alone, 3, b"empty\n")]
        client = shielded.run(program.console(*program.run(*options)))
        failures += [f"{mode}, client: {text}" for text in shielded.difference(client, 3, b"empty\n", "err\n")]
    return failures


def through_a_terminal_log(folder):
    """Carriage returns, which terminals add, and foreign lines between records do not matter."""
    program = shielded.Shielded(folder, ["echo", "text"], **LOG)
    lines = shielded.run(program.run()).stdout.replace(b"\n", b"\r\n").split(b"\r\n")
    mixed = b"engine: pulling \x1b[31mimage\r\n" + b"\r\nnoise\r\n".join(lines)
    done = shielded.run(program.decrypt(), mixed)
    return shielded.difference(done, 0, b"text\n", "[host] engine: pulling ?[31mimage")


def without_client(folder):
    """An interactive console does not start for nobody, nor for someone with another key."""
    program = shielded.Shielded(folder, ["echo", "started"], **INTERACTIVE)
    failures = shielded.difference(shielded.run(program.run(), b""), shielded.FAILED, None, "no client answered")
    failures += shielded.difference(shielded.run(program.run(), b"hello\n"), shielded.FAILED, None, "not that of a client")
    other = shielded.Shielded(folder, ["echo"], name="other", **INTERACTIVE)
    done = shielded.run(other.console(*program.run()))
    failures += shielded.difference(done, shielded.TAMPERED, b"", "another run or key")
    return failures


def command_that_is_none(folder):
    program = shielded.Shielded(folder, ["true"], **INTERACTIVE)
    failures = []
    for command, message in ((["/no/such"], "No such file"), (["true"], "truncated"), (["echo", "hi"], "[host] hi")):
        failures += shielded.difference(shielded.run(program.console(*command)), shielded.TAMPERED, b"", message)
    return failures


def no_terminal_of_the_host(folder):
    """/dev/tty is not the host's, with which a program would talk in the clear."""
    script = "try: open('/dev/tty','r+b',0)\nexcept OSError as error: print(error.strerror)"
    program = shielded.Shielded(folder, ["python3", "-c", script], **INTERACTIVE)
    return shielded.difference(shielded.run(program.console(*program.run())), 0, b"No such device or address\n")


def interactive_exchange(folder):
    """Answers come before the input ends."""
    program = shielded.Shielded(folder, ["python3", "-uc", "while True: print(eval(input()))"], **INTERACTIVE)
    client = subprocess.Popen(program.console(*program.run()), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    try:
        for i in range(20):
            client.stdin.write(b"%d*2\n" % i)
            client.stdin.flush()
            answer = client.stdout.readline()
            if answer != b"%d\n" % (2 * i):
                return [f"{i}: {answer!r}, {client.stderr.read()!r}"]
        client.stdin.close()
        return [] if client.wait(60) == 1 else [f"status {client.returncode}"]
    finally:
        client.kill()


TESTS = {f"session.{test.__name__}": test for test in (
    output_and_status, input_to_output, empty_input, death_by_signal, descriptors, threads, log_mode,
    through_a_terminal_log, no_terminal_of_the_host, without_client, command_that_is_none, interactive_exchange)}

"""Signals from outside: what happens to the program happens to the command that runs it, as with a native program."""
import signal
import subprocess

from harness import ENVIRONMENT, MODES, scone

# Prints "ready", then waits as its argument says; a caught SIGTERM ends it with status 3.
WAITER = r"""
import os, select, signal, sys, threading, time
def say(text): os.write(1, text.encode())  # not print: the handler may interrupt it
def end(number, frame):
    say(f"caught {number}\n")
    os._exit(3)
if sys.argv[2] == "caught": signal.signal(signal.SIGTERM, end)
if sys.argv[2] == "ignored": signal.signal(signal.SIGTERM, signal.SIG_IGN)
say("ready\n")
how = sys.argv[1]
if how == "sleep": time.sleep(60)
if how == "pause": signal.pause()
if how == "spin":
    while True: pass
if how == "read": os.read(0, 1)
if how == "epoll": select.epoll().poll()
if how == "lock": lock = threading.Lock(); lock.acquire(); lock.acquire()
if how == "threads":
    for _ in range(4): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    threading.Event().wait()
say("went on\n")
"""


def outcome(prefix, how, action, number):
    """(status, output) of a waiter that got the signal once it was ready."""
    process = subprocess.Popen([*prefix, "/usr/bin/python3", "-c", WAITER, how, action], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, env=ENVIRONMENT)
    try:
        first = process.stdout.readline()
        # "ready" comes a moment before the wait; a signal in between is delivered as well.
        process.send_signal(number)
        process.wait(timeout=20)
        return process.returncode, first + process.stdout.read()
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "did not end", b""


def signals(how, action, number):
    def test(folder):
        native = outcome([], how, action, number)
        failures = []
        for mode, options in MODES.items():
            inside = outcome(scone(*options), how, action, number)
            if inside != native:
                failures.append(f"{mode}: {inside}, not {native}")
        return failures
    return test


def ignored(folder):
    """An ignored signal changes nothing; the end of stdin ends the program."""
    failures = []
    for mode, options in MODES.items():
        process = subprocess.Popen([*scone(*options), "/usr/bin/python3", "-c", WAITER, "read", "ignored"], env=ENVIRONMENT,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        first = process.stdout.readline()
        for _ in range(3):
            process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(input=b"x", timeout=20)
        if (process.returncode, first + output) != (0, b"ready\nwent on\n"):
            failures.append(f"{mode}: status {process.returncode}, {first + output}")
    return failures


def stop_and_continue(folder):
    """Job control: SIGSTOP stops, SIGCONT goes on, nothing is lost."""
    failures = []
    for mode, options in MODES.items():
        process = subprocess.Popen([*scone(*options), "/usr/bin/sha256sum"], env=ENVIRONMENT, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE)
        for _ in range(5):
            process.stdin.write(b"data" * 10000)
            process.send_signal(signal.SIGSTOP)
            process.send_signal(signal.SIGCONT)
        output, _ = process.communicate(timeout=20)
        native = subprocess.run(["/usr/bin/sha256sum"], input=b"data" * 50000, capture_output=True).stdout
        if (process.returncode, output) != (0, native):
            failures.append(f"{mode}: status {process.returncode}, {output}")
    return failures


def broken_pipe(folder):
    """A reader that goes away ends the writer by SIGPIPE, in a shell's eyes too."""
    def last_status(prefix):
        process = subprocess.Popen([*prefix, "/usr/bin/yes"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
                                   restore_signals=True)
        process.stdout.read(10)
        process.stdout.close()
        process.stderr.read()
        return process.wait(timeout=20)
    native = last_status([])
    return [f"{mode}: status {status}, not {native}" for mode, options in MODES.items()
            if (status := last_status(scone(*options))) != native]


# Asks on and on, without any other call, who its parent is, until that is another.
CHILD = r"""
import os, time
first = os.getppid()
print("ready", flush=True)
end = time.monotonic() + 20
while os.getppid() == first and time.monotonic() < end: pass
print("changed" if os.getppid() != first else "still the same", flush=True)
"""
# Starts it, and ends when it is told.
PARENT = 'import subprocess, sys; subprocess.Popen(sys.argv[1:]); sys.stdin.readline()'


def parent_ends(folder):
    failures = []
    for mode, prefix in {"native": [], **{mode: scone(*options) for mode, options in MODES.items()}}.items():
        with subprocess.Popen(["/usr/bin/python3", "-c", PARENT, *prefix, "/usr/bin/python3", "-c", CHILD], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, env=ENVIRONMENT) as parent:
            first = parent.stdout.readline()
            parent.stdin.close()
            output = first + parent.stdout.read()
        if output != b"ready\nchanged\n":
            failures.append(f"{mode}: {output}")
    return failures


TESTS = {
    **{f"signal.term_{how}": signals(how, "caught", signal.SIGTERM)
       for how in ("sleep", "pause", "spin", "read", "epoll", "lock", "threads")},
    "signal.term_default_in_sleep": signals("sleep", "default", signal.SIGTERM),
    "signal.term_default_in_spin": signals("spin", "default", signal.SIGTERM),
    "signal.hup_default": signals("epoll", "default", signal.SIGHUP),
    "signal.kill": signals("read", "caught", signal.SIGKILL),
    "signal.quit_default": signals("pause", "default", signal.SIGQUIT),
    "signal.ignored": ignored,
    "signal.stop_and_continue": stop_and_continue,
    "signal.broken_pipe": broken_pipe,
    "parent.ends": parent_ends,
}

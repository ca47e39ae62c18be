"""Another process changes a file and tells: the next look must see it, always. And what a process sent arrives after its end."""
import os
import socket
import subprocess
import threading
import time

import harness

ROUNDS = int(os.environ.get("SCONE_COHERENCE_ROUNDS", "2000"))

# Looks whenever it is told to, and says what it saw: size, mode, contents by read and by mmap.
LOOKER = r"""
import mmap, os, signal, socket, sys
channel, place, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
news = []
if channel == "signal": signal.signal(signal.SIGUSR1, lambda number, frame: news.append(1))
if channel == "tcp":
    connection = socket.create_connection(("127.0.0.1", int(sys.argv[4])))
    source = sink = connection.fileno()
else:
    source, sink = 0, 1
def look(by_mapping=True):
    try:
        fd = os.open(place, os.O_RDONLY)
    except FileNotFoundError:
        return "none"
    text = os.read(fd, 1000)
    status = os.fstat(fd)
    try: named = os.stat(place)
    except FileNotFoundError: named = status
    same = True
    if by_mapping:
        with mmap.mmap(fd, 0, prot=mmap.PROT_READ) as mapped: same = mapped[:] == text
    os.close(fd)
    if not same or len(text) != status.st_size or status.st_size != named.st_size or status.st_mode != named.st_mode: return "torn"
    return f"{status.st_mode & 0o777:o} {text.decode()}"
os.write(sink, b"ready\n")
for _ in range(rounds):
    if channel == "signal":
        while not news: look(False)  # not by a mapping: a change may be under way, and cut it off
        news.clear()
    else:
        os.read(source, 1)
    seen = look()
    for _ in range(2): look(False)  # and remember it well
    os.write(sink, f"{seen}\n".encode())
"""


def change(place, number):
    """Makes the change of this round. Returns what a look must see."""
    real = place.parent / ("a" if number % 16 < 8 else "b")
    other = place.parent / "other"
    step = number % 8
    text = f"content {number}" + "." * (number % 5)
    if step in (0, 1):  # the link points elsewhere, and back
        other.symlink_to(real.name)
        os.replace(other, place)
        real.write_text(text)
    elif step == 2:  # in place, of the same size
        with open(real, "r+") as file:
            file.write("C")
    elif step == 3:
        with open(real, "a") as file:
            file.write("appended")
    elif step == 4:
        other.write_text(text)
        os.replace(other, real)
    elif step == 5:
        real.unlink()
        return "none"
    elif step == 6:
        real.write_text(text)
    else:
        real.chmod(0o600 if number % 16 < 8 else 0o640)
    return f"{real.stat().st_mode & 0o777:o} {real.read_text()}"


def run_looker(prefix, folder, channel):
    place = folder / f"link-{channel}"
    place.unlink(missing_ok=True)
    listener = socket.create_server(("127.0.0.1", 0)) if channel == "tcp" else None
    extra = [str(listener.getsockname()[1])] if listener else []
    process = subprocess.Popen([*prefix, "/usr/bin/python3", "-c", LOOKER, channel, place, str(ROUNDS), *extra],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=harness.ENVIRONMENT)
    watchdog = threading.Timer(200, process.kill)
    watchdog.start()
    try:
        if listener:
            listener.settimeout(60)
            stream = listener.accept()[0].makefile("rwb", buffering=0)
            source, sink = stream, stream
        else:
            source, sink = process.stdout, process.stdin
        if source.readline() != b"ready\n":
            return ["it did not start"]
        wrong = []
        for number in range(ROUNDS):
            expected = change(place, number)
            if channel == "signal":
                process.send_signal(10)
            else:
                sink.write(b"x")
                sink.flush()
            seen = source.readline().decode().rstrip("\n")
            if seen != expected:
                wrong.append(f"round {number}: {seen!r}, not {expected!r}")
            if not seen:
                break
        return wrong[:3] and [f"{len(wrong)} of {ROUNDS} wrong: {wrong[:3]}"]
    finally:
        process.kill()
        process.communicate()
        watchdog.cancel()
        if listener:
            listener.close()


def sees(channel):
    def test(folder):
        failures = [f"native: {failure}" for failure in run_looker([], folder, channel)]
        for mode in ("fast-1", "fast-2"):
            failures += [f"{mode}: {failure}" for failure in run_looker(harness.scone(*harness.MODES[mode]), folder, channel)]
        return failures
    return test


# Writes more than the kernel takes at once, and ends at once, one way or the other.
SENDER = r"""
import os, signal, socket, sys
connection = socket.socket()
connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
connection.connect(("127.0.0.1", int(sys.argv[1])))
connection.recv(1)
data = bytes(range(251)) * 4178  # a little above 1 MiB
connection.sendall(data)
if sys.argv[2] == "close": connection.close()
if sys.argv[2] == "shutdown": connection.shutdown(socket.SHUT_WR)
if sys.argv[2] == "signal": os.kill(os.getpid(), signal.SIGTERM)
os._exit(0)
"""


def sent_before_the_end(prefix, how):
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    listener.settimeout(60)
    process = subprocess.Popen([*prefix, "/usr/bin/python3", "-c", SENDER, str(listener.getsockname()[1]), how], env=harness.ENVIRONMENT)
    try:
        connection, _ = listener.accept()
        connection.settimeout(60)
        connection.sendall(b"x")
        got = 0
        while piece := connection.recv(65536):
            got += len(piece)
            if 700_000 < got < 780_000:
                time.sleep(0.3)
            if got > 780_000 and got - len(piece) <= 780_000:
                time.sleep(2)  # by now the sender has ended, or waits for its end
        return got
    except OSError as error:
        return f"{got} bytes, then {error}"
    finally:
        process.wait(timeout=60)
        listener.close()


def delivery(folder):
    failures = []
    for how in ("exit", "close", "shutdown", "signal"):
        for mode in ("native", "fast-1", "fast-2"):
            prefix = [] if mode == "native" else harness.scone(*harness.MODES[mode])
            got = sent_before_the_end(prefix, how)
            if got != 251 * 4178:
                failures.append(f"{mode}, {how}: {got} of {251 * 4178}")
    return failures


TESTS = {
    "coherence.pipe": sees("pipe"),
    "coherence.tcp": sees("tcp"),
    "delivery.before-the-end": delivery,
}

"""What an enclave costs before its program does anything: time to start, memory, idle processor time."""
import os
import pathlib
import re
import statistics
import subprocess
import time

from harness import ENVIRONMENT, MODES, scone

HEAPS = ["64M", "1G", "32G"]
MOST_MS = 20.0
MOST_MIB = 32
MOST_IDLE = 0.01


def run_once(command):
    """(seconds of wall time, seconds of processor time)."""
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, ENVIRONMENT)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    if status != 0:
        raise RuntimeError(f"{command} ended with wait status {status}")
    return wall, usage.ru_utime + usage.ru_stime


def start_up_time(folder):
    """Medians of interleaved runs, so that a busy moment hits all alike."""
    commands = {"native": ["/bin/true"], **{heap: [*scone("--fast", "--heap", heap), "/bin/true"] for heap in HEAPS}}
    times = {name: [] for name in commands}
    for _ in range(25):
        for name, command in commands.items():
            times[name].append(run_once(command)[0] * 1000)
    native = statistics.median(times["native"])
    print(f"# native {native:.1f} ms")
    failures = []
    for heap in HEAPS:
        extra = statistics.median(times[heap]) - native
        print(f"# heap {heap}: {extra:.1f} ms more")
        if extra > MOST_MS:
            failures.append(f"heap {heap}: {extra:.1f} ms more than native")
    return failures


def peak_memory(command):
    """MiB. Read while the program sleeps: what wait4(2) tells includes the caller's own memory before the exec."""
    process = subprocess.Popen([*command, "/bin/sleep", "1"], env=ENVIRONMENT)
    time.sleep(0.6)
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    process.wait()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024


def resident_memory(folder):
    failures = []
    native = peak_memory([])
    for mode, options in MODES.items():
        for heap in HEAPS:
            extra = peak_memory(scone(*options, "--heap", heap)) - native
            print(f"# {mode}, heap {heap}: {extra:.1f} MiB more")
            if extra > MOST_MIB:
                failures.append(f"{mode}, heap {heap}: {extra:.1f} MiB more than native")
    return failures


def processor_time(pid):
    """Seconds, of all threads that there are."""
    threads = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def idle(*program):
    """What a program costs that says when it is ready, and sleeps from then on."""
    def test(folder):
        failures = []
        for mode, options in MODES.items():
            process = subprocess.Popen([*scone(*options), *program], env=ENVIRONMENT, stdout=subprocess.PIPE)
            if process.stdout.readline() != b"\n":
                failures.append(f"{mode}: it did not start")
            time.sleep(0.3)  # until all its threads are asleep
            begin = processor_time(process.pid)
            time.sleep(3)
            share = (processor_time(process.pid) - begin) / 3
            if process.poll() is not None:
                failures.append(f"{mode}: it ended with status {process.returncode}")
            process.kill()
            process.communicate()
            print(f"# {mode}: {share * 100:.3f} % of a core")
            if share > MOST_IDLE:
                failures.append(f"{mode}: {share * 100:.2f} % of a core while asleep")
        return failures
    return test


# Waiting threads and an epoll loop without events are idle, too.
THREADS = """
import select, threading, time
for _ in range(10): threading.Thread(target=threading.Event().wait, daemon=True).start()
threading.Thread(target=select.epoll().poll, daemon=True).start()
print(flush=True)
time.sleep(100)
"""

# All ethreads have worked; who stands by does not look around for ever.
AFTER_WORK = """
import hashlib, threading, time
threads = [threading.Thread(target=lambda: hashlib.sha256(bytes(1 << 26))) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(flush=True)
time.sleep(100)
"""


def launcher(folder):
    """./scone itself: when nothing has changed it adds next to nothing. Only if it has built what is tested here."""
    script = subprocess.run(["git", "rev-parse", "--show-toplevel"], capture_output=True, text=True, cwd=os.path.dirname(__file__))
    path = script.stdout.strip() + "/scone"
    if not os.path.exists(script.stdout.strip() + "/build/default/scone.stamp"):
        print("# ./scone has not built anything")
        return []
    direct, through = [], []
    for _ in range(25):
        direct.append(run_once([*scone("--fast"), "/bin/true"])[0] * 1000)
        through.append(run_once([path, "run", "--fast", "--", "/bin/true"])[0] * 1000)
    extra = statistics.median(through) - statistics.median(direct)
    print(f"# ./scone: {extra:.1f} ms more")
    return [f"./scone adds {extra:.1f} ms"] if extra > 5 else []


TESTS = {
    "startup.time": start_up_time,
    "startup.memory": resident_memory,
    "startup.idle": idle("/usr/bin/python3", "-c", "import time; print(flush=True); time.sleep(100)"),
    "startup.idle_threads": idle("/usr/bin/python3", "-c", THREADS),
    "startup.idle_after_work": idle("/usr/bin/python3", "-c", AFTER_WORK),
    "startup.launcher": launcher,
}

"""Resources of the enclave: the command line before the environment before the configuration file before what the machine has."""
import json
import os
import subprocess

from harness import ENVIRONMENT, SCONE

USUAL = "Q 2\ne -1 0 0\ns -1 0 0\ne -1 1 0\ns -1 1 0\nH 64M\n"


def start(arguments, config=None, **variables):
    environment = {**ENVIRONMENT, **({"SCONE_CONFIG": str(config)} if config else {}), **variables}
    return subprocess.run([SCONE, *arguments], capture_output=True, text=True, env=environment, timeout=60)


def settings_of(folder, options=(), config=None, **variables):
    """What --stats says of a run."""
    counters = folder / "counters.json"
    done = start(["run", "--fast", "--stats=json", "--stats-file", counters, *options, "--", "/bin/true"], config, **variables)
    assert done.returncode == 0 and not done.stderr, done
    return json.loads(counters.read_text())["settings"]


def file_with(folder, text):
    path = folder / "sgx-musl.conf"
    path.write_text(text)
    return path


def differences(name, got, **expected):
    """`expected`: (value, from) of each setting."""
    return [f"{name}: {setting} is {got[setting]}, not {wanted}" for setting, wanted in expected.items()
            if (got[setting]["value"], got[setting]["from"]) != wanted]


def precedence(folder):
    config = file_with(folder, USUAL)
    variables = {"SCONE_ETHREADS": "3", "SCONE_HEAP": "128M"}
    options = ["--ethreads", "1", "--heap", "1G"]
    nothing = settings_of(folder, config="/dev/null")
    failures = [f"nothing said: {setting} is {nothing[setting]}" for setting in ("ethreads", "heap")
                if nothing[setting]["from"] != "automatic"]
    return [*failures,
            *differences("file", settings_of(folder, config=config), ethreads=(2, str(config)), heap=(64 << 20, str(config))),
            *differences("environment", settings_of(folder, config=config, **variables),
                         ethreads=(3, "SCONE_ETHREADS"), heap=(128 << 20, "SCONE_HEAP")),
            *differences("command line", settings_of(folder, options, config, **variables),
                         ethreads=(1, "--ethreads"), heap=(1 << 30, "--heap")),
            *differences("each by itself", settings_of(folder, ["--ethreads", "1"], config), ethreads=(1, "--ethreads"),
                         heap=(64 << 20, str(config)))]


def takes_effect(folder):
    """The program sees as many processors, and ends at the heap's limit."""
    failures = []
    for lines in (1, 2, 3):
        config = file_with(folder, "e -1 0 0\n" * lines)
        done = start(["run", "--fast", "--", "/usr/bin/nproc"], config)
        if done.stdout != f"{lines}\n":
            failures.append(f"{lines} e lines: {done}")
    done = start(["run", "--fast", "--", "/usr/bin/python3", "-c", "print(1)"], file_with(folder, "H 2M\n"))
    if done.returncode == 0:
        failures.append("python3 ran in 2 MiB")
    return failures


BUSY = """
import hashlib, sys, threading
threads = [threading.Thread(target=lambda: hashlib.sha256(bytes(1 << 26))) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("ready", flush=True)
sys.stdin.read()
"""


def allowed_cores(command, config):
    """Of the process's first thread, and of each other one."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          env={**ENVIRONMENT, "SCONE_CONFIG": str(config)}) as process:
        assert process.stdout.readline() == "ready\n"
        masks = {int(task): os.sched_getaffinity(int(task)) for task in os.listdir(f"/proc/{process.pid}/task")}
        process.kill()  # it waits for input
    return masks.pop(process.pid), list(masks.values())


def pinning(folder):
    """An ethread keeps to its core; neither the others nor helper threads do."""
    available = os.sched_getaffinity(0)
    core = max(available)
    failures = []
    for engine in ("batched", "threads"):
        command = [SCONE, "run", "--fast", "--engine", engine, "--", "/usr/bin/python3", "-c", BUSY]
        first, others = allowed_cores(command, file_with(folder, f"e {core} 0 0\ne -1 0 0\n"))
        if first != {core} or not others or any(mask != available for mask in others):
            failures.append(f"{engine}: first on {core}, got {first} and {others}")
        first, others = allowed_cores(command, file_with(folder, f"e -1 0 0\ne {core} 0 0\n"))
        if first != available or {core} not in others or any(mask not in ({core}, available) for mask in others):
            failures.append(f"{engine}: second on {core}, got {first} and {others}")
    # Whoever says how many there are decides about cores, too.
    first, _ = allowed_cores([SCONE, "run", "--ethreads", "1", *command[2:]], file_with(folder, f"e {core} 0 0\n"))
    return [*failures, *([] if first == available else [f"with --ethreads: {first}"])]


def measurement(folder):
    """`hash` follows the same settings as `run`: the number of ethreads is measured, whoever chose it."""
    config = file_with(folder, USUAL)
    expected = start(["hash", "--ethreads", "2"]).stdout
    failures = []
    for name, got in {"file": start(["hash"], config), "environment": start(["hash"], SCONE_ETHREADS="2")}.items():
        if not expected or got.stdout != expected:
            failures.append(f"{name}: {got}")
    if start(["hash", "--ethreads", "1"], config).stdout == expected:
        failures.append("the measurement does not depend on the number of ethreads")
    return failures


def ignored(folder):
    """What has no meaning here is told, and nothing else is."""
    config = file_with(folder, USUAL + "P 100\nL 4000\n")
    told = settings_of(folder, config=config, SCONE_QUEUES="4", SCONE_SSPINS="100", SCONE_LOG="7", SCONE_UNKNOWN="1")["ignored"]
    expected = ["SCONE_QUEUES", "SCONE_SSPINS", *(f"{config}: {command}" for command in "QsPL")]
    failures = [] if told == expected else [f"told {told}, not {expected}"]
    done = start(["run", "--fast", "--stats", "--", "/bin/true"], config)
    if f"ignored: {config}: Q " not in done.stderr or f"ethreads: 2 ({config})" not in done.stderr:
        failures.append(f"text: {done.stderr!r}")
    return failures


def mode(folder):
    """SCONE_MODE in either case; a wrong one starts nothing."""
    failures = [f"{mode}: {done}" for mode in ("sim", "SIM", "Auto", "AUTO")
                if (done := start(["run", "--", "/bin/echo", "started"], SCONE_MODE=mode)).stdout != "started\n"]
    done = start(["run", "--", "/bin/echo", "started"], SCONE_MODE="hardware")
    return [*failures, *([] if done.returncode and done.stderr and not done.stdout else [f"hardware: {done}"])]


def bad(folder):
    """One line that says where and why, and a status that is no program's."""
    config = file_with(folder, "Q 4\ne 0 zero 0\n")
    far = folder / "far.conf"
    far.write_text("e -1 0 0\ne 1000 0 0\n")
    cases = {
        "core": (start(["run", "--", "/bin/echo", "started"], far), f"{far}:2: core 1000 is none that we may use"),
        "file": (start(["run", "--fast", "--", "/bin/echo", "started"], config), f"{config}:2: 'zero' is not a number"),
        "hash": (start(["hash"], config), f"{config}:2: 'zero' is not a number"),
        "absent": (start(["run", "--", "/bin/echo", "started"], folder / "none"), f"SCONE_CONFIG: {folder / 'none'}: No such file or directory"),
        "ethreads": (start(["run", "--", "/bin/echo", "started"], SCONE_ETHREADS="many"), "SCONE_ETHREADS: 'many' is no number from 1 to 16"),
        "heap": (start(["run", "--", "/bin/echo", "started"], SCONE_HEAP="1K"), "SCONE_HEAP: '1K' is no size between 1M and 8T"),
        "option": (start(["run", "--heap", "many", "--", "/bin/echo", "started"]), "--heap: 'many' is no size between 1M and 8T"),
    }
    return [f"{name}: {done}" for name, (done, message) in cases.items()
            if (done.returncode, done.stdout, done.stderr) != (125, "", f"scone: {message}\n")]


TESTS = {f"settings.{test.__name__}": test for test in (precedence, takes_effect, pinning, measurement, ignored, mode, bad)}

#!/usr/bin/python3
"""A host that attacks its enclave. usage: run.py ATTACK… | --list

README.md is the catalogue. What may happen to a program under attack:
  stopped   the enclave ends itself and says that the host broke the protocol
  error     the program gets an errno, or is stopped
  unharmed  the lie changes nothing that the program sees
  refused   the enclave does not start
What never happens: a fault or panic of the runtime, a program that hangs, memory written where the host pointed to.
"""
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
import victims  # noqa: E402

STOPPED, ERROR, UNHARMED, REFUSED = "stopped", "error", "unharmed", "refused"
PROTOCOL = "the host broke the protocol"
# Opportunities at which an attack begins: in the loader, in the libc's start, in the program.
MOMENTS = (0, 7, 60)

# attack: (victim, expected outcome)
ATTACKS = {
    **{name: (victims.FILES, STOPPED) for name in (
        "result-below-errno", "result-most-negative", "restart-code", "read-one-more", "read-huge", "write-one-more",
        "write-huge", "path-longer", "fd-again", "fd-of-stdout", "fd-huge", "fd-beyond-int", "fd-of-master-epoll",
        "stat-negative-size", "stat-all-ones", "entry-without-length", "entry-too-long",
        "entry-odd-length", "entry-unterminated")},
    "path-unterminated": (victims.FILES, STOPPED),
    "stat-impossible-type": (victims.FILES, ERROR),
    "seek-negative": (victims.FILES, ERROR),
    "signals-all": (victims.FILES, ERROR),
    "leases-wanted-always": (victims.LOCKS, UNHARMED),
    "locks-refused": (victims.LOCKS, ERROR),
    "posted-write-more-than-given": (victims.LOCKS, STOPPED),
    "pages-refused": (victims.MEMORY, STOPPED),
    **{name: (victims.SOCKETS, ERROR) for name in (
        "address-too-long", "option-too-long", "message-name-too-long", "message-control-too-long",
        "message-control-without-length", "message-control-record-too-long", "message-standard-descriptors")},
    "message-pointers-inside": (victims.SOCKETS, ERROR),
    **{name: (victims.STREAMS, STOPPED) for name in (
        "posted-send-more-than-given", "posted-result-below-errno", "posted-result-most-negative", "posted-restart-code",
        "arrival-longer-than-buffer", "arrival-huge", "arrival-buffer-out-of-range", "arrival-buffer-far-out",
        "arrival-buffer-twice", "arrival-not-asked-for", "arrival-result-below-errno", "arrival-result-most-negative",
        "arrival-restart-code", "arrivals-many")},
    "arrival-unknown-token": (victims.STREAMS, UNHARMED),
    "open-content-too-long": (victims.FILES, UNHARMED),
    **{name: (victims.THREADS, STOPPED) for name in (
        "completion-slot-beyond", "completion-other-slot", "completion-old-generation", "completion-twice")},
    **{name: (victims.FILES, REFUSED) for name in (
        "start-other-version", "start-many-ethreads", "start-no-ethreads", "start-shared-area-inside",
        "start-shared-area-misaligned", "start-ethread-areas-inside", "start-arena-inside", "start-arena-wraps",
        "start-strings-inside", "start-strings-without-end", "start-more-arguments", "start-stats-inside",
        "start-cpuid-inside", "start-larger-enclave", "start-receive-buffers-inside", "start-scf-inside", "start-scf-wraps",
        "start-scf-huge", "start-scf-key-inside", "start-scf-key-misaligned", "start-scf-key-short", "start-scf-without-key",
        "start-scf-key-alone")},
    "events-many": (victims.SOCKETS, ERROR),
    "events-forged": (victims.SOCKETS, UNHARMED),
    "waited-for-ages": (victims.STREAMS, UNHARMED),
    "time-backwards": (victims.CLOCKS, UNHARMED),
    "time-twice-as-fast": (victims.CLOCKS, UNHARMED),
    "time-never-even": (victims.CLOCKS, UNHARMED),
}


def make_tree(folder):
    tree = folder / "tree"
    tree.mkdir(exist_ok=True)
    for i in range(1, 9):
        (tree / f"f{i}").write_bytes(bytes([64 + i]) * 1000 * i)
    if not (tree / "link").is_symlink():
        (tree / "link").symlink_to("f1")


def judge(expected, done, honest):
    """What is wrong with the outcome, as a list of texts."""
    output, status = done.stdout, done.returncode
    shown = f"status {status}, stdout ends {output[-200:]!r}, stderr {done.stderr[-300:]!r}"
    if "runtime faulted" in done.stderr or "panic" in done.stderr or status == -signal.SIGSEGV and not output:
        return [f"the runtime itself failed: {shown}"]
    stopped = status == -signal.SIGABRT and PROTOCOL in done.stderr
    same = status == 0 and output == honest
    if same and expected in (ERROR, UNHARMED):
        return []
    if expected == STOPPED and not (stopped or same):
        return [f"neither stopped nor unharmed: {shown}"]
    if expected == ERROR and not stopped and status == 0 and "done" not in output:
        return [f"success without the whole output: {shown}"]
    if expected == UNHARMED and not same:
        return [f"harmed: {shown}"]
    if expected == REFUSED and (status == 0 or output or not done.stderr):
        return [f"not refused: {shown}"]
    return []


def run_victim(victim, folder, options):
    (folder / "tree" / "out").unlink(missing_ok=True)  # all runs begin alike
    return subprocess.run([*harness.scone("--fast", *options), "/usr/bin/python3", "-S", "-c", victim], capture_output=True,
                          text=True, errors="replace", cwd=folder, env=harness.ENVIRONMENT, timeout=20)


def test(attack, folder):
    victim, expected = ATTACKS[attack]
    options = ["--engine", "threads"] if attack.startswith("completion") else []
    honest = run_victim(victim, folder, options)
    if honest.returncode != 0 or "done" not in honest.stdout:
        return [f"the victim fails without attack: {honest.stderr}"]
    failures, stopped = [], 0
    for moment in MOMENTS[:1] if attack.startswith("start") else MOMENTS:
        for ethreads in ("1", "2"):
            case = f"@{moment}, {ethreads} ethreads: "
            try:
                done = run_victim(victim, folder, [*options, "--ethreads", ethreads, "--hostile", f"{attack}@{moment}"])
            except subprocess.TimeoutExpired as expired:
                failures.append(case + f"hangs: {expired.stderr}")
                continue
            stopped += PROTOCOL in done.stderr
            failures += [case + failure for failure in judge(expected, done, honest.stdout)]
    # An attack that never met its call proves nothing.
    if expected == STOPPED and stopped == 0 and not failures:
        failures.append("the enclave never noticed")
    return failures


def main(names):
    if names == ["--list"]:
        print("\n".join(ATTACKS))
        return 0
    with harness.temporary_folder() as folder:
        folder = pathlib.Path(folder)
        make_tree(folder)
        return max(harness.report(f"hostile.{name}", test(name, folder)) for name in names)


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))

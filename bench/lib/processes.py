"""Processor time and memory of processes, from /proc."""
import os
import pathlib

TICK = 1 / os.sysconf("SC_CLK_TCK")


class ProcessTable:
    """All processes at one moment."""

    def __init__(self):
        self.parent, self.own, self.reaped = {}, {}, {}
        for entry in os.scandir("/proc"):
            if not entry.name.isdigit():
                continue
            try:
                text = pathlib.Path(entry.path, "stat").read_text(errors="replace")
            except OSError:  # it has ended since
                continue
            # The name, in parentheses, may hold blanks and parentheses itself: proc(5).
            fields = text.rpartition(")")[2].split()
            pid = int(entry.name)
            self.parent[pid] = int(fields[1])
            self.own[pid] = (int(fields[11]) + int(fields[12])) * TICK
            self.reaped[pid] = (int(fields[13]) + int(fields[14])) * TICK

    def tree(self, root):
        """The pids of a process and its descendants."""
        members = {root}
        grown = True
        while grown:
            more = {pid for pid, parent in self.parent.items() if parent in members} - members
            grown = bool(more)
            members |= more
        return members

    def processor_seconds(self, root=None):
        """What a process and its descendants have used so far, those that have ended included; without a root: everyone.

        A child's time moves to its parent when it is waited for, so the sum stays whole.
        """
        members = self.own.keys() if root is None else self.tree(root) & self.own.keys()
        return sum(self.own[pid] + self.reaped[pid] for pid in members)


def resident_bytes(root):
    """Memory in use by a process and its descendants; what they share counts once (proportional set size)."""
    total = 0
    for pid in ProcessTable().tree(root):
        try:
            lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


class Stopwatch:
    """Processor time between two moments: of one tree, and of everything that has nothing to do with it.

    The latter are other people's processes, and servers of ours that should be idle meanwhile.
    """

    def __init__(self, root):
        self.root = root
        self.before = ProcessTable()
        measured = self.before.tree(root) if root else set()
        self.idle = self.before.tree(os.getpid()) - measured - {os.getpid()}

    def stop(self):
        """(seconds of the tree, seconds of the others)."""
        after = ProcessTable()
        ours = os.getpid()
        tree = self.difference(after, self.root) if self.root else 0.0
        others = self.difference(after, None) - self.difference(after, ours)
        idle = sum(after.own.get(pid, 0.0) - self.before.own.get(pid, 0.0) for pid in self.idle if pid in after.own)
        return tree, max(0.0, others + idle)

    def difference(self, after, root):
        return after.processor_seconds(root) - self.before.processor_seconds(root)

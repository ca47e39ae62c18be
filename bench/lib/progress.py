"""A line on standard error that says how far a long run has come."""
import sys
import time


def clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Progress:
    """`total` steps of about the same length."""

    def __init__(self, total):
        self.total, self.done = total, 0
        self.begin = time.monotonic()
        self.terminal = sys.stderr.isatty()

    def step(self, name):
        """The next of the big steps begins: returns what its inner loop calls."""
        start = self.done

        def inner(part, parts, attempt):
            self.done = start + part / parts
            again = f", {attempt - part} measured anew" if attempt > part else ""
            self.show(f"{name}, round {part + 1} of {parts}{again}", first=attempt == 0)
        return inner

    def finish_step(self):
        self.done = int(self.done) + 1

    def show(self, text, first):
        elapsed = time.monotonic() - self.begin
        rest = f", {clock(elapsed / self.done * (self.total - self.done))} left" if self.done >= 0.2 else ""
        line = f"[{clock(elapsed)}{rest}] {text}"
        if self.terminal:
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
        elif first:
            print(line, file=sys.stderr, flush=True)

    def close(self):
        if self.terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

#!/usr/bin/python3
"""A host between client and enclave. usage: middle.py stdin|stdout ATTACK NUMBER|FILE -- COMMAND…

Carries all three streams of the command; in the chosen one, attacks the record with that number (from 0). Attacks: flip drop
replay replay-later swap truncate cut relabel version forge-end splice=RECORDING, and record, which copies the stream to FILE.
"""
import base64
import os
import subprocess
import sys
import threading

PREFIX = b"~scone:"


def edit(line, change):
    """The line with change(bytes of the record) made."""
    record = bytearray(base64.b64decode(line[len(PREFIX):]))
    change(record)
    return PREFIX + base64.b64encode(record) + b"\n"


def set_byte(at, value):
    return lambda record: record.__setitem__(at, value)


def flip(record):
    record[-1] ^= 0x10


class Attack:
    def __init__(self, name, number):
        self.name, self.number, self.seen, self.kept = name, number, 0, None

    def lines(self, line):
        """What to send instead of `line`; None: cut the stream here."""
        at, self.seen = self.seen, self.seen + 1
        name, self.hit = self.name, at == self.number
        if name == "replay-later" and self.hit:
            self.kept = line
        elif name == "replay-later" and at == self.number + 3:
            return [line, self.kept]
        elif name == "swap" and at == self.number + 1:
            return [line, self.kept]
        if not self.hit:
            return [line]
        if name == "swap":
            self.kept = line
            return []
        return self.at_the_record(line)

    def at_the_record(self, line):
        if self.name.startswith("splice="):
            with open(self.name.removeprefix("splice="), "rb") as recording:
                return [recording.read().splitlines(keepends=True)[self.number]]
        return {
            "flip": lambda: [edit(line, flip)],
            "drop": lambda: [],
            "replay": lambda: [line, line],
            "replay-later": lambda: [line],
            "truncate": lambda: None,
            "cut": lambda: [line[:len(line) // 2] + b"\n"],
            "relabel": lambda: [edit(line, set_byte(1, line != b"" and 2))],
            "version": lambda: [edit(line, set_byte(0, 0))],
            "forge-end": lambda: [edit(line, set_byte(2, 6))],
        }[self.name]()


def carry(source, target, attack):
    for line in iter(source.readline, b""):
        lines = attack.lines(line) if attack and line.startswith(PREFIX) else [line]
        if lines is None:
            break
        try:
            target.write(b"".join(lines))
            target.flush()
        except OSError:
            break
    try:
        target.flush()
        os.close(target.fileno())  # close() does not, for our own stdout
    except OSError:
        pass
    for _ in iter(lambda: source.read1(65536), b""):  # the other end must not block
        pass


class Recorder:
    def __init__(self, path):
        self.file = open(path, "wb")

    def lines(self, line):
        self.file.write(line)
        self.file.flush()
        return [line]


def main():
    stream, name, argument, _, *command = sys.argv[1:]
    attack = Recorder(argument) if name == "record" else Attack(name, int(argument))
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    into = threading.Thread(target=carry, args=(sys.stdin.buffer, child.stdin, attack if stream == "stdin" else None),
                            daemon=True)
    out = threading.Thread(target=carry, args=(child.stdout, sys.stdout.buffer, attack if stream == "stdout" else None))
    errors = threading.Thread(target=carry, args=(child.stderr, sys.stderr.buffer, None))
    for thread in (into, out, errors):
        thread.start()
    out.join()
    errors.join()
    return child.wait()


if __name__ == "__main__":
    status = main()
    sys.stdout = sys.stderr = None
    os._exit(status & 0xff)

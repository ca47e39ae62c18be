#!/usr/bin/python3
"""TCP streams of random sizes, with random ends, between a native process and one in the enclave; every byte is checked at both ends.
usage: stream_soak.py [SECONDS [SEED]]   SCONE_SOAK_OPTIONS: of `scone run`, e.g. "--ethreads 2 --storm"

A command, not a part of ctest. Each connection sends a header (seed, bytes each way, how it ends), then both sides send and receive at once.
"""
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import time

import harness

HEADER = struct.Struct("<QQQB")
ENDS = ("close", "shutdown", "reset")

# Both sides are this program: `serve` in the enclave (threads and blocking sockets for even seeds, else non-blocking ones with epoll).
PEER = r"""
import os, random, selectors, socket, struct, sys, threading
HEADER = struct.Struct("<QQQB")
PATTERN = bytes((i * 2654435761 >> 13) & 255 for i in range(65521)) * 3
def piece(seed, position, size):
    at = (seed * 7919 + position) % 65521
    return PATTERN[at:at + min(size, 65521)]
class Connection:
    "One end: what is still to be sent and received."
    def __init__(self, link, seed, send, receive):
        self.link, self.seed, self.send_total, self.receive_total = link, seed, send, receive
        self.expected = seed ^ 1
        self.sent = self.received = 0
        self.random = random.Random(seed)
    def send_some(self):
        data = piece(self.seed, self.sent, min(self.send_total - self.sent, 1 << self.random.randrange(17)))
        self.sent += self.link.send(data)
        return self.sent < self.send_total
    def receive_some(self):
        data = self.link.recv(min(self.receive_total - self.received, 1 << self.random.randrange(17)))
        if not data: raise ConnectionError("end after %d of %d bytes" % (self.received, self.receive_total))
        at = 0
        while at < len(data):
            expected = piece(self.expected, self.received + at, len(data) - at)
            if data[at:at + len(expected)] != expected: print("WRONG BYTES near", self.received + at, "seed", self.seed, flush=True); os._exit(9)
            at += len(expected)
        self.received += len(data)
        return self.received < self.receive_total
def blocking(connection):
    problems = []
    def send():
        try:
            while connection.sent < connection.send_total: connection.send_some()
        except OSError as error: problems.append(error)
    sender = threading.Thread(target=send); sender.start()
    while connection.received < connection.receive_total: connection.receive_some()
    sender.join()
    if problems: raise problems[0]
def polling(connection):
    connection.link.setblocking(False)
    with selectors.DefaultSelector() as selector:
        registered = None
        while True:
            wanted = (selectors.EVENT_READ if connection.received < connection.receive_total else 0) | (selectors.EVENT_WRITE if connection.sent < connection.send_total else 0)
            if not wanted: break
            selector.modify(connection.link, wanted) if registered else selector.register(connection.link, wanted)
            registered = True
            for _, events in selector.select(20):
                try:
                    if events & selectors.EVENT_READ: connection.receive_some()
                    if events & selectors.EVENT_WRITE: connection.send_some()
                except BlockingIOError: pass
    connection.link.setblocking(True)
def finish(link, end):
    if end == 1:
        link.shutdown(socket.SHUT_WR)
        if link.recv(1): print("BYTES BEHIND THE END", flush=True); os._exit(9)
    if end == 2: link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()
def converse(link, seed, send, receive, end):
    connection = Connection(link, seed, send, receive)
    (polling if seed // 2 % 2 else blocking)(connection)
    finish(link, end)
def serve():
    listener = socket.create_server(("127.0.0.1", 0), backlog=200)
    print(listener.getsockname()[1], flush=True)
    def answer(link):
        header = b""
        while len(header) < HEADER.size: header += link.recv(HEADER.size - len(header))
        seed, there, here, end = HEADER.unpack(header)
        try: converse(link, seed ^ 1, here, there, 1 if end == 1 else 0)
        except ConnectionError as error:
            if end != 2: print("FAILED", seed, error, flush=True); os._exit(8)
    while True: threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()
if __name__ == "__main__": serve()
"""


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 30)
    options = os.environ.get("SCONE_SOAK_OPTIONS", "--ethreads 2").split()
    own = {"__name__": "peer"}
    exec(PEER, own)
    prefix = [] if options == ["native"] else harness.scone(*options)
    server = subprocess.Popen([*prefix, "/usr/bin/python3", "-c", PEER], stdout=subprocess.PIPE, env=harness.ENVIRONMENT)
    port = int(server.stdout.readline())
    print(f"seed {seed}, options {options}", flush=True)
    end_time, failures, count, total = time.monotonic() + seconds, [], [0], [0]
    lock = threading.Lock()

    def client(number):
        chance = random.Random(seed * 100 + number)
        while time.monotonic() < end_time and not failures and server.poll() is None:
            one = chance.randrange(1 << 40)
            there, here = (1 + chance.randrange(1 << chance.randrange(1, 21)) for _ in range(2))
            end = chance.randrange(3)
            try:
                link = socket.create_connection(("127.0.0.1", port), timeout=30)
                link.sendall(HEADER.pack(one, there, here, end))
                own["converse"](link, one, there, here, end) if end != 2 else reset(link, one, there, here)
            except Exception as error:  # any is a finding
                failures.append(f"connection {one} ({there} there, {here} here, {ENDS[end]}): {error!r}")
            with lock:
                count[0] += 1
                total[0] += there + here

    def reset(link, one, there, here):
        # Half of the conversation, then a reset in the middle of it.
        connection = own["Connection"](link, one, there, here)
        while connection.sent < there // 2:
            connection.send_some()
        own["finish"](link, 2)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    status = server.poll()
    server.kill()
    rest = server.stdout.read().decode()
    print(f"{count[0]} connections, {total[0] >> 20} MiB in {seconds:.0f} s")
    if status is not None or rest or failures:
        print(f"not ok: server's status {status}, output {rest!r}", *failures[:5], sep="\n")
        return 1
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())

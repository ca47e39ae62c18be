"""A server that waits for room to write, and for nothing else: no timer would wake it up if the news were lost."""
import pathlib
import socket
import threading
import zlib

from servers import CONFIGURATIONS, Server, free_port

CLIENTS = 8
REQUESTS = 40
# More than a socket takes at once and less than it takes soon: the writer must wait, but not long.
ANSWER = 400 * 1024
# It goes out in so many bytes at a time: what is sent behind the program's back comes in many parts, too.
PIECE = 20 * 1024

SERVER = f"""
import selectors, signal, socket, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
answer = bytes(i * 31 % 251 for i in range({ANSWER}))
poll = selectors.EpollSelector()
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
poll.register(listener, selectors.EVENT_READ)
left = {{}}  # connection: bytes that are still to be sent

def serve(connection, events):
    if events & selectors.EVENT_READ:
        request = connection.recv(1)
        if not request:
            poll.unregister(connection)
            connection.close()
            return
        left[connection] = answer
    try:
        while left[connection]:
            left[connection] = left[connection][connection.send(left[connection][:{PIECE}]):]
        poll.modify(connection, selectors.EVENT_READ)
    except BlockingIOError:
        poll.modify(connection, selectors.EVENT_WRITE)

while True:
    for key, events in poll.select():
        if key.fileobj is listener:
            connection, _ = listener.accept()
            connection.setblocking(False)
            poll.register(connection, selectors.EVENT_READ)
        else:
            serve(key.fileobj, events)
"""


class Reader(threading.Thread):
    """Asks again and again and checks each answer."""

    def __init__(self, port):
        super().__init__()
        self.port, self.error = port, None

    def run(self):
        expected = zlib.crc32(bytes(i * 31 % 251 for i in range(ANSWER)))
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
                for _ in range(REQUESTS):
                    connection.sendall(b"?")
                    answer = bytearray()
                    while len(answer) < ANSWER:
                        piece = connection.recv(ANSWER)
                        assert piece, "the server closed the connection"
                        answer += piece
                    assert zlib.crc32(answer) == expected, "a wrong answer"
        except (OSError, AssertionError) as error:
            self.error = f"{error!r}"


def writer(options):
    def test(folder):
        port = free_port()
        script = pathlib.Path(folder) / "writer.py"
        script.write_text(SERVER)
        with Server(folder, options, ["/usr/bin/python3", "-B", str(script), str(port)], port) as server:
            readers = [Reader(port) for _ in range(CLIENTS)]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
            server.failures += [reader.error for reader in readers if reader.error]
        return server.failures
    return test


TESTS = {f"server.writer.{label}": writer(options) for label, options in CONFIGURATIONS.items()}

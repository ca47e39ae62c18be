"""Programs whose system calls the hostile host answers. Each prints what it saw and ends with "done"."""

FILES = r"""
import os
os.chdir("tree")
print(os.getcwd())
for name in sorted(os.listdir(".")):
    status = os.lstat(name)
    print(name, status.st_size, oct(status.st_mode))
    if os.path.islink(name): print("->", os.readlink(name))
with open("out", "w+b") as file:
    file.write(b"x" * 5000); file.flush(); file.seek(0, 2); file.seek(10); print(len(file.read()), file.tell())
for name in ("f1", "f2", "f3"):
    fd = os.open(name, os.O_RDONLY); print(os.pread(fd, 10, 2), os.read(fd, 100)[:5], os.fstat(fd).st_size); os.close(fd)
a = os.open("f1", os.O_RDONLY); b = os.open("f2", os.O_RDONLY)
print(os.read(a, 4), os.read(b, 4))
print("done")
"""

SOCKETS = r"""
import array, os, socket, threading
listener = socket.create_server(("127.0.0.1", 0))
def serve():
    for _ in range(3):
        connection, _ = listener.accept()
        while data := connection.recv(1000): connection.sendall(data)
        connection.close()
thread = threading.Thread(target=serve, daemon=True); thread.start()
for round in range(3):
    client = socket.create_connection(listener.getsockname(), timeout=5)
    client.sendall(b"hello"); print(client.recv(100)); client.getpeername()
    print(client.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)); client.close()
left, right = socket.socketpair()
socket.send_fds(left, [b"m"], [os.open("/dev/null", os.O_RDONLY)])
message, fds, flags, address = socket.recv_fds(right, 10, 4)
print(message, len(fds)); print(len(os.read(fds[0], 10)) if fds else None)
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); udp.bind(("127.0.0.1", 0)); udp.sendto(b"u", udp.getsockname())
print(udp.recvmsg(10, 100)[0])
print("done")
"""

# Both ends in one process, so that every byte passes the border twice.
STREAMS = r"""
import hashlib, os, socket, threading
listener = socket.create_server(("127.0.0.1", 0))
def serve():
    for _ in range(6):
        connection, _ = listener.accept()
        while data := connection.recv(5000): connection.sendall(data)
        connection.close()
thread = threading.Thread(target=serve, daemon=True); thread.start()
with open("tree/f8", "rb") as file:
    for round in range(6):
        client = socket.create_connection(listener.getsockname(), timeout=5)
        data = bytes(range(256)) * (4 * round + 1)
        threading.Thread(target=client.sendall, args=(data,), daemon=True).start()
        got = b""
        while len(got) < len(data) and (piece := client.recv(3000)): got += piece
        print(len(got), hashlib.sha256(got).hexdigest()[:16])
        print(os.sendfile(client.fileno(), file.fileno(), 0, 2000))
        client.shutdown(socket.SHUT_WR)
        rest = b""
        while piece := client.recv(3000): rest += piece
        print(len(rest)); client.close()
print("done")
"""

# A file that is kept inside before long, with writes that are not waited for.
LOCKS = r"""
import fcntl, os
fd = os.open("tree/out", os.O_RDWR | os.O_CREAT, 0o600)
for i in range(200):
    fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.pwrite(fd, b"%4d" % i * 300, 100 * i)
    os.fsync(fd)
    assert os.pread(fd, 8, 100 * i) == b"%4d" % i * 2
    fcntl.lockf(fd, fcntl.LOCK_UN)
print(os.fstat(fd).st_size, sum(os.pread(fd, 30000, 0)))
print("done")
"""

CLOCKS = r"""
import time, threading
last, jumps = time.monotonic_ns(), 0
end = last + 1_500_000_000
for _ in range(100000):
    now = time.monotonic_ns()
    if now < last: jumps += 1
    last = now
    if _ % 10000 == 0: time.sleep(0.001)
print("backwards", jumps)
print("done")
"""

MEMORY = r"""
import mmap
for _ in range(20):
    memory = mmap.mmap(-1, 1 << 20); memory[:] = b"m" * (1 << 20); memory.close()
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE); code.close()
print("done")
"""

THREADS = r"""
import os, threading
def work():
    for _ in range(50):
        fd = os.open("tree/f1", os.O_RDONLY); os.read(fd, 10); os.fsync(fd); os.close(fd)
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
print("done")
"""

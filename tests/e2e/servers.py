"""Servers in an enclave under load from native clients: no error, and no trapped system call once they are running."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

from harness import ENVIRONMENT, scone

SECONDS = float(os.environ.get("SCONE_SOAK_SECONDS", "4"))
CONFIGURATIONS = {
    "fast-1": ["--fast", "--ethreads", "1"],
    "fast-2": ["--fast", "--ethreads", "2"],
    "strict-2": ["--strict", "--ethreads", "2"],
    "threads-2": ["--fast", "--ethreads", "2", "--engine", "threads"],
    "sync-2": ["--fast", "--ethreads", "2", "--engine", "sync"],
}
# What may trap: the first calls, before a site is reached by a rewritten path. Not one per request.
MOST_TRAPS = 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server in an enclave; leaving the block stops it by SIGTERM and reads its statistics.

    It must end with status 0, by the signal, or with one of `other_ends`, where these happen natively, too.
    """

    def __init__(self, folder, options, command, port, other_ends=()):
        self.good_ends = (0, -signal.SIGTERM, *other_ends)
        self.statistics_file = pathlib.Path(folder) / f"stats-{port}.json"
        self.log = open(pathlib.Path(folder) / f"server-{port}.log", "wb+")
        prefix = scone(*options, "--stats=json", "--stats-file", str(self.statistics_file))
        self.process = subprocess.Popen([*prefix, *command], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        cwd=folder, env=ENVIRONMENT)
        self.port = port
        self.failures = []

    def __enter__(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"the server did not come up: {self.output()}")

    def __exit__(self, *exception):
        died = self.process.poll()
        self.stop()
        if died is not None:
            self.failures.append(f"the server ended under load with status {died}: {self.output()}")
        elif self.process.returncode not in self.good_ends:
            self.failures.append(f"the server ended with status {self.process.returncode}: {self.output()}")
        self.check_statistics()

    def stop(self):
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            self.failures.append("SIGTERM did not stop the server")

    def check_statistics(self):
        try:
            statistics = json.loads(self.statistics_file.read_text())
        except (OSError, ValueError) as error:
            self.failures.append(f"no statistics: {error}")
            return
        calls = statistics["calls"].values()
        total = sum(call["inside"] + call["forwarded"] for call in calls)
        # A thread of glibc that ends makes its last call from a site that traps: once in its life, and not for a request.
        trapped = {name: call["trapped"] for name, call in statistics["calls"].items() if call["trapped"] and name != "exit"}
        print(f"# {total} calls, {statistics['exits']} exits, trapped {trapped}, sites {statistics['sites']}")
        if sum(trapped.values()) > MOST_TRAPS:
            self.failures.append(f"trapped system calls: {trapped}")

    def output(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read()[-2000:].decode(errors="replace")


def client(command, seconds):
    """Runs a load generator; one that does not come to an end has failed."""
    command = [str(part) for part in command]
    try:
        return subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=seconds * 10 + 60)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, -1, "", "timed out")


def load_redis(port, requests=5000):
    """redis-benchmark until the time is up; failures."""
    end = time.monotonic() + SECONDS
    failures, rounds = [], 0
    while time.monotonic() < end or rounds == 0:
        for pipeline in (1, 16):
            done = client(["redis-benchmark", "-p", port, "-c", 20, "-n", requests * pipeline, "-P", pipeline, "-d", 256, "-r", 1000,
                           "-t", "set,get,incr,lpush,rpush,lpop,sadd,hset,zadd,lrange_100,mset", "--csv"], SECONDS)
            if done.returncode != 0 or "rror" in done.stdout + done.stderr or done.stdout.count("\n") < 11:
                failures.append(f"redis-benchmark: {done.returncode} {done.stdout[-500:]} {done.stderr[-500:]}")
                return failures
        rounds += 1
    print(f"# {rounds} rounds of redis-benchmark")
    return failures


def redis(options, arguments, requests=5000):
    def test(folder):
        port = free_port()
        command = ["/usr/bin/redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "",
                   *arguments]
        with Server(folder, options, command, port) as server:
            server.failures += load_redis(port, requests)
        return server.failures
    return test


def redis_append_only(options):
    """What the server in the enclave has logged, a native server reads back."""
    def test(folder):
        port = free_port()
        arguments = ["--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--appendonly", "yes",
                     "--auto-aof-rewrite-percentage", "0"]
        with Server(folder, options, ["/usr/bin/redis-server", "--port", str(port), *arguments], port) as server:
            server.failures += load_redis(port)
            digest = client(["redis-cli", "-p", port, "debug", "digest"], 10).stdout
            size = client(["redis-cli", "-p", port, "dbsize"], 10).stdout
        other = free_port()
        native = subprocess.Popen(["/usr/bin/redis-server", "--port", str(other), *arguments], stdout=subprocess.DEVNULL)
        try:
            again = ""
            for _ in range(200):
                again = client(["redis-cli", "-p", other, "dbsize"], 10).stdout
                if again == size:
                    break
                time.sleep(0.1)
            if again != size or not size.strip("\n").isdigit():
                server.failures.append(f"{again!r} keys after the restart, not {size!r} (digest {digest!r})")
        finally:
            native.terminate()
            native.wait()
        return server.failures
    return test


class MemcachedClient(threading.Thread):
    """Sets and gets own keys over one connection and checks each answer."""

    def __init__(self, port, number, end):
        super().__init__()
        self.port, self.number, self.end = port, number, end
        self.operations, self.error = 0, None

    def run(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
                stream = connection.makefile("rwb")
                while time.monotonic() < self.end:
                    self.one_round(stream)
        except (OSError, AssertionError) as error:
            self.error = f"client {self.number}: {error!r}"

    def one_round(self, stream):
        key = b"key-%d-%d" % (self.number, self.operations % 100)
        value = bytes([self.operations % 256]) * (1 + self.operations * 37 % 3000)
        stream.write(b"set %s 0 0 %d\r\n%s\r\n" % (key, len(value), value))
        stream.flush()
        assert stream.readline() == b"STORED\r\n"
        for _ in range(5):
            stream.write(b"get %s\r\n" % key)
        stream.flush()
        for _ in range(5):
            assert stream.readline() == b"VALUE %s 0 %d\r\n" % (key, len(value))
            assert stream.read(len(value) + 2) == value + b"\r\n"
            assert stream.readline() == b"END\r\n"
        self.operations += 1


def memcached(options):
    def test(folder):
        port = free_port()
        command = ["/usr/bin/memcached", "-u", "root", "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-t", "4", "-m", "64"]
        with Server(folder, options, command, port) as server:
            end = time.monotonic() + SECONDS
            clients = [MemcachedClient(port, number, end) for number in range(16)]
            for one in clients:
                one.start()
            for one in clients:
                one.join()
            server.failures += [one.error for one in clients if one.error]
            print(f"# {sum(one.operations for one in clients)} rounds of one set and five gets")
        return server.failures
    return test


NGINX_CONFIGURATION = """
daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log error.log warn;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile {sendfile};
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
  server {{ listen 127.0.0.1:{port}; root html; }}
}}
"""


def make_pages(folder):
    """Pages 1k, 10k and 64k in a folder that a server without root's rights may read, too."""
    (folder / "html").mkdir(parents=True)
    for size in (1, 10, 64):
        (folder / "html" / f"{size}k").write_bytes(os.urandom(size * 1024))


def load_pages(port, folder):
    """wrk on each page in turn; failures. What comes out is compared with the file."""
    failures = []
    for size in (1, 10, 64):
        got = client(["/usr/bin/wrk", "-t1", "-c20", f"-d{max(1, round(SECONDS / 3))}s", f"http://127.0.0.1:{port}/{size}k"],
                     SECONDS)
        requests = re.search(r"(\d+) requests in", got.stdout)
        if not requests or int(requests.group(1)) == 0 or "errors" in got.stdout or "Non-2xx" in got.stdout:
            failures.append(f"wrk on {size} KiB: {got.stdout} {got.stderr}")
        content = fetch(port, f"/{size}k")
        if content != (folder / "html" / f"{size}k").read_bytes():
            failures.append(f"{size} KiB came out wrong")
    if fetch(port, "/missing") is not None:
        failures.append("a missing page was found")
    return failures


def nginx(options, sendfile):
    def test(folder):
        port = free_port()
        folder = pathlib.Path(folder) / f"nginx-{port}"
        make_pages(folder)
        (folder / "nginx.conf").write_text(NGINX_CONFIGURATION.format(port=port, sendfile=sendfile))
        command = ["/usr/sbin/nginx", "-p", str(folder), "-c", "nginx.conf"]
        with Server(folder, options, command, port) as server:
            server.failures += load_pages(port, folder)
        return server.failures
    return test


# As many threads as the load has connections: with fewer apache closes those that wait for one.
APACHE_CONFIGURATION = """
ServerName localhost
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile apache.pid
ErrorLog error.log
User www-data
Group www-data
Listen 127.0.0.1:{port}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
StartServers 1
ServerLimit 1
ThreadsPerChild 25
MaxRequestWorkers 25
MaxKeepAliveRequests 0
DocumentRoot {folder}/html
"""


def apache(options):
    """The event MPM in one process: a listener and 25 workers that hand connections to each other."""
    def test(folder):
        port = free_port()
        os.chmod(folder, 0o711)  # apache gives up root before it serves
        folder = pathlib.Path(folder) / f"apache-{port}"
        make_pages(folder)
        (folder / "apache.conf").write_text(APACHE_CONFIGURATION.format(folder=folder, port=port))
        command = ["/usr/sbin/apache2", "-X", "-f", str(folder / "apache.conf")]
        # Stopped in one process it frees what its workers still use: natively one run in ten ends by SIGSEGV, too.
        with Server(folder, options, command, port, other_ends=(-signal.SIGSEGV, 128 + signal.SIGSEGV)) as server:
            server.failures += load_pages(port, folder)
        return server.failures
    return test


def fetch(port, path):
    """The body, or None if the status is not 200."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return body if b" 200 " in head.split(b"\r\n")[0] else None


TESTS = {}
for label, configuration in CONFIGURATIONS.items():
    TESTS[f"server.redis.{label}"] = redis(configuration, ["--appendonly", "no"])
    TESTS[f"server.memcached.{label}"] = memcached(configuration)
    TESTS[f"server.nginx.{label}"] = nginx(configuration, "on")
for label in ("fast-1", "fast-2", "strict-2"):
    TESTS[f"server.apache.{label}"] = apache(CONFIGURATIONS[label])
for label in ("fast-2", "threads-2"):
    TESTS[f"server.redis_append_only.{label}"] = redis_append_only(CONFIGURATIONS[label])
# Its threads spin for each other: with more threads than processors each turn costs a tick. Right, but slow: fewer requests.
TESTS["server.redis_io_threads.fast-2"] = redis(CONFIGURATIONS["fast-2"],
                                                ["--io-threads", "2", "--io-threads-do-reads", "yes"], requests=200)
TESTS["server.nginx_without_sendfile.fast-2"] = nginx(CONFIGURATIONS["fast-2"], "off")

"""Redis and memcached: in the clear, with their own TLS, and behind stunnel as the paper's baseline."""
import certificate
from clients import Generator, RedisBenchmark
from sessions import free_port
from workload import Workload


def redis_command(folder, *options):
    return ["/usr/bin/redis-server", "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no", *options]


def memcached_command(port, *options):
    return ["/usr/bin/memcached", "-u", "root", "-l", "127.0.0.1", "-p", port, "-t", "4", "-m", "512", "-U", "0", *options]


def behind_stunnel(folder, port, inner_port, command):
    """The server in the clear on another port and stunnel before it, as one process tree that ends as a whole."""
    (folder / "stunnel.conf").write_text(
        f"foreground = yes\npid =\n[server]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{inner_port}\n"
        f"cert = {folder}/certificate.pem\nkey = {folder}/key.pem\n")
    server = " ".join(f"'{part}'" for part in command)
    return ["sh", "-c", f"{server} & a=$!; stunnel4 '{folder}/stunnel.conf' & b=$!; trap \"kill $a $b; wait\" TERM; wait $b"]


class Redis(Workload):
    """redis-server without persistence, under redis-benchmark, the client that everybody has."""

    def __init__(self, test, pipeline):
        super().__init__(f"redis-P{pipeline}-{test}")
        self.load = RedisBenchmark(test, pipeline)
        self.preload = RedisBenchmark("set", 16)

    def command(self, folder, port):
        return redis_command(folder, "--port", port)

    def fill(self, port, place):
        # 40,000 random keys of 10,000: 98 % are there afterwards.
        return self.preload(port, 0.5, place).operations


class Generated(Workload):
    """A server under our own load generator, which is leaner than the server."""

    def __init__(self, name, protocol, *options):
        super().__init__(name)
        self.load = Generator(protocol, *options)

    def fill(self, port, place):
        return self.load.fill(port, place)


class RedisZipf(Generated):
    """95 % get, 5 % set, a few hot keys."""

    def __init__(self):
        super().__init__("redis-zipf", "redis", "--writes", "0.05")

    def command(self, folder, port):
        return redis_command(folder, "--port", port)


class RedisTls(Generated):
    """Redis with its own TLS."""

    def __init__(self, name="redis-tls"):
        super().__init__(name, "redis", "--tls", "--writes", "0.05")

    def prepare(self, folder, port):
        certificate.make(folder)

    def command(self, folder, port):
        return redis_command(folder, "--port", "0", "--tls-port", port, "--tls-cert-file", folder / "certificate.pem",
                             "--tls-key-file", folder / "key.pem", "--tls-ca-cert-file", folder / "certificate.pem",
                             "--tls-auth-clients", "no")


class RedisStunnel(RedisTls):
    """The paper's comparison: Redis with TLS in the enclave against Redis behind stunnel outside."""

    def __init__(self):
        super().__init__("redis-stunnel")

    def baseline_command(self, folder, port):
        inner = free_port()
        return behind_stunnel(folder, port, inner, redis_command(folder, "--port", inner))


class Memcached(Generated):
    """90 % get, 10 % set, 1 KiB values, four threads."""

    def __init__(self):
        super().__init__("memcached", "memcached", "--writes", "0.1")

    def command(self, _folder, port):
        return memcached_command(port)


class MemcachedTls(Generated):
    def __init__(self, name="memcached-tls"):
        super().__init__(name, "memcached", "--tls", "--writes", "0.1")

    def prepare(self, folder, port):
        certificate.make(folder)

    def command(self, folder, port):
        return memcached_command(port, "-Z", "-o", f"ssl_chain_cert={folder}/certificate.pem,ssl_key={folder}/key.pem")


class MemcachedStunnel(MemcachedTls):
    """The paper's comparison: memcached with TLS in the enclave against memcached behind stunnel outside."""

    def __init__(self):
        super().__init__("memcached-stunnel")

    def baseline_command(self, folder, port):
        inner = free_port()
        return behind_stunnel(folder, port, inner, memcached_command(inner))


WORKLOADS = [
    *(Redis(test, pipeline) for pipeline in (1, 16) for test in ("get", "set")),
    RedisZipf(), RedisTls(), RedisStunnel(), Memcached(), MemcachedTls(), MemcachedStunnel(),
]

"""The workloads. Each runs natively as its user would start it, and in the enclave by the very same command line."""
import os
import pathlib

from clients import RedisBenchmark, Wrk
from sessions import ServerSession


class Workload:
    """What all have in common. `name`s sharing a prefix are chosen together on the command line."""

    unit = "requests/s"
    higher_is_better = True
    pinned = True  # unless the command line says otherwise
    session = ServerSession

    def __init__(self, name):
        self.name = name

    def prepare(self, folder, port):
        """Files that the server wants before it starts."""

    def fill(self, _port, _core):
        """Brings the server into the state in which it is measured; the number of operations that took."""
        return 0


class Redis(Workload):
    """redis-server without persistence, under redis-benchmark."""

    def __init__(self, test, pipeline):
        super().__init__(f"redis-P{pipeline}-{test}")
        self.load = RedisBenchmark(test, pipeline)
        self.preload = RedisBenchmark("set", 16)

    def command(self, folder, port):
        return ["/usr/bin/redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"]

    def fill(self, port, core):
        # 40,000 random keys of 10,000: 98 % are there afterwards.
        sample = self.preload(port, 0.5, core)
        return sample.operations


NGINX_CONFIGURATION = """
daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log error.log warn;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000000;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
  server {{ listen 127.0.0.1:{port}{listen_options}; root html; {server_options} }}
}}
"""


class Nginx(Workload):
    """One nginx process, one page; files are not protected."""

    def __init__(self, kib):
        super().__init__(f"nginx-http-{kib}k")
        self.kib = kib
        self.load = Wrk("/page", 50)

    def prepare(self, folder, port):
        (folder / "html").mkdir()
        (folder / "html/page").write_bytes(os.urandom(self.kib * 1024))
        (folder / "nginx.conf").write_text(NGINX_CONFIGURATION.format(port=port, listen_options="", server_options=""))

    def command(self, folder, _port):
        return ["/usr/sbin/nginx", "-p", folder, "-c", "nginx.conf"]


WORKLOADS = [
    *(Redis(test, pipeline) for pipeline in (1, 16) for test in ("get", "set")),
    *(Nginx(kib) for kib in (1, 10, 64)),
]


def select(names):
    """The workloads that the command line names; a name stands for all that begin with it. KeyError if one is unknown."""
    if not names:
        return WORKLOADS
    chosen = []
    for name in names:
        found = [one for one in WORKLOADS if one.name == name or one.name.startswith(name + "-")]
        if not found:
            raise KeyError(name)
        chosen += [one for one in found if one not in chosen]
    return chosen

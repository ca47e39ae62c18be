"""NGINX and Apache: one page of a size, HTTP and the program's own HTTPS. The files are not protected."""
import os

import certificate
from clients import Wrk
from workload import Workload

NGINX_CONFIGURATION = """
daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log error.log warn;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000000;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
  server {{ listen 127.0.0.1:{port}{listen}; root html; {tls} }}
}}
"""
NGINX_TLS = "ssl_certificate certificate.pem; ssl_certificate_key key.pem; ssl_protocols TLSv1.3;"

APACHE_CONFIGURATION = """
ServerName localhost
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile apache.pid
ErrorLog error.log
LogLevel warn
User www-data
Group www-data
Listen 127.0.0.1:{port}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
StartServers 1
ServerLimit 1
ThreadsPerChild 25
MaxRequestWorkers 25
KeepAlive On
MaxKeepAliveRequests 0
DocumentRoot {folder}/html
# As Debian sets it up: no search for .htaccess in each folder of the path.
<Directory />
  Options FollowSymLinks
  AllowOverride None
</Directory>
{tls}
"""
APACHE_TLS = """
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
SSLEngine on
SSLProtocol TLSv1.3
SSLCertificateFile certificate.pem
SSLCertificateKeyFile key.pem
"""


class Web(Workload):
    def __init__(self, program, scheme, kib, connections):
        super().__init__(f"{program}-{scheme}-{kib}k")
        self.kib, self.tls = kib, scheme == "https"
        self.load = Wrk("/page", connections, scheme)

    def prepare(self, folder, port):
        (folder / "html").mkdir()
        (folder / "html/page").write_bytes(os.urandom(self.kib * 1024))
        if self.tls:
            certificate.make(folder)
        self.configure(folder, port)


class Nginx(Web):
    """One process."""

    def __init__(self, scheme, kib):
        super().__init__("nginx", scheme, kib, connections=50)

    def configure(self, folder, port):
        text = NGINX_CONFIGURATION.format(port=port, listen=" ssl" if self.tls else "", tls=NGINX_TLS if self.tls else "")
        (folder / "nginx.conf").write_text(text)

    def command(self, folder, _port):
        return ["/usr/sbin/nginx", "-p", folder, "-c", "nginx.conf"]


class ConnectionPerRequest(Nginx):
    """As a client without keep-alive."""

    def __init__(self, kib):
        super().__init__("http", kib)
        self.name += "-close"
        self.load = Wrk("/page", 50, headers=["Connection: close"])


class Apache(Web):
    """Event MPM in one process. More connections than threads would make it close them."""

    def __init__(self, scheme, kib):
        super().__init__("apache", scheme, kib, connections=20)

    def configure(self, folder, port):
        text = APACHE_CONFIGURATION.format(folder=folder, port=port, tls=APACHE_TLS if self.tls else "")
        (folder / "apache.conf").write_text(text)

    def command(self, folder, _port):
        return ["/usr/sbin/apache2", "-X", "-f", folder / "apache.conf"]


WORKLOADS = [
    *(Nginx(scheme, kib) for scheme in ("http", "https") for kib in (1, 10, 64)),
    ConnectionPerRequest(1),
    *(Apache(scheme, kib) for scheme in ("http", "https") for kib in (1, 64)),
]

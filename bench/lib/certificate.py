"""A certificate for servers that speak TLS themselves."""
import subprocess


def make(folder):
    """Writes certificate.pem, self-signed, and key.pem, which servers that gave up root may read."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
                    "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"], check=True, capture_output=True)
    (folder / "key.pem").chmod(0o644)

#!/usr/bin/env python3
"""A second reader of protected volumes, written from docs/formats/fspf.md alone: the document says enough. It reads what `scone fspf` makes and
compares it with the originals. usage: second_reader.py SCONE"""
import ctypes
import hashlib
import hmac
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

LIBCRYPTO = ctypes.CDLL("libcrypto.so.3")
for name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_gcm", "EVP_aes_128_gcm"):
    getattr(LIBCRYPTO, name).restype = ctypes.c_void_p
GET_TAG, SET_TAG = 0x10, 0x11


def gcm(key, nonce, associated, sealed, tag):
    """The plaintext, or None."""
    context = ctypes.c_void_p(LIBCRYPTO.EVP_CIPHER_CTX_new())
    cipher = ctypes.c_void_p(LIBCRYPTO.EVP_aes_256_gcm() if len(key) == 32 else LIBCRYPTO.EVP_aes_128_gcm())
    plain, done = ctypes.create_string_buffer(len(sealed) + 16), ctypes.c_int()
    LIBCRYPTO.EVP_DecryptInit_ex(context, cipher, None, key, nonce)
    LIBCRYPTO.EVP_DecryptUpdate(context, None, ctypes.byref(done), associated, len(associated))
    if sealed:
        LIBCRYPTO.EVP_DecryptUpdate(context, plain, ctypes.byref(done), sealed, len(sealed))
    LIBCRYPTO.EVP_CIPHER_CTX_ctrl(context, SET_TAG, 16, tag)
    good = LIBCRYPTO.EVP_DecryptFinal_ex(context, ctypes.create_string_buffer(16), ctypes.byref(done)) == 1
    LIBCRYPTO.EVP_CIPHER_CTX_free(context)
    return plain.raw[:len(sealed)] if good else None


def expand(key, info, size):
    return hmac.digest(key, info + b"\x01", "sha256")[:size]


def hkdf(salt, secret, info, size):
    return expand(hmac.digest(salt, secret, "sha256"), info, size)


def nonce(counter):
    return struct.pack("<QI", counter, 0)


class Fields:
    def __init__(self, data):
        self.data, self.at = data, 0

    def get(self, layout):
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values if len(values) > 1 else values[0]

    def text(self):
        return self.get(f"{self.get('H')}s").decode()


class Volume:
    def __init__(self, path, key):
        self.directory, self.regions, self.nodes, self.epochs, self.data = path.parent, [], {}, {}, {}
        data = path.read_bytes()
        magic, version, flags, volume_id, check, zeros = struct.unpack_from("<8sII16s16s16s", data)
        assert (magic, version, flags, zeros) == (b"SCONEFSP", 1, 1, bytes(16))
        assert check == hkdf(volume_id, key, b"scone fspf key check 1", 16)
        self.tag, at, sequence, record_key = hashlib.sha256(data[:64]).digest()[:16], 64, 0, None
        while at < len(data):
            magic, size, number, counter, _, new_key = struct.unpack_from("<4sIQQBB", data, at)
            if magic == bytes(4):
                assert not any(data[at:])
                break
            assert (magic, number) == (b"SREC", sequence)
            salt = data[at + 48:at + 80] if new_key else b""
            if salt:
                record_key = hkdf(salt, key, b"scone fspf records 1" + volume_id, 32)
            begin, tag = at + 48 + len(salt), data[at + 32:at + 48]
            payload = gcm(record_key, nonce(counter), self.tag + data[at:at + 32] + salt, data[begin:begin + size], tag)
            assert payload is not None, f"record {sequence}"
            self.apply(Fields(payload))
            self.tag, sequence, at = tag, sequence + 1, (begin + size + 15) // 16 * 16

    def apply(self, f):
        while f.at < len(f.data):
            kind = f.get("B")
            if kind == 1:
                self.key, _ = f.get("32sQ")
            elif kind == 2:
                index, protection, backing, bits, chunk = f.get("HBBHI")
                assert index == len(self.regions)
                self.regions.append({"protection": protection, "backing": backing, "bits": bits, "chunk": chunk, "path": f.text(), "kernel": f.text()})
            elif kind == 3:
                number, parent, region, node_type, mode, _, _, _, mtime, _ = f.get("QQHBHIIqqq")
                node = self.nodes.setdefault(number, {"size": 0, "chunks": {}})
                node.update(parent=parent, region=region, type=node_type, mode=mode, mtime=mtime, name=f.text(), text=f.text())
            elif kind == 4:
                number, kept, size, _, _ = f.get("QQQqq")
                node = self.nodes[number]
                kept = min(kept, -(-size // self.regions[node["region"]]["chunk"]))
                node["size"], node["chunks"] = size, {i: c for i, c in node["chunks"].items() if i < kept}
            elif kind == 5:
                number, first, count = f.get("QQI")
                for i in range(count):
                    self.nodes[number]["chunks"][first + i] = f.get("IIQ16s")
            elif kind == 6:
                del self.nodes[f.get("Q")]
            elif kind == 7:
                number, self.epochs[number] = f.get("I32s")
            elif kind == 8:
                f.get("16s")
            elif kind == 9:
                number, chunk, size = f.get("QQI")
                self.data[number, chunk] = (self.nodes[number]["chunks"][chunk], f.get(f"{size}s"))
            else:
                raise AssertionError(f"entry kind {kind}")

    def path(self, number):
        node = self.nodes[number]
        return "" if node["parent"] == number else self.path(node["parent"]) + "/" + node["name"]

    def contents(self, number, kernel):
        node = self.nodes[number]
        region = self.regions[node["region"]]
        host = (kernel / (node["text"] or f".scone/{number:016x}"))
        data = host.read_bytes() if node["chunks"] else b""
        result = bytearray()
        for i in range(-(-node["size"] // region["chunk"])):
            size = min(region["chunk"], node["size"] - len(result))
            if i not in node["chunks"]:
                result += bytes(size)
                continue
            slot, epoch, counter, tag = node["chunks"][i]
            stored = data[slot * region["chunk"]:][:size]
            entry, journaled = self.data.get((number, i), (None, b""))
            if entry == node["chunks"][i]:
                stored = journaled
            key = expand(self.key, b"scone fspf file 1" + self.epochs[epoch] + struct.pack("<QH", number, region["bits"]), region["bits"] // 8)
            associated = struct.pack("<QQ", number, i)
            if region["protection"] == 1:
                assert gcm(key, nonce(counter), associated + stored, b"", tag) is not None
                result += stored
            else:
                plain = gcm(key, nonce(counter), associated, stored, tag)
                assert plain is not None, f"{host} chunk {i}"
                result += plain
        return bytes(result)


def main():
    scone = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        source = root / "original"
        (source / "below").mkdir(parents=True)
        for name, size in {"empty": 0, "short": 5, "chunk": 4096, "below/long": 300_001}.items():
            (source / name).write_bytes(os.urandom(size))
        (source / "below/link").symlink_to("long")
        for kind, bits in (("-e", "256"), ("-e", "128"), ("-a", "256")):
            fspf = root / f"v{kind}{bits}.fspf"

            def verb(*arguments):
                return subprocess.run([scone, "fspf", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout.split()

            verb("create", fspf)
            verb("addr", fspf, "/", kind, "--kernel", f"files{kind}{bits}", "-k", bits)
            verb("addf", fspf, "/", source, root / f"files{kind}{bits}")
            columns = verb("encrypt", fspf)
            volume = Volume(fspf, bytes.fromhex(columns[10]))
            assert volume.tag.hex() == columns[8]
            kernel = fspf.parent / volume.regions[0]["kernel"]
            found = {volume.path(n): n for n in volume.nodes if volume.path(n)}
            assert set(found) == {"/" + p.relative_to(source).as_posix() for p in source.rglob("*")}
            for path, number in found.items():
                original, node = source / path[1:], volume.nodes[number]
                if node["type"] == 3:
                    assert node["text"] == os.readlink(original)
                elif node["type"] == 1:
                    assert volume.contents(number, kernel) == original.read_bytes(), path
                    assert node["mtime"] == original.stat().st_mtime_ns
            print(f"{kind} {bits}: {len(found)} entries read")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""scone fspf: the verbs, their words and columns, and what they refuse. usage: fspf_cli_test.py SCONE"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SCONE = os.path.abspath(sys.argv.pop(1))
TAG = "[0-9a-f]{32}"


class Fspf(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        source = self.root / "original"
        (source / "sub").mkdir(parents=True)
        (source / "hello.txt").write_bytes(b"Hello canary " * 1000)
        (source / "sub" / "empty").write_bytes(b"")
        (source / "sub" / "tool").write_bytes(os.urandom(100_000))
        (source / "sub" / "tool").chmod(0o750)
        (source / "link").symlink_to("sub/tool")

    def tearDown(self):
        self.folder.cleanup()

    def fspf(self, *arguments):
        return subprocess.run([SCONE, "fspf", *arguments], cwd=self.root, capture_output=True, text=True, timeout=60, check=False)

    def good(self, *arguments):
        done = self.fspf(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout

    def refused(self, words, *arguments):
        done = self.fspf(*arguments)
        self.assertEqual(done.returncode, 125, arguments)
        self.assertRegex(done.stderr, r"^scone: [^\n]*" + words + r"[^\n]*\n$")

    def test_words_and_columns(self):
        self.assertRegex(self.good("create", "fspf.pb"), f"^Created empty file system protection file in fspf.pb. AES-GCM tag: {TAG}\n$")
        added = f"^Added region %s to file system protection file fspf.pb new AES-GCM tag: {TAG}\n$"
        self.assertRegex(self.good("addr", "fspf.pb", "/", "--kernel", "/", "--not-protected"), added % "/")
        self.assertRegex(self.good("addr", "fspf.pb", "/data/", "-e", "--kernel", "/data", "-c", "65536", "-k", "128"), added % "/data/")
        self.assertRegex(self.good("addr", "fspf.pb", "/tmp", "-e", "--ephemeral"), added % "/tmp")
        files = self.good("addf", "fspf.pb", "/data", "original", "encrypted")
        self.assertRegex(files, f"^Added files to file system protection file fspf.pb new AES-GCM tag: {TAG}\n$")
        line = self.good("encrypt", "fspf.pb")
        columns = line.split()
        self.assertEqual(columns[:8], "Encrypted file system protection file fspf.pb AES-GCM tag:".split())
        self.assertRegex(columns[8], f"^{TAG}$")
        self.assertEqual(columns[9], "key:")
        self.assertRegex(columns[10], "^[0-9a-f]{64}$")
        self.assertEqual(self.good("show", "--tag", "fspf.pb"), columns[8] + "\n")
        shown = self.good("show", "fspf.pb", "--key", columns[10]).splitlines()
        self.assertEqual(shown[0], f"File system protection file fspf.pb AES-GCM tag: {columns[8]} encrypted")
        self.assertEqual(shown[1:], ["region / not-protected kernel /", "region /data encrypted kernel /data chunk-size 65536 key-bits 128 files 4",
                                     "region /tmp encrypted ephemeral chunk-size 4096 key-bits 256 files 0"])

    def test_encrypted_files_keep_their_names_and_hide_their_contents(self):
        self.good("create", "fspf.pb")
        self.good("addr", "fspf.pb", "/data", "--encrypted", "--kernel", "/data")
        self.good("addf", "fspf.pb", "/data", "original", "encrypted")
        self.assertEqual((self.root / "encrypted/hello.txt").stat().st_size, 13000)
        self.assertEqual((self.root / "encrypted/sub/tool").stat().st_size, 100_000)
        self.assertFalse((self.root / "encrypted/link").exists())
        for path in [*self.root.glob("encrypted/**/*"), self.root / "fspf.pb"]:
            if path.is_file():
                self.assertNotIn(b"canary", path.read_bytes())

    def test_authenticated_files_stay_where_and_as_they_are(self):
        before = (self.root / "original/sub/tool").read_bytes()
        self.good("create", "fspf.pb")
        self.good("addr", "fspf.pb", "/usr", "-a", "--kernel", "/usr")
        self.good("addf", "fspf.pb", "/usr", "original")
        self.assertEqual((self.root / "original/sub/tool").read_bytes(), before)
        self.good("addf", "fspf.pb", "/usr", "original", "copy")
        self.assertEqual((self.root / "copy/sub/tool").read_bytes(), before)

    def test_a_volume_in_one_step(self):
        line = self.good("create-volume", "volume")
        columns = line.split()
        self.assertEqual(columns[5], "volume/volume.fspf")
        self.assertEqual(self.good("show", "--key", columns[10], "volume/volume.fspf").splitlines()[1], "region / encrypted kernel . chunk-size 4096 key-bits 256 files 0")

    def test_a_volume_as_the_documentation_makes_it(self):
        self.good("create", "volume.fspf")
        self.assertRegex(self.good("addr", "volume.fspf", ".", "--encrypted", "--kernel", "."), "^Added region . to ")
        self.good("addf", "volume.fspf", ".", "original", ".")
        self.assertEqual(len(self.good("encrypt", "volume.fspf").split()), 11)

    def test_what_is_being_prepared_is_private(self):
        self.good("create", "fspf.pb")
        self.good("addr", "fspf.pb", "/", "-n", "--kernel", "/")
        self.assertEqual((self.root / "fspf.pb").stat().st_mode & 0o777, 0o600)

    def test_refusals(self):
        self.good("create", "fspf.pb")
        self.refused("fspf.pb: .*exists", "create", "fspf.pb")
        self.refused("none.pb: .*does not exist", "addr", "none.pb", "/", "-n", "--kernel", "/")
        self.refused("either --encrypted", "addr", "fspf.pb", "/", "--kernel", "/")
        self.refused("either --encrypted", "addr", "fspf.pb", "/", "-e", "-a", "--kernel", "/")
        self.refused("either --kernel", "addr", "fspf.pb", "/", "-e")
        self.refused("bad path, chunk size", "addr", "fspf.pb", "/", "-e", "--kernel", "/", "-c", "1000")
        self.refused("bad path", "addr", "fspf.pb", "/a/../b", "-e", "--kernel", "/")
        self.good("addr", "fspf.pb", "/", "-e", "--kernel", "/")
        self.refused("already", "addr", "fspf.pb", ".", "-e", "--kernel", "/")
        self.refused("no region /data", "addf", "fspf.pb", "/data", "original", "x")
        self.refused("need a target directory", "addf", "fspf.pb", "/", "original")
        self.refused("not a directory", "addf", "fspf.pb", "/", "original/hello.txt", "x")
        key = self.good("encrypt", "fspf.pb").split()[10]
        self.refused("is encrypted, and no key is given", "encrypt", "fspf.pb")
        self.refused("is encrypted, and no key is given", "show", "fspf.pb")
        self.refused("was not encrypted with the given key", "show", "fspf.pb", "--key", "0" * 64)
        self.refused("64 hexadecimal digits", "show", "fspf.pb", "--key", "0")
        self.good("addr", "fspf.pb", "/x", "-a", "--kernel", "/x", "--key", key)
        (self.root / "foreign").write_bytes(os.urandom(5000))
        self.refused("is not a protection file", "show", "foreign")
        self.refused("is not a protection file", "show", "--tag", "foreign")
        damaged = bytearray((self.root / "fspf.pb").read_bytes())
        damaged[200] ^= 1
        (self.root / "fspf.pb").write_bytes(damaged)
        self.refused("does not verify", "show", "fspf.pb", "--key", key)


if __name__ == "__main__":
    unittest.main()

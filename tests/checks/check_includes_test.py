#!/usr/bin/env python3
"""tools/check_includes.py finds each kind of violation, and nothing in a tree that keeps the rules."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_includes.py"
FOLDERS = ["abi", "base", "cli", "enclave/boundary", "enclave/file", "host/runner", "sgx", "tests"]


class Includes(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        for name in FOLDERS:
            (self.root / name).mkdir(parents=True)
        self.put("base/result.h", "#pragma once\n")
        self.put("abi/border.h", "#pragma once\n#include <cstdint>\n")
        self.put("sgx/arch.h", "#pragma once\n")
        self.put("sgx/key.h", "#pragma once\n#include <string>\n")
        self.put("host/runner/runner.h", "#pragma once\n#include <vector>\n")
        self.put("enclave/boundary/host_ptr.h", "#pragma once\n#include \"base/result.h\"\n")
        self.put("enclave/file/file.h", "#pragma once\n#include <linux/stat.h>\n#include \"abi/border.h\"\n")

    def tearDown(self):
        self.folder.cleanup()

    def put(self, name, text):
        (self.root / name).write_text(text)

    def run_tool(self):
        done = subprocess.run([sys.executable, TOOL, self.root], capture_output=True, text=True)
        return done.returncode, done.stdout

    def assert_refused(self, name, text, message):
        self.put(name, text)
        status, output = self.run_tool()
        self.assertEqual(status, 1)
        self.assertIn(f"{name}:1: {message}", output)

    def test_a_tree_that_keeps_the_rules(self):
        status, output = self.run_tool()
        self.assertEqual((status, output), (0, "includes respect the borders\n"))

    def test_host_header_in_the_enclave(self):
        self.assert_refused("enclave/file/a.cc", '#include "host/runner/runner.h"\n', "host/runner/runner.h: enclave/ may include only")

    def test_enclave_header_in_the_host(self):
        self.assert_refused("host/runner/a.cc", '#include "enclave/file/file.h"\n', "enclave/file/file.h: host/ may include only")

    def test_all_of_sgx_but_the_architecture_in_the_enclave(self):
        self.put("enclave/file/good.cc", '#include "sgx/arch.h"\n')
        self.assert_refused("enclave/file/a.cc", '#include "sgx/key.h"\n', "sgx/key.h: enclave/ may include only")

    def test_host_pointers_outside_the_boundary(self):
        self.put("enclave/boundary/good.cc", '#include "enclave/boundary/host_ptr.h"\n')
        self.assert_refused("enclave/file/a.cc", '#include "enclave/boundary/host_ptr.h"\n',
                            "enclave/boundary/host_ptr.h: only enclave/boundary/ may include it")

    def test_libraries_in_the_enclave(self):
        for header in ("string", "vector", "memory", "stdlib.h", "sys/stat.h"):
            self.assert_refused("enclave/file/a.cc", f"#include <{header}>\n", f"{header}: enclave/ is freestanding")

    def test_anything_but_itself_in_base(self):
        self.assert_refused("base/a.h", '#include "abi/border.h"\n#pragma once\n', "abi/border.h: base/ may include only")

    def test_path_that_is_not_from_the_root(self):
        self.assert_refused("host/runner/a.cc", '#include "runner.h"\n', "runner.h: no such file from the root")

    def test_header_without_pragma_once(self):
        self.put("host/runner/a.cc", '#include "host/runner/b.h"\n')
        self.assert_refused("host/runner/b.h", "\n", "no #pragma once")

    def test_what_only_tests_use_is_free(self):
        self.put("enclave/file/fake.h", "#include <vector>\n")
        self.put("enclave/file/a_test.cc", '#include "enclave/file/fake.h"\n#include <string>\n')
        self.assertEqual(self.run_tool()[0], 0)


if __name__ == "__main__":
    unittest.main()

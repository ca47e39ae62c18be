#!/usr/bin/env python3
"""tools/check_enclave_image.py passes a good image and finds each kind of fault in a bad one."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_enclave_image.py"
GOOD = """
    .globl start
start:
    lea table(%rip), %rax
    rdfsbase %rcx
site:
    enclu
    ud2
    .pushsection .enclu_sites, "a"
    .quad site - .
    .popsection
    .data
table:
    .quad start
    .section .note.GNU-stack, "", @progbits
    .text
"""
LINK = ["-nostdlib", "-static-pie", "-Wl,-e,start,--no-dynamic-linker,-z,text,-z,noexecstack,-z,separate-code,--build-id=none"]


class Image(unittest.TestCase):
    def check(self, extra, link=None):
        """Links GOOD and `extra` and runs the tool: (status, output)."""
        with tempfile.TemporaryDirectory() as folder:
            source, image = pathlib.Path(folder, "a.S"), pathlib.Path(folder, "image")
            source.write_text(GOOD + extra + "\n")
            subprocess.run(["gcc", *(link or LINK), "-o", image, source], check=True, capture_output=True)
            done = subprocess.run([sys.executable, TOOL, image], capture_output=True, text=True)
            return done.returncode, done.stdout

    def assert_refused(self, extra, message, link=None):
        status, output = self.check(extra, link)
        self.assertIn(message, output)
        self.assertEqual(status, 1)

    def test_good_image(self):
        self.assertEqual(self.check(""), (0, ""))

    def test_forbidden_instructions(self):
        for text, name in [
            ("syscall", "syscall"), ("sysenter", "sysenter"), ("int $0x80", "int"), ("int3", "int3"), ("cpuid", "cpuid"),
            ("in %dx, %al", "in"), ("outb %al, $0x80", "out"), ("rdmsr", "rdmsr"), ("hlt", "hlt"), ("rdpmc", "rdpmc"),
            ("wrgsbase %rax", "wrgsbase"), ("rdgsbase %rax", "rdgsbase"), ("sgdt (%rax)", "sgdt"), ("lret", "lret"),
            ("iretq", "iretq"), ("rep outsb", "outs"), ("xsetbv", "xsetbv"), ("swapgs", "swapgs"), ("ljmp *(%rax)", "ljmp"),
        ]:
            with self.subTest(text):
                self.assert_refused(text, "forbidden instruction")

    def test_registers_are_cleared_at_one_place_only(self):
        clear, other = "vzeroall\nvpxord %zmm17, %zmm17, %zmm17\nkxorq %k1, %k1, %k1", "vpxord %zmm17, %zmm18, %zmm17"
        self.assertEqual(self.check(f"scrub_vector:\n{clear}"), (0, ""))
        self.assert_refused(f"scrub_vector:\n{other}", "vector register used")
        for line in clear.splitlines():
            self.assert_refused(line, "vector register used")

    def test_section_of_libcrypto(self):
        code = '.section .crypto_text, "ax", @progbits\n.type f, @function\nf: {}\n ret\n.size f, . - f\n'
        self.assertEqual(self.check(code.format("vpxor %ymm0, %ymm0, %ymm0")), (0, ""))
        self.assertEqual(self.check(code.format("nop") + ".byte 0x0f, 0xa2, 0x06\n"), (0, ""))  # a table
        self.assert_refused(code.format("cpuid"), "forbidden instruction")
        self.assert_refused(code.format("syscall"), "forbidden instruction")
        self.assert_refused(code.format(".byte 0x06"), "forbidden instruction")

    def test_bytes_that_are_no_instruction(self):
        self.assert_refused(".byte 0x06", "forbidden instruction")

    def test_system_registers(self):
        self.assert_refused("mov %cr3, %rax", "system register")
        self.assert_refused("mov %eax, %gs", "system register")

    def test_vector_registers(self):
        for text in ("movaps %xmm1, %xmm2", "vmovdqa (%rax), %ymm3", "fadd %st(1), %st", "movq %mm0, %rax"):
            with self.subTest(text):
                self.assert_refused(text, "vector register")

    def test_enclu_that_is_not_listed(self):
        self.assert_refused("enclu", "enclu that .enclu_sites does not list")

    def test_listed_site_without_enclu(self):
        self.assert_refused('nop\nhere: nop\n.pushsection .enclu_sites, "a"\n.quad here - .\n.popsection', "where no enclu stands")

    def test_writable_code(self):
        self.assert_refused('.section .wx, "awx"\nnop', "writable and executable")

    def test_executable_stack(self):
        self.assert_refused("", "GNU_STACK is writable and executable", [*LINK, "-Wl,-z,execstack"])

    def test_relocation_in_code(self):
        link = [flag.replace("-z,text", "-z,notext") for flag in LINK]
        self.assert_refused(".quad start", "relocation in code", link)

    def test_undefined_symbol_and_library(self):
        self.assert_refused("call puts@PLT", "undefined symbol puts", ["-nostartfiles", "-pie", "-Wl,-e,start"])
        self.assert_refused("call puts@PLT", "NEEDED", ["-nostartfiles", "-pie", "-Wl,-e,start"])

    def test_interpreter(self):
        self.assert_refused("", "segment INTERP", ["-nostdlib", "-pie", "-Wl,-e,start"])

    def test_thread_local_storage(self):
        self.assert_refused('.section .tdata, "awT"\n.quad 1', "segment TLS")

    def test_initialisers(self):
        self.assert_refused('.section .init_array, "aw"\n.quad start', "INIT_ARRAY")

    def test_not_position_independent(self):
        self.assert_refused("", "not a position-independent", ["-nostdlib", "-static", "-no-pie", "-Wl,-e,start"])


if __name__ == "__main__":
    unittest.main()

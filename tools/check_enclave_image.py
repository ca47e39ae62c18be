#!/usr/bin/env python3
"""Refuses an enclave image that holds what an enclave must not. usage: check_enclave_image.py IMAGE

Instructions: none that SGX forbids inside (SDM 3D, "Illegal Instructions"), no change of the gs base, no vector register
(they are the program's), ENCLU only at the sites listed in section .enclu_sites.
Section .crypto_text holds libcrypto (cmake/libcrypto_freestanding.cmake): vector registers are allowed there, and what no function symbol covers
is taken for the tables of constants that its assembly keeps beside the code.
Structure: a position-independent ELF64 without interpreter, libraries, undefined symbols, thread-local storage or
initialisers; no segment writable and executable; relocations only of kind RELATIVE and never in code.
Prints each finding and exits 1 if there is one.
"""
import re
import struct
import subprocess
import sys

FORBIDDEN = re.compile(
    r"^(?:rep\w* )?(?:"
    r"syscall|sysenter|sysret\w*|sysexit\w*|int\d?|into|iret\w*|cpuid|getsec|"
    r"in[bwl]?|out[bwl]?|ins[bwl]?|outs[bwl]?|"
    r"rdmsr|wrmsr|rdpmc|rdtscp|hlt|cli|sti|clts|invd|wbinvd|invlpg|swapgs|xsetbv|monitor|mwait|vmcall|vmfunc|vmmcall|"
    r"sgdt|sidt|sldt|str|smsw|lgdt|lidt|lldt|ltr|lmsw|"
    r"lcall|ljmp|lret\w*|rdgsbase|wrgsbase|"
    r"\(bad\)"
    r")$"
)
VECTOR_REGISTER = re.compile(r"%(?:[xyz]mm\d|mm\d|st\b|k\d)")
# Control and debug registers, and a load of a segment register.
SYSTEM_REGISTER = re.compile(r"%(?:cr\d|dr\d|db\d)|,%(?:ss|ds|es|fs|gs)$")

LABEL = re.compile(r"^([0-9a-f]+) <(.+)>:$")
LINE = re.compile(r"^\s*([0-9a-f]+):\t(\S.*)$")


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def instructions(image):
    """Yields (address, symbol, mnemonic, operands) of every executable section."""
    symbol = "?"
    for line in output_of("objdump", "--disassemble", "--no-show-raw-insn", "--wide", image).splitlines():
        if match := LABEL.match(line):
            symbol = match.group(2)
        elif match := LINE.match(line):
            text = re.sub(r"\s*(?:#.*|<.*>)$", "", match.group(2)).strip()
            prefixed = re.match(r"((?:(?:lock|rep\w*|notrack|bnd|cs|ds|es|ss|fs|gs|data16|addr32) )*)(\S+)\s*(.*)$", text)
            # Prefixes without an instruction: bytes that are none.
            mnemonic, operands = prefixed.group(2, 3) if prefixed else ("(bad)", text)
            yield int(match.group(1), 16), symbol, mnemonic, operands


def sections(image):
    """Section name: (address, file offset, size, flags)."""
    result = {}
    for line in output_of("readelf", "--section-headers", "--wide", image).splitlines():
        match = re.match(r"\s*\[\s*\d+\] (\S+)\s+\S+\s+([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) [0-9a-f]+\s*([A-Za-z]*)", line)
        if match:
            name, address, offset, size, flags = match.groups()
            result[name] = (int(address, 16), int(offset, 16), int(size, 16), flags)
    return result


def uses_vectors(symbol, mnemonic, operands):
    """The one function that clears the registers on the way out of the enclave may do that, and nothing else with them."""
    if "scrub_vector" in symbol:
        clears = mnemonic in {"vpxord", "kxorq"} and len(operands.split(",")) == 3 and len(set(operands.split(","))) == 1
        return bool(VECTOR_REGISTER.search(operands)) and not clears
    return bool(VECTOR_REGISTER.search(operands)) or mnemonic in {"vzeroall", "vzeroupper"}


class CryptoText:
    """Section .crypto_text, if there is one: where it is, and which of its bytes belong to functions."""

    def __init__(self, image, table):
        self.begin, _, size, _ = table.get(".crypto_text", (0, 0, 0, ""))
        self.end = self.begin + size
        self.covered = bytearray(size)
        for line in output_of("readelf", "--syms", "--wide", image).splitlines() if size else ():
            fields = line.split()
            if len(fields) >= 8 and fields[3] == "FUNC":
                address, length = int(fields[1], 16), int(fields[2], 0)
                if self.begin <= address < self.end:
                    first = address - self.begin
                    self.covered[first : first + length] = b"\1" * length

    def __contains__(self, address):
        return self.begin <= address < self.end

    def is_table(self, address):
        return address in self and not self.covered[address - self.begin]


def listed_enclu_sites(image, table):
    """Each entry of .enclu_sites is the distance from itself to an instruction."""
    if ".enclu_sites" not in table:
        return set()
    address, offset, size, _ = table[".enclu_sites"]
    with open(image, "rb") as file:
        file.seek(offset)
        data = file.read(size)
    return {address + 8 * i + distance for i, (distance,) in enumerate(struct.iter_unpack("<q", data))}


def check_instructions(image, table):
    listed, found, count = listed_enclu_sites(image, table), set(), 0
    crypto = CryptoText(image, table)
    for address, symbol, mnemonic, operands in instructions(image):
        count += 1
        if crypto.is_table(address):
            continue
        where = f"{address:#x} in {symbol}: {mnemonic} {operands}".rstrip()
        if FORBIDDEN.match(mnemonic):
            yield f"forbidden instruction at {where}"
        elif address not in crypto and uses_vectors(symbol, mnemonic, operands):
            yield f"vector register used at {where}"
        elif mnemonic.startswith("mov") and SYSTEM_REGISTER.search(operands):
            yield f"system register used at {where}"
        elif mnemonic == "enclu":
            found.add(address)
            if address not in listed:
                yield f"enclu that .enclu_sites does not list at {where}"
    for address in sorted(listed - found):
        yield f".enclu_sites lists {address:#x}, where no enclu stands"
    if count == 0:
        yield "no code"


def check_segments(image):
    kind = output_of("readelf", "--file-header", image)
    if "ELF64" not in kind or not re.search(r"Type:\s+DYN", kind):
        yield "not a position-independent ELF64 file"
    for line in output_of("readelf", "--segments", "--wide", image).splitlines():
        match = re.match(r"\s+([A-Z_]+)\s+(?:0x[0-9a-f]+\s+){5}([RWE ]{3})", line)
        if not match:
            continue
        name, flags = match.groups()
        if "W" in flags and "E" in flags:
            yield f"segment {name} is writable and executable"
        if name in {"INTERP", "TLS"}:
            yield f"there is a segment {name}"


def check_dynamic(image):
    for line in output_of("readelf", "--dynamic", "--wide", image).splitlines():
        match = re.match(r"\s+0x[0-9a-f]+ \((\w+)\)\s*(.*)$", line)
        if not match:
            continue
        tag, value = match.groups()
        if tag in {"NEEDED", "TEXTREL", "INIT", "FINI", "INIT_ARRAY", "FINI_ARRAY", "PREINIT_ARRAY"}:
            yield f"dynamic section has {tag} {value}".rstrip()
        if tag == "FLAGS" and "TEXTREL" in value:
            yield "text relocations"
    for line in output_of("readelf", "--dyn-syms", "--wide", image).splitlines():
        fields = line.split()
        if len(fields) >= 8 and fields[6] == "UND":
            yield f"undefined symbol {fields[7]}"


def check_relocations(image, table):
    code = [(a, a + size) for a, _, size, flags in table.values() if "X" in flags]
    for line in output_of("readelf", "--relocs", "--wide", image).splitlines():
        match = re.match(r"^([0-9a-f]{16})\s+[0-9a-f]{16} (R_X86_64_\w+)", line)
        if not match:
            continue
        address, kind = int(match.group(1), 16), match.group(2)
        if kind != "R_X86_64_RELATIVE":
            yield f"relocation {kind} at {address:#x}"
        if any(begin <= address < end for begin, end in code):
            yield f"relocation in code at {address:#x}"


def main(image):
    table = sections(image)
    problems = [
        *check_segments(image),
        *check_dynamic(image),
        *check_relocations(image, table),
        *check_instructions(image, table),
    ]
    for problem in problems:
        print(f"{image}: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

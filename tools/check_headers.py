#!/usr/bin/env python3
"""Every header compiles alone. usage: check_headers.py COMPILER ZYDIS_INCLUDE

Headers of the enclave are compiled as the enclave is: freestanding, with general registers only.
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENCLAVE_FLAGS = ["-DSCONE_ENCLAVE", "-ffreestanding", "-fno-exceptions", "-fno-rtti", "-mgeneral-regs-only", "-mpopcnt"]
FOLDERS = ["abi", "base", "bench", "cli", "crypto", "enclave", "host", "sgx"]


def headers():
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.h"))


def used_by_tests_only(header, texts):
    """A test's own header may want the host's libraries."""
    line = f'#include "{header.relative_to(ROOT).as_posix()}"'
    users = [path for path, text in texts.items() if line in text]
    return bool(users) and all("_test" in path.stem or path.is_relative_to(ROOT / "tests") for path in users)


def compile_alone(compiler, zydis, header, texts):
    name = header.relative_to(ROOT).as_posix()
    in_enclave = name.startswith("enclave/") and not used_by_tests_only(header, texts)
    flags = ENCLAVE_FLAGS if in_enclave else []
    done = subprocess.run(
        [compiler, "-std=gnu++23", "-fsyntax-only", "-Wall", "-Wextra", "-I", ROOT, "-isystem", zydis, *flags, "-x", "c++", "-"],
        input=f'#include "{name}"\n#include "{name}"\n', capture_output=True, text=True)
    return (name, done.stderr) if done.returncode else None


def main(compiler, zydis):
    paths = [path for folder in [*FOLDERS, "tests"] for path in (ROOT / folder).rglob("*") if path.suffix in {".cc", ".h"}]
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda header: compile_alone(compiler, zydis, header, texts), headers())
        failures = [result for result in results if result]
    for name, errors in failures:
        print(f"{name} does not compile alone:\n{errors}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))

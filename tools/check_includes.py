#!/usr/bin/env python3
"""Enforces the borders between the folders: who may include what. usage: check_includes.py [ROOT]

The rules are the table below. Unit tests (*_test.cc and what they alone use) may include what they test and GoogleTest,
so they are exempt. Prints each violation as file:line and exits 1 if there is one.
"""
import pathlib
import re
import sys

# The compiler's freestanding headers and Linux' user API: all that the enclave has of the system.
FREESTANDING = {
    "algorithm", "array", "atomic", "bit", "compare", "concepts", "cstddef", "cstdint", "cstdarg", "iterator", "initializer_list",
    "limits", "new", "numeric", "optional", "span", "string_view", "tuple", "type_traits", "utility", "variant",
    "stddef.h", "stdint.h", "stdarg.h", "cpuid.h",
}
KERNEL = ("linux/", "asm/", "asm-generic/")

# folder: (project paths it may include, may it use every system header?)
RULES = {
    "abi": (("abi/", "base/"), False),
    "base": (("base/",), False),
    "crypto": (("base/", "crypto/"), True),
    "volume": (("base/", "crypto/", "volume/"), False),
    "scf": (("base/", "crypto/", "scf/"), False),
    "console": (("base/", "crypto/", "console/"), False),
    "enclave": (("abi/", "base/", "crypto/", "volume/", "scf/", "console/", "sgx/arch.h", "enclave/"), False),
    "sgx": (("base/", "sgx/"), True),
    "host": (("abi/", "base/", "crypto/", "sgx/", "host/"), True),
    "cli": (("abi/", "base/", "crypto/", "volume/", "scf/", "console/", "sgx/", "host/", "cli/"), True),
    "bench": (("bench/",), True),
    "cas": (("abi/", "base/", "crypto/", "sgx/", "cas/"), True),
    "las": (("abi/", "base/", "crypto/", "sgx/", "las/"), True),
}

# header: the only folder that may include it
PRIVATE = {
    "enclave/boundary/host_ptr.h": "enclave/boundary/",  # nothing else touches host memory
}

# header: (who may include it although the table above says no, why)
EXCEPTIONS = {
    "Zydis/": "enclave/rewrite/",  # the instruction decoder, built freestanding
    "Zycore/": "enclave/rewrite/",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def is_test(source):
    return source.startswith("tests/") or pathlib.PurePath(source).stem.endswith("_test")


def sources(root):
    """All C++ and assembly sources, as (path from the root, list of (line number, header, quoted))."""
    for folder in (*RULES, "tests"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in {".h", ".cc", ".S", ".inc"}:
                lines = path.read_text(encoding="utf-8").splitlines()
                matches = ((number, INCLUDE.match(line)) for number, line in enumerate(lines, 1))
                includes = [(n, m.group(1) or m.group(2), m.group(1) is not None) for n, m in matches if m]
                yield path.relative_to(root).as_posix(), includes, "#pragma once" in lines


def headers_of_tests(all_sources):
    """Headers that somebody includes, and only tests do."""
    includers = {}
    for source, includes, _ in all_sources:
        for _, header, _ in includes:
            includers.setdefault(header, set()).add(source)
    return {header for header, by in includers.items() if all(map(is_test, by))}


def violation(source, header, quoted, root):
    """Why `source` may not include `header`, or None."""
    folder = source.split("/", 1)[0]
    allowed, all_system_headers = RULES[folder]
    for prefix, only in EXCEPTIONS.items():
        if header.startswith(prefix):
            return None if source.startswith(only) else f"only {only} may include {prefix}"
    is_project = (root / header).exists()
    if quoted and not is_project:
        generated = header.endswith(".inc") and "/" not in header
        return None if generated else "no such file from the root of the repository"
    if is_project:
        only = PRIVATE.get(header)
        if only and not source.startswith(only):
            return f"only {only} may include it"
        if not header.startswith(allowed):
            return f"{folder}/ may include only {', '.join(allowed)}"
        return None
    if not all_system_headers and header not in FREESTANDING and not header.startswith(KERNEL):
        return f"{folder}/ is freestanding"
    return None


def check(root):
    problems = []
    all_sources = list(sources(root))
    exempt = headers_of_tests(all_sources)
    for source, includes, has_pragma_once in all_sources:
        if is_test(source) or source in exempt:
            continue
        if source.endswith(".h") and not has_pragma_once:
            problems.append(f"{source}:1: no #pragma once")
        for number, header, quoted in includes:
            why = violation(source, header, quoted, root)
            if why:
                problems.append(f"{source}:{number}: {header}: {why}")
    return problems


def main():
    default = pathlib.Path(__file__).resolve().parent.parent
    root = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else default
    problems = check(root)
    print("\n".join(problems) if problems else "includes respect the borders")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

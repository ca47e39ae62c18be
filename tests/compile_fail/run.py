#!/usr/bin/python3
"""Mistakes that must not compile. usage: run.py COMPILER NAME… | --list

Each case is a function body with the text that the compiler's error must contain; None: it compiles. The controls show
that the frame around the bodies is right, so that a case fails for its own reason.
"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# As the enclave is compiled, and an ignored Result is an error.
FLAGS = ["-std=gnu++23", "-DSCONE_ENCLAVE", "-ffreestanding", "-fno-exceptions", "-fno-rtti",
         "-mgeneral-regs-only", "-Wall", "-Wextra", "-Werror=unused-result", "-Werror=return-type", "-I", str(ROOT)]
FRAME = """
#include <cstdint>
#include "base/ref.h"
#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_fd.h"
#include "enclave/boundary/host_ptr.h"
using namespace scone;
using boundary::HostPtr;
Result<int> example(AppPtr<int> app, AppPtr<const int> app_const, HostPtr<int> host, HostPtr<uint64_t> host_word,
                    HostFd& descriptor) {{
  (void)app; (void)app_const; (void)host; (void)host_word; (void)descriptor;
  {body}
  return 0;
}}
"""

# name: (body, error)
CASES = {
    # Controls.
    "control_app_pointer": ("int value = TRY(read_app(app)); TRY(write_app(app, value + 1)); (void)TRY(read_app(app_const));", None),
    "control_host_pointer": ("host.store(host.load() + 1); host_word.store_release(host_word.load_acquire());", None),
    "control_const": ("AppPtr<const int> weaker = app; AppPtr<const void> any = app_const; (void)weaker; (void)any;", None),
    "control_result": ("TRY(read_app(app)); if (!read_app(app).ok()) return Errno(14);", None),
    # The two kinds of pointer are two worlds.
    "host_to_app": ("AppPtr<int> mixed = host;", "conversion from"),
    "app_to_host": ("HostPtr<int> mixed = app;", "conversion from"),
    "app_read_as_host": ("(void)app.load();", "has no member named 'load'"),
    "host_read_as_app": ("(void)read_app(host);", "no matching function"),
    "host_copied_as_app": ("char buffer[4]; TRY(boundary::copy_from_app(buffer, host, 4));", "could not convert"),
    "compare_host_and_app": ("if (host == app) return 1;", "no match for 'operator=='"),
    # Neither can be followed.
    "dereference_app": ("return *app;", "no match for 'operator*'"),
    "dereference_host": ("return *host;", "no match for 'operator*'"),
    "index_app": ("return app[1];", "no match for 'operator[]'"),
    "index_host": ("return host[1];", "no match for 'operator[]'"),
    "member_of_app": ("struct S { int x; }; AppPtr<S> s; return s->x;", "base operand of '->'"),
    "app_as_raw_pointer": ("int* raw = app; (void)raw;", "cannot convert"),
    "host_as_raw_pointer": ("int* raw = host; (void)raw;", "cannot convert"),
    "raw_pointer_as_app": ("int local; AppPtr<int> pointer = &local;", "conversion from"),
    "raw_pointer_as_host": ("int local; HostPtr<int> pointer = &local;", "conversion from"),
    "number_as_app_by_accident": ("AppPtr<int> pointer = uint64_t{4096};", "conversion from"),
    "number_as_host": ("HostPtr<int> pointer(uint64_t{4096});", "no matching function"),
    "address_followed_as_pointer": ("return *static_cast<int*>(app.address());", "invalid 'static_cast'"),
    # The program's constness, and what may be copied.
    "write_through_const": ("TRY(write_app(app_const, 1));", "no matching function"),
    "drop_const": ("AppPtr<int> stronger = app_const;", "conversion from"),
    "void_to_typed": ("AppPtr<void> any; AppPtr<int> typed = any;", "conversion from"),
    "copy_of_an_object": ("struct T { T(const T&); }; (void)read_app(AppPtr<T>());", "no matching function"),
    "host_pointer_to_an_object": ("struct T { T(const T&); }; HostPtr<T> pointer;", "static assertion failed"),
    "large_single_access": ("struct Big { uint64_t a, b; }; HostPtr<Big> big; (void)big.load();", "no matching function"),
    "small_acquire": ("(void)host.load_acquire();", "no matching function"),
    # Errors are values that are looked at.
    "ignored_result": ("read_app(app);", "ignoring return"),
    "ignored_result_of_void": ("write_app(app, 1);", "ignoring return"),
    "ignored_host_call": ("host_call(1);", "ignoring return"),
    "result_as_value": ("int value = read_app(app); (void)value;", "cannot convert"),
    "number_as_errno": ("Errno error = 14; (void)error;", "conversion from"),
    "copied_result": ("auto first = read_app(app); auto second = first; (void)second;", "deleted function"),
    # What is owned is not copied.
    "copied_host_descriptor": ("HostFd copy = descriptor;", "deleted"),
    "copied_counted_object": ("struct O : RefCounted {}; O a; O b = a; (void)b;", "deleted function"),
    # The enclave has no library, exceptions or floating point.
    "exception": ("throw 1;", "exception handling disabled"),
    "type_information": ("struct B { virtual ~B(); }; extern B* b; (void)dynamic_cast<void*>(b); (void)typeid(*b);", "typeid"),
    "floating_point": ("double d = static_cast<double>(app.address()); return static_cast<int>(d * 1.5);", "SSE"),
    "missing_return_value": ("auto f = [](int x) -> int { if (x) return 1; }; f(0);", "reaches end"),
}
# Found only when code is generated.
NEEDS_CODE = {"missing_return_value", "floating_point"}


def compile_case(compiler, name):
    body, expected = CASES[name]
    flags = [*FLAGS, *(["-O2", "-S", "-o", "/dev/null"] if name in NEEDS_CODE else ["-fsyntax-only"])]
    source = FRAME.format(body=body)
    done = subprocess.run([compiler, *flags, "-x", "c++", "-"], input=source, capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"})
    if expected is None:
        return [] if done.returncode == 0 else [f"the control does not compile:\n{done.stderr}"]
    if done.returncode == 0:
        return ["it compiles"]
    if expected not in done.stderr:
        return [f"another error than '{expected}':\n{done.stderr}"]
    return []


def main(arguments):
    if arguments == ["--list"]:
        print("\n".join(CASES))
        return 0
    status = 0
    for name in arguments[1:]:
        failures = compile_case(arguments[0], name)
        for failure in failures:
            print(f"not ok {name}: {failure}")
        status |= bool(failures)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/python3
"""Tests of the file-system shield. usage: run.py NAME… | --list | --crash-runs N | --many-files N

--crash-runs N: kills each database N times (crash.py) instead of the few times of the tests. --many-files N: a region with N files
(many_files.py). SCONE_COMMAND chooses the command under test.
"""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import attacks
import bad_places
import canary
import crash
import full_disk
import many_files
import regions
import volumes
import write_back

TESTS = {**regions.TESTS, **attacks.TESTS, **bad_places.TESTS, **canary.TESTS, **crash.TESTS, **full_disk.TESTS, **many_files.TESTS, **write_back.TESTS}
SKIPPED = 77  # as ctest is told


def run(name, test):
    with volumes.temporary_folder() as folder:
        try:
            test(pathlib.Path(folder))
        except volumes.Skipped as reason:
            print(f"skipped {name}: {reason}", flush=True)
            return SKIPPED
        except volumes.Failed as failure:
            print(f"not ok {name}: {failure}", flush=True)
            return 1
    print(f"ok {name}", flush=True)
    return 0


def main(arguments):
    if arguments == ["--list"]:
        print("\n".join(TESTS))
        return 0
    tests = TESTS
    long_ones = {"--crash-runs": crash.tests, "--many-files": many_files.tests}
    if arguments[:1] and arguments[0] in long_ones:
        tests = long_ones[arguments[0]](int(arguments[1]))
        arguments = list(tests)
    unknown = [name for name in arguments if name not in tests]
    if unknown:
        print("no such test:", *unknown, file=sys.stderr)
        return 2
    return max(run(name, tests[name]) for name in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

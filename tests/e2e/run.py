#!/usr/bin/python3
"""End-to-end tests. usage: run.py NAME… | --list

Each NAME is a program of programs.py or a test of another module; all run in strict and fast, with 1 and 2 ethreads.
SCONE_COMMAND chooses the command under test.
"""
import pathlib
import sys

import bad_input
import clocks
import coherence
import delegation
import harness
import kept_measurement
import outside
import programs
import servers
import settings
import shared_database
import startup
import write_behind
import writer

TESTS = {
    **{f"program.{program.name}": program.test for program in programs.PROGRAMS},
    **bad_input.TESTS,
    **clocks.TESTS,
    **coherence.TESTS,
    **delegation.TESTS,
    **kept_measurement.TESTS,
    **outside.TESTS,
    **servers.TESTS,
    **settings.TESTS,
    **shared_database.TESTS,
    **startup.TESTS,
    **write_behind.TESTS,
    **writer.TESTS,
}


def run(name, folder):
    return harness.report(name, TESTS[name](folder))


def main(names):
    if names == ["--list"]:
        print("\n".join(TESTS))
        return 0
    unknown = [name for name in names if name not in TESTS]
    if unknown:
        print("no such test:", *unknown, file=sys.stderr)
        return 2
    with harness.temporary_folder() as folder:
        folder = pathlib.Path(folder)
        if any(name.startswith("program.") for name in names):
            programs.make_inputs(folder)
        return max(run(name, folder) for name in names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/python3
"""Start-up configurations, shielded consoles, terminals. usage: run.py NAME… | --list

SCONE_COMMAND chooses the command under test.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import attacks  # noqa: E402
import canary  # noqa: E402
import combined  # noqa: E402
import configuration  # noqa: E402
import harness  # noqa: E402
import sessions  # noqa: E402
import terminal  # noqa: E402

TESTS = {**configuration.TESTS, **sessions.TESTS, **attacks.TESTS, **canary.TESTS, **combined.TESTS, **terminal.TESTS}


def main(names):
    if names == ["--list"]:
        print("\n".join(TESTS))
        return 0
    unknown = [name for name in names if name not in TESTS]
    if unknown:
        print("no such test:", *unknown, file=sys.stderr)
        return 2
    status = 0
    for name in names:
        with harness.temporary_folder() as folder:
            status = max(status, harness.report(name, TESTS[name](pathlib.Path(folder))))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

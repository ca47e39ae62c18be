#!/usr/bin/env python3
"""Counts the results in a JUnit file of ctest: prints "N passed, N failed, N skipped"; status 0 if none failed.

ctest reports a program that is missing like a skipped test; here it is a failure. So is a run of no tests at all.
"""
import sys
import xml.etree.ElementTree as ElementTree


def result_of(case):
    if case.get("status") == "run":
        return "passed"
    skipped = case.find("skipped")
    asked_to_be_skipped = skipped is not None and skipped.get("message", "").startswith("SKIP_")
    return "skipped" if asked_to_be_skipped else "failed"


def main(path):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    failed = []
    try:
        cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError) as error:
        print(f"no results: {error}")
        cases = []
    for case in cases:
        result = result_of(case)
        counts[result] += 1
        if result == "failed":
            failed.append(case.get("name"))
    if not cases:
        print("no test ran")
        counts["failed"] = 1
    for name in failed:
        print(f"failed: {name}")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

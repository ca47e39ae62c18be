"""A region with many files: what it costs to mount, and that all are found. run.py --many-files N; a few thousand in ./test."""
import random
import statistics
import time

from volumes import Volume, check

FEW = 5_000
ROUNDS = 7
MANY = 100_000
MOST_SECONDS = 1.0  # for so many; SLACK is for what the machine does beside
SLACK = 0.1
DIRECTORIES = 10
READ = 200


def content(number):
    return f"file {number}\n" * (1 + number % 3)


def make_files(folder, count):
    for directory in range(DIRECTORIES):
        (folder / f"d{directory}").mkdir(parents=True)
    for number in range(count):
        (folder / f"d{number % DIRECTORIES}" / f"file-{number}").write_text(content(number))


def start_time(volume):
    begin = time.perf_counter()
    done = volume.run("/bin/true")
    check(done.returncode == 0, f"/bin/true: {done.stderr[-300:]}")
    return time.perf_counter() - begin


# Lists everything, opens some by name, in no order.
PROGRAM = """
import os, sys
names = {}
for directory in os.listdir("/protected"):
    for name in os.listdir("/protected/" + directory):
        names[int(name.removeprefix("file-"))] = f"/protected/{directory}/{name}"
print(len(names), names.keys() == set(range(len(names))), flush=True)
for number in map(int, sys.argv[1:]):
    with open(names[number]) as file:
        sys.stdout.write(file.read())
"""


def mounted_and_found(count):
    def test(folder):
        make_files(folder / "source", count)
        (folder / "many").mkdir()
        (folder / "none").mkdir()
        begin = time.perf_counter()
        many, none = Volume(folder / "many", files=folder / "source"), Volume(folder / "none")
        print(f"# {count} files: added in {time.perf_counter() - begin:.1f} s, description of {many.fspf.stat().st_size >> 10} KiB")
        times = [(start_time(none), start_time(many)) for _ in range(ROUNDS)]
        extra = statistics.median(with_files - without for without, with_files in times)
        print(f"# start {statistics.median(pair[0] for pair in times) * 1000:.0f} ms, with the files {extra * 1000:.0f} ms more")
        chosen = random.sample(range(count), READ)
        done = many.run("/usr/bin/python3", "-I", "-c", PROGRAM, *chosen)
        expected = f"{count} True\n" + "".join(map(content, chosen))
        check(done.stdout.decode() == expected, f"{done.stdout[:200]} {done.stderr[-300:]}")
        check(extra <= min(MOST_SECONDS, MOST_SECONDS * count / MANY + SLACK), f"{extra:.2f} s more to start")

    return test


def tests(count):
    return {f"many_files.{count}": mounted_and_found(count)}


TESTS = tests(FEW)

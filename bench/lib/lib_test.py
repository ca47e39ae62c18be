#!/usr/bin/python3
"""The arithmetic behind the reports, and processor time from /proc."""
import os
import subprocess
import time
import types
import unittest

import measure
import processes
import report
import sampling
import svg
import workloads
from sample import Sample
from sides import Enclave, placement

BURN = "import time\nwhile time.process_time() < 0.35: pass"


def comparison(pairs, higher_is_better=True):
    workload = types.SimpleNamespace(name="w", unit="op/s", higher_is_better=higher_is_better)
    samples = [measure.Pair(Sample(native, 1.0, server_seconds=0.5), Sample(enclave, 1.0, server_seconds=0.5))
               for native, enclave in pairs]
    return measure.Comparison(workload, Enclave(13000, "sync"), placement(False, 0), samples, [], 400, {"exits": 100})


class Processes(unittest.TestCase):
    def test_time_of_a_child_that_has_ended_counts_for_its_parent(self):
        script = f"import subprocess, time\nsubprocess.run(['/usr/bin/python3', '-c', '''{BURN}'''])\ntime.sleep(60)"
        parent = subprocess.Popen(["/usr/bin/python3", "-c", script])
        try:
            deadline = time.monotonic() + 30
            while processes.ProcessTable().processor_seconds(parent.pid) < 0.3 and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertGreaterEqual(processes.ProcessTable().processor_seconds(parent.pid), 0.3)
        finally:
            parent.kill()
            parent.wait()

    def test_own_processes_that_should_be_idle_are_others(self):
        idle = subprocess.Popen(["/usr/bin/python3", "-c", "import time\ntime.sleep(0.2)\nwhile True: pass"])
        try:
            watch = processes.Stopwatch(None)
            time.sleep(1)
            self.assertGreater(watch.stop()[1], 0.1)
        finally:
            idle.kill()
            idle.wait()

    def test_a_load_generator_is_no_other(self):
        measured = subprocess.Popen(["sleep", "60"])
        try:
            watch = processes.Stopwatch(measured.pid)
            subprocess.run(["/usr/bin/python3", "-c", BURN], check=True)
            everyone = watch.difference(processes.ProcessTable(), None)
            tree, others = watch.stop()
            self.assertLess(tree, 0.05)
            self.assertGreaterEqual(everyone, 0.3)
            self.assertLess(others, everyone - 0.25)
        finally:
            measured.kill()
            measured.wait()

    def test_memory(self):
        self.assertGreater(processes.resident_bytes(os.getpid()), 4 << 20)


class Quotients(unittest.TestCase):
    def test_median_of_the_pairs_quotients(self):
        # The machine became twice as slow; the quotient within each pair did not change.
        spread = report.quotient(comparison([(100, 50), (50, 25), (50, 30)]))
        self.assertEqual((spread.median, spread.least, spread.most), (0.5, 0.5, 0.6))

    def test_of_times_less_is_better(self):
        self.assertEqual(report.quotient(comparison([(10, 20)], higher_is_better=False)).median, 0.5)

    def test_exits(self):
        self.assertEqual(comparison([(100, 50)]).exits_per_operation, 0.25)

    def test_nothing_measured_natively(self):
        self.assertIsNone(report.quotient(comparison([(0, 5)], higher_is_better=False)))

    def test_the_least_disturbed_pairs_are_kept(self):
        pairs = [measure.Pair(Sample(1, 1, elapsed=1, others_seconds=others), Sample(1, 1, elapsed=1))
                 for others in (0.3, 0.0, 0.2)]
        kept, discarded = measure.keep_the_best(pairs[:2], pairs[2:])
        self.assertEqual([pair.native.others_seconds for pair in kept], [0.0, 0.2])
        self.assertEqual([pair.disturbed for pair in discarded], [True])


class Sampling(unittest.TestCase):
    def test_whose_time_a_sample_is(self):
        runtime = types.SimpleNamespace(name=lambda address: "f")
        for sample, whose in [
                ((0xFFFFFFFF81000000, "do_syscall_64", "[kernel.kallsyms]"), "host kernel"),
                ((0xFF000C8F2, "[unknown]", "enclave"), "enclave runtime"),
                ((0x3DD444F01, "[unknown]", "enclave"), "program"),
                ((0x7F85004D4448, "scone::host::soft::(anonymous namespace)::SoftDevice::enter", "/x/cli/scone"), "crossing"),
                ((0x7F85004D0000, "scone::host::run_ethread", "/x/cli/scone"), "runner"),
                ((0x7F85004D0000, "dictFind", "/usr/bin/redis-server"), "program")]:
            self.assertEqual(sampling.place(*sample, runtime)[0], whose, sample)

    def test_a_function_reaches_to_the_next_one(self):
        symbols = sampling.Symbols.__new__(sampling.Symbols)
        symbols.starts, symbols.names = [0x100, 0x200], ["a", "b"]
        base = sampling.IMAGE_BASE
        self.assertEqual([symbols.name(base + offset) for offset in (0x100, 0x1FF, 0x200)], ["a", "a", "b"])


class Texts(unittest.TestCase):
    def test_numbers(self):
        self.assertEqual([report.significant(v) for v in (None, 0.12345, 12.345, 999, 1234, 123456, 1234567)],
                         ["–", "0.123", "12.3", "999", "1.23 k", "123 k", "1.23 M"])

    def test_the_row_has_a_cell_for_each_heading(self):
        self.assertEqual(len(report.row(comparison([(100, 50)]))), len(report.HEADINGS))

    def test_ticks_reach_over_the_largest_value(self):
        for value in (0.9, 1.0, 1.3, 7, 99, 1234567):
            self.assertGreaterEqual(svg.Scale([value], 0, 100).ticks[-1], value)

    def test_a_name_stands_for_all_that_begin_with_it(self):
        def names(*words):
            return [one.name for one in workloads.select(words)]

        self.assertEqual(names("redis-P16"), ["redis-P16-get", "redis-P16-set"])
        self.assertEqual(names("memcached"), ["memcached"])
        self.assertEqual(names("memcached*", "memcached-tls"), ["memcached", "memcached-tls", "memcached-stunnel"])
        self.assertEqual(len(names()), len(workloads.WORKLOADS))
        with self.assertRaises(KeyError):
            workloads.select(["redis-P"])


if __name__ == "__main__":
    unittest.main()

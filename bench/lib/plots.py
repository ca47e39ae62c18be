"""The plots of a run."""
import re

import svg
from report import quotient, rate


def entry(spread):
    return (spread.median, spread.least, spread.most) if spread else None


def table(comparisons, quantity):
    """(workloads, {configuration: one entry for each workload}), without those that have no such quantity."""
    found = {(one.workload.name, one.side.name): quantity(one) for one in comparisons}
    workloads = list(dict.fromkeys(name for (name, _), value in found.items() if value))
    sides = list(dict.fromkeys(one.side.name for one in comparisons))
    return workloads, {side: [found.get((name, side)) for name in workloads] for side in sides}


def latency(comparisons):
    """p50 and p99 of both sides."""
    rows = {}
    for one in comparisons:
        for which, name in (("native", "native"), ("enclave", one.side.name)):
            for quantile in ("p50", "p99"):
                spread = one.spread(which, lambda sample, q=quantile: getattr(sample, q + "_ms"))
                # Of several native measurements of one workload the first one is shown.
                rows.setdefault(f"{name}: {quantile}", {}).setdefault(one.workload.name, entry(spread))
    workloads = [name for name in dict.fromkeys(one.workload.name for one in comparisons)
                 if any(row.get(name) for row in rows.values())]
    return workloads, {label: [row.get(name) for name in workloads] for label, row in rows.items()}


def exits(one):
    value = one.exits_per_operation
    return (value, value, value) if value else None


def small_writes(comparisons):
    """The paper's figure: pwrite of 32 bytes over the number of threads."""
    series = {}
    for one in comparisons:
        match = re.fullmatch(r"micro-pwrite32-(\d+)", one.workload.name)
        if not match:
            continue
        threads = int(match[1])
        native = series.setdefault("native", [])
        if all(point[0] != threads for point in native):
            native.append((threads, *entry(one.spread("native", rate))))
        series.setdefault(one.side.name, []).append((threads, *entry(one.spread("enclave", rate))))
    return series


def write(folder, comparisons):
    """Those plots for which there is something to show."""
    def bars(name, title, data, **options):
        groups, series = data
        if groups:
            (folder / f"{name}.svg").write_text(svg.bars(title, groups, series, **options))

    bars("throughput", "÷ native (more is better)", table(comparisons, lambda one: entry(quotient(one))), reference=1.0)
    bars("latency", "latency, ms", latency(comparisons), logarithmic=True, shades=2)
    bars("processor", "server's processor time per operation ÷ native (less is better)",
         table(comparisons, lambda one: entry(one.ratio(lambda sample: sample.server_microseconds))), reference=1.0)
    bars("exits", "exits per operation", table(comparisons, exits), logarithmic=True)
    series = small_writes(comparisons)
    if len(series) > 1 and len(series["native"]) > 1:
        (folder / "pwrite.svg").write_text(svg.lines("pwrite(32 B) to tmpfs", "threads", "op/s", series))

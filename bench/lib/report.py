"""Results as JSON (all of it) and as a Markdown table (what a person wants to know)."""
import dataclasses
import json

HEADINGS = ["workload", "cost", "engine", "native", "enclave", "÷ native", "p50 ms", "p99 ms", "CPU µs/op", "CPU ÷ native",
            "server busy", "client busy", "exits/op", "pairs"]

LEGEND = """Medians of both sides as native → enclave. "÷ native" is the median of the quotients within each pair of windows,
with the least and the most; more is better, so for times and sizes it is native ÷ enclave. "cost": cycles of an exit and
the entry after it in the software model. "CPU": processor time of the server's whole process tree. "busy": cores in use."""


def significant(value, digits=3):
    """A number as people read it: 1.23 M, 45.6 k, 0.789."""
    if value is None:
        return "–"
    for factor, letter in ((1e6, " M"), (1e3, " k")):
        if abs(value) >= factor:
            return f"{value / factor:.{digits}g}{letter}" if abs(value) < factor * 10**digits else f"{value / factor:.0f}{letter}"
    return f"{value:.{digits}g}"


def rate(sample):
    return sample.rate


def quotient(comparison):
    """Enclave ÷ native, so that more is better also where the quantity is a time or a size."""
    if comparison.workload.higher_is_better:
        return comparison.ratio(rate)
    return comparison.ratio(lambda sample: 1 / sample.rate if sample.rate else None)


def pair_of(comparison, quantity):
    """The medians of both sides, as "native → enclave"."""
    native, enclave = (comparison.spread(which, quantity) for which in ("native", "enclave"))
    if native is None or enclave is None:
        return "–"
    return f"{significant(native.median)} → {significant(enclave.median)}"


def spread_text(spread):
    if spread is None:
        return "–"
    return f"**{spread.median:.2f}** ({spread.least:.2f}–{spread.most:.2f})"


def row(comparison):
    side = comparison.side
    unit = comparison.workload.unit
    native, enclave = comparison.spread("native", rate), comparison.spread("enclave", rate)
    pairs = str(len(comparison.pairs))
    if comparison.disturbed:
        pairs += f", {comparison.disturbed} disturbed"
    processor = comparison.ratio(lambda sample: sample.server_microseconds)
    return [comparison.workload.name, str(getattr(side, "cost", "–")), getattr(side, "engine", "native"),
            f"{significant(native.median)} {unit}", significant(enclave.median), spread_text(quotient(comparison)),
            pair_of(comparison, lambda sample: sample.p50_ms), pair_of(comparison, lambda sample: sample.p99_ms),
            pair_of(comparison, lambda sample: sample.server_microseconds),
            f"{processor.median:.2f}" if processor else "–", pair_of(comparison, lambda sample: sample.server_busy),
            pair_of(comparison, lambda sample: sample.client_busy), significant(comparison.exits_per_operation), pairs]


def markdown(comparisons):
    lines = ["| " + " | ".join(HEADINGS) + " |", "|" + "---|" * len(HEADINGS)]
    lines += ["| " + " | ".join(row(one)) + " |" for one in comparisons]
    return "\n".join(lines) + "\n"


def parts_markdown(comparisons):
    """The parts of those workloads that have some."""
    lines = []
    for one in comparisons:
        for name in one.pairs[0].native.parts:
            part = lambda sample, name=name: sample.parts[name]  # noqa: E731
            native, enclave = one.spread("native", part), one.spread("enclave", part)
            lines.append(f"| {one.workload.name}: {name} | {getattr(one.side, 'cost', '–')} | "
                         f"{getattr(one.side, 'engine', 'native')} | {significant(native.median)} {one.workload.unit} | "
                         f"{significant(enclave.median)} | {spread_text(one.ratio(part))} |")
    if not lines:
        return ""
    heading = "| part | cost | engine | native | enclave | ÷ native |\n|---|---|---|---|---|---|\n"
    return "\n" + heading + "\n".join(lines) + "\n"


def spread_data(spread):
    return dataclasses.asdict(spread) if spread else None


def data(comparison):
    """One comparison as JSON: the summary and every single window."""
    def sample(one):
        return {**dataclasses.asdict(one), "rate": one.rate}

    side = comparison.side
    return {
        "workload": comparison.workload.name,
        "unit": comparison.workload.unit,
        "higher_is_better": comparison.workload.higher_is_better,
        "cost": getattr(side, "cost", None),
        "engine": getattr(side, "engine", "native"),
        "placement": dataclasses.asdict(comparison.placement),
        "ratio": spread_data(quotient(comparison)),
        "processor_ratio": spread_data(comparison.ratio(lambda one: one.server_microseconds)),
        "native": spread_data(comparison.spread("native", rate)),
        "enclave": spread_data(comparison.spread("enclave", rate)),
        "exits_per_operation": comparison.exits_per_operation,
        "operations": comparison.operations,
        "statistics": comparison.statistics,
        "disturbed": comparison.disturbed,
        "pairs": [{"native": sample(one.native), "enclave": sample(one.enclave)} for one in comparison.pairs],
        "discarded": [{"native": sample(one.native), "enclave": sample(one.enclave)} for one in comparison.discarded],
    }


def write_json(path, machine, comparisons):
    path.write_text(json.dumps({"machine": machine, "comparisons": [data(one) for one in comparisons]}, indent=1) + "\n")


def write_markdown(path, machine, comparisons):
    head = "\n".join(f"* {name}: {value}" for name, value in machine.items())
    path.write_text(f"# Benchmark\n\n{head}\n\n{LEGEND}\n\n{markdown(comparisons)}{parts_markdown(comparisons)}")

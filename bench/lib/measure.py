"""Native and enclave, window by window in turn, on the same cores with the same client."""
import dataclasses
import pathlib
import statistics

from sample import Sample

# A window in which other processes used more than this part of a core is measured anew …
MOST_OF_OTHERS = 0.10
# … as long as no more than this many windows per wanted one were in vain.
MOST_RETRIES = 1.0


@dataclasses.dataclass
class Pair:
    """Two windows, one right after the other."""

    native: Sample
    enclave: Sample

    @property
    def disturbed(self):
        return max(self.native.others_cores, self.enclave.others_cores) > MOST_OF_OTHERS


@dataclasses.dataclass
class Spread:
    median: float
    least: float
    most: float

    @staticmethod
    def of(values):
        values = [value for value in values if value is not None]
        return Spread(statistics.median(values), min(values), max(values)) if values else None


@dataclasses.dataclass
class Comparison:
    """One workload natively against one enclave configuration."""

    workload: object
    side: object
    placement: object
    pairs: list
    discarded: list
    operations: float  # in the enclave, all its life …
    statistics: dict | None  # … and what its runtime counted meanwhile

    @property
    def exits_per_operation(self):
        return self.statistics["exits"] / self.operations if self.statistics and self.operations else None

    def ratio(self, quantity):
        """Enclave ÷ native of a quantity, from each pair by itself: drift of the machine cancels."""
        return Spread.of([quantity(pair.enclave) / quantity(pair.native) for pair in self.pairs
                          if quantity(pair.native) and quantity(pair.enclave) is not None])

    def spread(self, which, quantity):
        return Spread.of([quantity(getattr(pair, which)) for pair in self.pairs])

    @property
    def disturbed(self):
        return sum(pair.disturbed for pair in self.pairs)


def compare(workload, native, side, placement, rounds, seconds, folder, progress, profile=None):
    """Measures `rounds` pairs of windows of `seconds` each. The order within a pair changes from pair to pair.

    With `profile`, a file name, one more window of each side is sampled to profile.native and profile.enclave.
    """
    folder = pathlib.Path(folder)
    folder.mkdir()
    pairs, disturbed = [], []
    with workload.session(workload, native, folder / "native", placement) as first, \
         workload.session(workload, side, folder / "enclave", placement) as second:
        for session in (first, second):  # warms up, and is not counted
            session.window(min(seconds, 1.0))
        turn = 0
        while len(pairs) < rounds:
            progress(len(pairs), rounds, turn)
            pair = measure_pair(first, second, seconds, turn)
            turn += 1
            if pair.disturbed and len(disturbed) < rounds * MOST_RETRIES:
                disturbed.append(pair)
            else:
                pairs.append(pair)
        if profile:
            first.profile(seconds, f"{profile}.native")
            second.profile(seconds, f"{profile}.enclave")
    return Comparison(workload, side, placement, *keep_the_best(pairs, disturbed), second.operations, second.statistics)


def measure_pair(first, second, seconds, turn):
    if turn % 2 == 0:
        native = first.window(seconds)
        return Pair(native, second.window(seconds))
    enclave = second.window(seconds)
    return Pair(first.window(seconds), enclave)


def keep_the_best(pairs, disturbed):
    """(kept, discarded). Where too many were disturbed, those with the least disturbance are kept, and counted as such."""
    def disturbance(pair):
        return max(pair.native.others_cores, pair.enclave.others_cores)

    everything = sorted([*pairs, *disturbed], key=disturbance)
    return everything[:len(pairs)], everything[len(pairs):]

"""What is measured in one window of time."""
import dataclasses


@dataclasses.dataclass
class Sample:
    operations: float
    seconds: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    server_seconds: float = 0.0  # processor time of the server's whole process tree
    client_seconds: float = 0.0  # processor time of the load generator
    others_seconds: float = 0.0  # processor time of processes that have nothing to do with the measurement
    elapsed: float = 0.0  # of the window with the client's start and end, seconds
    value: float | None = None  # instead of operations ÷ seconds, where the quantity is no rate

    @property
    def rate(self):
        return self.operations / self.seconds if self.value is None else self.value

    @property
    def server_microseconds(self):
        """Server's processor time per operation."""
        return self.server_seconds * 1e6 / self.operations

    @property
    def others_cores(self):
        return self.others_seconds / self.elapsed if self.elapsed else 0.0

"""What is measured in one window of time."""
import dataclasses


@dataclasses.dataclass
class Sample:
    operations: float
    seconds: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    server_seconds: float | None = None  # processor time of the server's whole process tree
    client_seconds: float = 0.0  # processor time of the load generator
    others_seconds: float = 0.0  # processor time of processes that have nothing to do with the measurement
    elapsed: float = 0.0  # of the window with the client's start and end, seconds
    value: float | None = None  # instead of operations ÷ seconds, where the quantity is no rate
    parts: dict = dataclasses.field(default_factory=dict)  # of the work: name to operations per second

    @property
    def rate(self):
        return self.operations / self.seconds if self.value is None else self.value

    @property
    def server_microseconds(self):
        """Server's processor time per operation."""
        return None if self.server_seconds is None else self.server_seconds * 1e6 / self.operations

    @property
    def server_busy(self):
        """Cores that the server kept busy."""
        return self.server_seconds / self.elapsed if self.server_seconds is not None and self.elapsed else None

    @property
    def client_busy(self):
        return self.client_seconds / self.elapsed if self.client_seconds and self.elapsed else None

    @property
    def others_cores(self):
        return self.others_seconds / self.elapsed if self.elapsed else 0.0

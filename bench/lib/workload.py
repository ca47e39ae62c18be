"""What all workloads have in common."""
import contextlib

from sessions import ServerSession


class Workload:
    """A program under a load.

    It runs natively as its user would start it, and in the enclave by the very same command line. A subclass has
    `command(folder, port)`, and `load(port, seconds, place)` that answers with a Sample.
    """

    unit = "requests/s"
    higher_is_better = True
    pinned = True  # unless the command line says otherwise
    session = ServerSession

    def __init__(self, name):
        self.name = name

    def prepare(self, folder, port):
        """Files that the server wants before it starts."""

    def place(self, _folder, _side):
        """A context in which the workload's folder is as this side wants it; gives further options of `scone run`."""
        return contextlib.nullcontext(())

    def fill(self, _port, _place):
        """Brings the server into the state in which it is measured; the number of operations that took."""
        return 0

    def baseline_command(self, folder, port):
        """What the enclave is compared with: itself, outside."""
        return self.command(folder, port)

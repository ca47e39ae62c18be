"""All workloads, by name."""
import fnmatch

import key_value
import programs
import volumes
import web

WORKLOADS = [*key_value.WORKLOADS, *web.WORKLOADS, *programs.WORKLOADS, *volumes.WORKLOADS]


def select(names):
    """The workloads that the command line names. KeyError if a name is unknown.

    A pattern like nginx* stands for all that match, and a name that no workload has for those that begin with it:
    redis-P1 for redis-P1-get and redis-P1-set.
    """
    known = {one.name: one for one in WORKLOADS}
    chosen = {}
    for name in names or ["*"]:
        found = [name] if name in known else fnmatch.filter(known, name) or fnmatch.filter(known, f"{name}-*")
        if not found:
            raise KeyError(name)
        chosen.update((one, known[one]) for one in found)
    return list(chosen.values())

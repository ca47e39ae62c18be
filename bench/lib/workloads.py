"""All workloads, by name."""
import key_value
import programs
import web

WORKLOADS = [*key_value.WORKLOADS, *web.WORKLOADS, *programs.WORKLOADS]


def select(names):
    """The workloads that the command line names; a name stands for all that begin with it. KeyError if one is unknown."""
    if not names:
        return WORKLOADS
    chosen = []
    for name in names:
        found = [one for one in WORKLOADS if one.name == name or one.name.startswith(name + "-")]
        if not found:
            raise KeyError(name)
        chosen += [one for one in found if one not in chosen]
    return chosen

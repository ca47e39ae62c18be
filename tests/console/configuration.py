"""scone scf and scone run --scf: what a configuration says, happens; what is wrong with one is said."""
import json
import os

import harness
import shielded


def applies(folder):
    """Arguments, environment and working directory are the configuration's; the host's are ignored."""
    failures = []
    (folder / "work").mkdir()
    program = shielded.Shielded(folder, ["sh", "-c", 'echo "$0 $1 $A $HOST_ONLY"; pwd', "zero", "one two"],
                                environment={"PATH": "/nowhere:/usr/bin:/bin", "A": "b=c"},
                                working_directory=str(folder / "work"))
    expected = f"zero one two b=c \n{folder}/work\n".encode()
    for mode, options in harness.MODES.items():
        done = shielded.run(program.run(*options), env={**os.environ, "HOST_ONLY": "1", "A": "host"})
        failures += [f"{mode}: {text}" for text in shielded.difference(done, 0, expected)]
    return failures


def key_from_environment(folder):
    program = shielded.Shielded(folder, ["env"], environment={"PATH": "/usr/bin"})
    command = [harness.SCONE, "run", "--scf", program.file]
    done = shielded.run(command, env={"SCONE_SCF_KEY": program.key.read_text().strip()})
    return shielded.difference(done, 0, b"PATH=/usr/bin\n")


def shown(folder):
    """What show prints with --secrets is what create takes."""
    document = {"program": "/bin/true", "arguments": ["a", ""], "environment": {"A": "1", "B": ""},
                "working_directory": "/tmp",
                "fspf": {"path": "/f", "key": "ab" * 32, "tag": "cd" * 16, "mutable": True},
                "console": {"key": "12" * 32, "mode": "log"}}
    key, file = folder / "key", folder / "file"
    shielded.create(document, file, "--key-file", key)
    show = [harness.SCONE, "scf", "show", file, "--scf-key", key]
    failures = []
    if json.loads(shielded.run([*show, "--secrets"]).stdout) != document:
        failures.append("show --secrets is not what was created")
    public = shielded.run(show).stdout.decode()
    if "ab" * 32 in public or "12" * 32 in public:
        failures.append("show prints keys")
    if key.stat().st_mode & 0o077:
        failures.append("others may read the key")
    return failures


def damaged(program):
    """name: (content, message) of files that must be refused."""
    honest = program.file.read_bytes()
    body = bytearray(honest)
    body[60] ^= 1
    return {
        "flipped": (bytes(body), "the key is wrong, or the file was changed"),
        "truncated": (honest[:-1], "cut or extended"),
        "extended": (honest + b"\0", "cut or extended"),
        "old-version": (honest[:8] + b"\0" + honest[9:], "version"),
        "new-version": (honest[:8] + b"\2" + honest[9:], "version"),
        "foreign": (b"\x7fELF" + bytes(200), "no start-up configuration"),
        "short": (honest[:12], "cut or extended"),
        "huge": (honest[:12] + b"\xff\xff\xff\x7f" + honest[16:], "larger"),
    }


def refused(folder):
    """By the client and, whatever the client says, by the enclave."""
    failures = []
    program = shielded.Shielded(folder, ["echo", "started"])
    for name, (content, message) in damaged(program).items():
        program.file.with_name("damaged").write_bytes(content)
        for verb in (["run", "--scf"], ["scf", "show"]):
            command = [harness.SCONE, *verb, folder / "damaged", "--scf-key", program.key]
            done = shielded.run(command)
            failures += [f"{name}, {verb}: {text}" for text in shielded.difference(done, shielded.FAILED, b"", message)]
    return failures


def wrong_key(folder):
    program = shielded.Shielded(folder, ["echo", "started"])
    other = shielded.Shielded(folder, ["echo"], name="other")
    command = [harness.SCONE, "run", "--scf", program.file, "--scf-key"]
    failures = shielded.difference(shielded.run([*command, other.key]), shielded.FAILED, b"", "the key is wrong")
    (folder / "text").write_text("no key")
    failures += shielded.difference(shielded.run([*command, folder / "text"]), shielded.FAILED, b"", "hexadecimal")
    failures += shielded.difference(shielded.run([*command, folder / "none"]), shielded.FAILED, b"", "No such file")
    return failures


def bad_json(folder):
    failures = []
    for text, message in (
            ("{", "no JSON"), ("[]", "wants an object"), ("{}", "arguments"), ('{"arguments":[]}', "arguments"),
            ('{"arguments":["a"],"argument":1}', "'argument'"), ('{"arguments":[1]}', "wants a text"),
            ('{"arguments":["a"],"environment":{"A=":"1"}}', "no name of a variable"),
            ('{"arguments":["a"],"working_directory":"x"}', "absolute"),
            ('{"arguments":["a"],"fspf":{"path":"/f","key":"00","tag":"00"}}', "fspf.key"),
            ('{"arguments":["a"],"console":{"key":"fresh","mode":"x"}}', "console.mode")):
        source = folder / "source.json"
        source.write_text(text)
        done = shielded.run([harness.SCONE, "scf", "create", "--from", source, "-o", folder / "out"])
        failures += [f"{text}: {problem}" for problem in shielded.difference(done, shielded.FAILED, b"", message)]
        if (folder / "out").exists():
            failures.append(f"{text}: wrote a file")
    return failures


def missing_program(folder):
    """As a shell says it, and without naming the program to the host."""
    failures = []
    for arguments, status, message in ((["no-such-canary"], 127, "no such file"), (["/etc/passwd"], 126, "ermission"),
                                       (["/usr"], 126, "")):
        done = shielded.run(shielded.Shielded(folder, arguments).run())
        failures += [f"{arguments}: {text}" for text in shielded.difference(done, status, b"", message)]
        if arguments[0].encode() in done.stderr:
            failures.append(f"{arguments}: stderr names it")
    return failures


def no_trace(folder):
    """A host that asks for a trace of a configured program is refused by the command, and ignored by the enclave."""
    program = shielded.Shielded(folder, ["echo", "x"])
    done = shielded.run([*program.run(), "--trace"])
    return shielded.difference(done, shielded.FAILED, b"", "--scf decides")


TESTS = {f"scf.{test.__name__}": test for test in (
    applies, key_from_environment, shown, refused, wrong_key, bad_json, missing_program, no_trace)}

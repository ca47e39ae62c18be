"""Programs at a terminal: natively, in an enclave that uses the host's terminal, and in one whose shielded console has its own.

Each test is a dialogue: what is typed, and what must be seen before the next thing is typed.
"""
import fcntl
import os
import pty
import re
import select
import shlex
import signal
import struct
import termios
import time

import harness
import shielded

PATIENCE = 30
AT_A_TERMINAL = {"TERM": "xterm", "HISTFILE": "", "LESSHISTFILE": "-"}
CAVEAT = rb"scone: software SGX[^\n]*\n"


class Terminal:
    """A command at a pseudo-terminal of its own."""

    def __init__(self, command, environment=None, rows=24, columns=80):
        self.shown = b""
        self.at = 0  # what expect() has not consumed yet
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvpe(command[0], list(map(str, command)), {**shielded.ENVIRONMENT, **AT_A_TERMINAL, **(environment or {})})

    def type(self, keys):
        os.write(self.master, keys)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, timeout):
        """False at the end."""
        if not select.select([self.master], [], [], timeout)[0]:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.shown = re.sub(CAVEAT, b"", self.shown + data)
        return bool(data)

    def expect(self, pattern):
        """Waits for it, behind what was expected before."""
        end = time.monotonic() + PATIENCE
        while not (found := re.compile(pattern, re.DOTALL).search(self.shown, self.at)):
            if time.monotonic() > end or not self.read(1):
                raise AssertionError(f"expected {pattern!r} behind {self.shown[self.at:][-400:]!r}")
        self.at = found.end()
        return found

    def status(self):
        """Reads to the end; the exit status as a shell has it."""
        end = time.monotonic() + PATIENCE
        while self.read(0.2) and time.monotonic() < end:
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def close(self):
        for action in (lambda: os.kill(self.pid, signal.SIGKILL), lambda: os.waitpid(self.pid, 0), lambda: os.close(self.master)):
            try:
                action()
            except OSError:
                pass


def ways(folder, command):
    """(name, command line) for each way to run it."""
    yield "native", command
    for mode, options in harness.MODES.items():
        yield mode, [*harness.scone(*options), *command]
    program = shielded.Shielded(folder, command, environment={**shielded.ENVIRONMENT, **AT_A_TERMINAL},
                                console={"key": "fresh"})
    for mode, options in harness.MODES.items():
        yield f"shielded {mode}", program.console(*program.run(*options))


def dialogue(command, talk, only=None):
    """A test in which talk(terminal) returns what is wrong, or None."""

    def test(folder):
        failures = []
        for name, line in ways(folder, command):
            if only and not name.startswith(only):
                continue
            terminal = Terminal(line)
            terminal.is_shielded = name.startswith("shielded")
            try:
                problem = talk(terminal)
            except AssertionError as error:
                problem = str(error)
            finally:
                terminal.close()
            if problem:
                failures.append(f"{name}: {problem}")
                if name == "native":
                    break
        return failures

    return test


def want(what, got, expected):
    return None if got == expected else f"{what} {got!r}, not {expected!r}"


# As cat, but says when it begins.
COPY = ["perl", "-e", '$| = 1; print "ready\\n"; print while <STDIN>']


def lines_and_end_of_file(terminal):
    terminal.expect(rb"ready\r\n")
    terminal.type(b"abx\x7fc\r")
    terminal.expect(rb"abx\x08 \x08c\r\nabc\r\n")
    terminal.type(b"\x04")
    return want("status", terminal.status(), 0)


def key_that_ends(key, shown, expected):
    def talk(terminal):
        terminal.expect(rb"ready\r\n")
        terminal.type(b"x\r")
        terminal.expect(rb"x\r\nx\r\n")
        terminal.type(key)
        terminal.expect(re.escape(shown))
        status = terminal.status()
        return want("status", 128 - status if status < 0 else status, 128 + expected)

    return talk


def settings(terminal):
    """stty sees what a new terminal has."""
    text = terminal.expect(rb"(speed .*extproc)").group(1)
    for part in (b"speed 38400 baud; rows 24; columns 80;", b"intr = ^C; quit = ^\\;", b"\nisig icanon iexten echo echoe echok ",
                 b"icrnl ixon", b"opost"):
        if part not in text:
            return f"{part!r} is not in {text!r}"
    return want("status", terminal.status(), 0)


def raw_mode(terminal):
    """Key for key, without echo; afterwards as before."""
    terminal.expect(rb"raw\r\n")
    for key, shown in ((b"a", rb"<97>"), (b"\x03", rb"<3>"), (b"\x1a", rb"<26>"), (b"\r", rb"<13>"), (b"\xc3", rb"<195>")):
        terminal.type(key)
        terminal.expect(shown)
    terminal.type(b"q")
    terminal.expect(rb"<113>cooked\r\n")
    terminal.type(b"line\r")
    terminal.expect(rb"line\r\n'line'\r\n")
    return want("status", terminal.status(), 0)


RAW_SCRIPT = ("import sys,termios,tty,os\n"
              "old=termios.tcgetattr(0); tty.setraw(0); os.write(1,b'raw\\r\\n')\n"
              "while True:\n"
              "  key=os.read(0,1)[0]; os.write(1,b'<%d>'%key)\n"
              "  if key==113: break\n"
              "termios.tcsetattr(0,termios.TCSADRAIN,old); print('cooked',flush=True); print(repr(input()))\n")


def window(terminal):
    terminal.expect(rb"columns=80, lines=24\)\r\n")
    time.sleep(0.1)  # Python overlooks a signal that comes between its last look for some and its read
    terminal.resize(50, 132)
    terminal.expect(rb"changed \(132, 50\)\r\n")
    time.sleep(0.1)
    terminal.resize(30, 100)
    terminal.expect(rb"changed \(100, 30\)\r\n")
    terminal.type(b"\r")
    return want("status", terminal.status(), 0)


WINDOW_SCRIPT = ("import signal,os\n"
                 "signal.signal(signal.SIGWINCH,lambda *a: os.write(1,b'changed (%d, %d)\\n'%os.get_terminal_size()))\n"
                 "print(os.get_terminal_size(),flush=True); input()\n")


def window_then_key(terminal):
    """A key that is typed at once after a change of the window neither overtakes it nor gets lost by it."""
    terminal.expect(rb"raw\r\n")
    for i in range(20):
        terminal.resize(30 + i, 100)
        # A kernel has no order between a signal and a key that find the reader asleep: whoever has not run yet sees both.
        before = b"" if terminal.is_shielded else terminal.expect(rb"changed\r\n").group()
        terminal.type(b"k")
        seen = before + terminal.expect(rb"(.*)<107>\r\n").group(1)
        if seen != b"changed\r\n":
            return f"behind change {i} and before its key: {seen!r}"
    terminal.type(b"q")
    terminal.expect(rb"<113>\r\n")
    return want("status", terminal.status(), 0)


# Leaves its handler by an exception out of sysread, as less does with longjmp: what the call has taken by then is lost.
WINDOW_KEY_SCRIPT = r"""
use POSIX;
my ($reading, $changed) = (0, 0);
POSIX::sigaction(SIGWINCH, POSIX::SigAction->new(sub { $changed = 1; die "out\n" if $reading; }));
my $settings = POSIX::Termios->new; $settings->getattr(0);
$settings->setlflag($settings->getlflag & ~(ICANON | ECHO)); $settings->setattr(0, TCSANOW);
$| = 1; print "raw\n";
while (1) {
  my $key = "";
  eval { $reading = 1; sysread(STDIN, $key, 1) unless $changed; $reading = 0; };
  $reading = 0;
  if ($changed) { $changed = 0; print "changed\n"; }
  if (length $key) { printf "<%d>\n", ord $key; last if $key eq "q"; }
}
"""


def shell(terminal):
    """bash: its prompt and line editor, ^C against a loop, its exit status."""
    terminal.expect(rb"\$ |# ")
    terminal.type(b"echo 1$((1+1))3\r")
    terminal.expect(rb"\n123\r\n|\r123\r\n")
    terminal.type(b"while :; do :; done\r")
    time.sleep(0.3)
    terminal.type(b"\x03")
    terminal.expect(rb"\^C.*(\$ |# )")
    terminal.type(b"ecko\x1b[D\x7fh\x05 st=$?\r")  # the cursor goes back, ^E to the end
    terminal.expect(rb"\rst=130\r\n|\nst=130\r\n")
    terminal.type(b"stop=1; exit 7\r")
    return want("status", terminal.status(), 7)


def pager(terminal):
    """less: a full screen, keys, resize, and the screen as it was."""
    terminal.expect(rb"line 1\r\n.*line 22\r\n")
    terminal.type(b"G")
    terminal.expect(rb"line 300\r\n.*\(END\)")
    terminal.type(b"?line 77\r")
    terminal.expect(rb"line 77.*:\x1b\[K")
    time.sleep(0.1)  # less overlooks a signal that comes between its decision to show this and its next read
    terminal.resize(10, 40)
    terminal.expect(rb"line 85\r\n:")  # the end of a small screen
    terminal.type(b"g")
    terminal.expect(rb"line 1\r\n")
    terminal.type(b"q")
    return want("status", terminal.status(), 0)


def editor(folder):
    """busybox vi: writes a file."""
    file = folder / "text"

    def talk(terminal):
        file.write_text("first\nsecond\n")
        terminal.expect(rb"first.*second")
        terminal.type(b"Gothird\x1b")
        terminal.expect(rb"third")
        terminal.type(b":wq\r")
        status = terminal.status()
        return want("status", status, 0) or want("file", file.read_text(), "first\nsecond\nthird\n")

    file.write_text("first\nsecond\n")
    return dialogue(["busybox", "vi", str(file)], talk)(folder)


def with_lines(test):
    def prepared(folder):
        (folder / "lines").write_text("".join(f"line {i}\n" for i in range(1, 301)))
        return dialogue(["less", str(folder / "lines")], test)(folder)

    return prepared


def in_a_shell(command):
    """Job control: a native bash starts it, ^Z stops it, fg continues it."""

    def test(folder):
        (folder / "lines").write_text("".join(f"line {i}\n" for i in range(1, 301)))
        failures = []
        for name, line in ways(folder, [*command, *([str(folder / "lines")] if command[0] == "less" else [])]):
            if name.startswith("shielded"):
                continue
            terminal = Terminal(["bash", "--norc", "-i"], {"PS1": "prompt: "})
            try:
                job_control(terminal, shlex.join(map(str, line)).encode(), command[0] == "less")
            except AssertionError as error:
                failures.append(f"{name}: {error}")
            finally:
                terminal.close()
        return failures

    return test


def job_control(terminal, line, is_pager):
    terminal.expect(rb"prompt: ")
    terminal.type(line + b"\r")
    if is_pager:
        terminal.expect(rb"line 1\r\n.*line 22\r\n.*\x1b\[K")
        time.sleep(0.1)  # less overlooks a signal that comes between its decision to show this and its next read
    else:
        terminal.expect(rb"ready\r\n")
        terminal.type(b"before\r")
        terminal.expect(rb"before\r\nbefore\r\n")
    terminal.type(b"\x1a")
    terminal.expect(rb"(\x1b\[\?1049l.*)?Stopped.*prompt: " if not is_pager else rb"\x1b\[\?1049l.*Stopped.*prompt: ")
    terminal.type(b"echo shell $((6*7))\r")
    terminal.expect(rb"shell 42\r\n.*prompt: ")
    terminal.type(b"fg\r")
    terminal.expect(rb"\x1b\[\?1049h.*line 1\r\n.*line 22" if is_pager else rb"fg\r\n")
    time.sleep(0.3)  # the shell gives the terminal away after it has told which job it continues
    terminal.type(b"q" if is_pager else b"after\r\x04")
    if not is_pager:
        terminal.expect(rb"after\r\n")
    terminal.expect(rb"prompt: ")
    terminal.type(b"echo status $?\r")
    terminal.expect(rb"status 0\r\n")


def nothing_in_clear(folder):
    """What is typed, echoed and shown at a shielded terminal does not cross the host."""
    command = ["bash", "--norc", "-i"]
    program = shielded.Shielded(folder, command, environment={**shielded.ENVIRONMENT, **AT_A_TERMINAL},
                                console={"key": "fresh"})
    log = folder / "wire"
    canary = os.urandom(8).hex()
    terminal = Terminal(program.console("strace", "-f", "-qq", "-s", "100000", "-o", log, *program.run("--fast")))
    try:
        terminal.expect(rb"\$ |# ")
        terminal.type(b"echo x" + canary.encode() + b"x\r")
        terminal.expect(rb"[\r\n]x" + canary.encode() + rb"x\r\n")
        terminal.type(b"exit\r")
        problem = want("status", terminal.status(), 0)
    except AssertionError as error:
        problem = str(error)
    finally:
        terminal.close()
    content = log.read_bytes()
    return ([problem] if problem else []) + (["the trace has the canary"] if canary.encode() in content else []) + (
        [] if b"~scone:" in content else ["the trace shows no records"])


TESTS = {
    "terminal.lines": dialogue(COPY, lines_and_end_of_file),
    "terminal.interrupt": dialogue(COPY, key_that_ends(b"\x03", b"^C", signal.SIGINT)),
    "terminal.quit": dialogue(COPY, key_that_ends(b"\x1c", b"^\\", signal.SIGQUIT)),
    "terminal.settings": dialogue(["stty", "-a"], settings),
    "terminal.raw_mode": dialogue(["python3", "-c", RAW_SCRIPT], raw_mode),
    "terminal.window": dialogue(["python3", "-c", WINDOW_SCRIPT], window),
    "terminal.window_then_key": dialogue(["perl", "-e", WINDOW_KEY_SCRIPT], window_then_key),
    "terminal.shell": dialogue(["bash", "--norc", "-i"], shell),
    "terminal.pager": with_lines(pager),
    "terminal.editor": editor,
    "terminal.job_control": in_a_shell(COPY),
    "terminal.job_control_pager": in_a_shell(["less"]),
    "terminal.nothing_in_clear": nothing_in_clear,
}

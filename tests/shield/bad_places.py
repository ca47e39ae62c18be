"""A volume whose description or host directories are not as they should be, without any attack: a clear refusal, nothing lost."""
import subprocess

import volumes
from full_disk import small_disk
from volumes import ENVIRONMENT, SCONE, Volume, check


def read_only_host_directory(folder):
    with small_disk(folder / "disk") as disk:
        volume = Volume(disk)
        check(volume.python("open('/protected/f', 'w').write('kept')").returncode == 0, "writes")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        look = "print(open('/protected/f').read())\n"
        done = volume.python(look, writable=False)
        check(done.stdout == b"kept\n" and done.returncode == 0, f"read-only: {done.stdout} {done.stderr}")
        done = volume.python(look + "open('/protected/f', 'w').write('lost')")
        check(done.returncode != 0 and b"lies on a read-only file system" in done.stderr, f"to be changed: {done.stdout} {done.stderr}")
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        done = volume.python(look + "open('/protected/f', 'a').write(' and more')")
        check(done.stdout == b"kept\n" and done.returncode == 0, f"writable again: {done.stdout} {done.stderr}")


def no_root_region(folder):
    description = folder / "fspf"
    (folder / "data").mkdir()
    volumes.fspf("create", description)
    volumes.fspf("addr", description, "/protected", "--encrypted", "--kernel", folder / "data")
    words = volumes.fspf("encrypt", description)
    key = words[words.index("key:") + 1]
    done = subprocess.run([SCONE, "run", "-e", f"SCONE_FSPF={description}", "-e", f"SCONE_FSPF_KEY={key}", "--", "/bin/true"],
                          capture_output=True, env=ENVIRONMENT, timeout=60)
    check(done.returncode != 0 and b"there is no region for the root" in done.stderr, f"{done.returncode} {done.stderr}")


def no_host_directory(folder):
    volume = Volume(folder)
    check(volume.python("import os; f = open('/protected/f', 'w'); f.write('x'); f.flush(); os.fsync(f.fileno())").returncode == 0, "writes")
    volume.data.rename(folder / "elsewhere")
    done = volume.python("import os; print(os.listdir('/protected')); open('/protected/f').read()")
    check(done.stdout == b"['f']\n" and done.returncode == 1 and b"Error" in done.stderr, f"{done.returncode} {done.stdout} {done.stderr}")
    (folder / "elsewhere").rename(volume.data)
    check(volume.python("print(open('/protected/f').read())").stdout == b"x\n", "there again")


TESTS = {f"place.{test.__name__}": test for test in (read_only_host_directory, no_root_region, no_host_directory)}

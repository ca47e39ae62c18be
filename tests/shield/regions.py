"""Linux' behaviour of files in regions of each kind: the conformance programs, their temporary folder lying in one."""
import os
import pathlib

from volumes import ROOT, Volume, check

PROGRAMS = pathlib.Path(os.environ.get("CONFORMANCE_PROGRAMS", ROOT / "build/default/tests/conformance"))
MODES = {"strict-1": ("--strict", "--ethreads", "1"), "fast-2": ("--fast", "--ethreads", "2")}
# Refused with EPERM, as by file systems without them: hard links, FIFOs and devices.
WITHOUT = ("-hard_links", "-special_files")
NAMES = ("file_basic", "file_meta", "file_descriptor", "file_vector", "file_mmap", "file_mmap_threads", "file_lock", "directory")


def conformance(name, protection, mode):
    def test(folder):
        volume = Volume(folder, protection)
        done = volume.run(PROGRAMS / name, *WITHOUT, options=MODES[mode], variables=["TMPDIR=/protected"])
        lines = [line for line in done.stdout.decode().splitlines() if not line.startswith("#")]
        check(done.returncode == 0 and lines and all(line.startswith("ok ") for line in lines),
              "\n".join(line for line in lines if not line.startswith("ok ")) + done.stderr.decode())

    return test


def relative_to_a_current_directory_inside(folder):
    volume = Volume(folder)
    text = "import os; os.chdir('/protected'); os.mkdir('d'); open('d/f','w').write('x'); os.chdir('d'); print(os.getcwd(), os.listdir('.'), os.path.exists('../../etc/passwd'))"
    done = volume.python(text)
    check(done.stdout == b"/protected/d ['f'] True\n", f"{done.stdout} {done.stderr}")


def key_is_not_in_the_environment(folder):
    """The runtime takes it out; the rest stays, also a variable whose name only begins alike."""
    volume = Volume(folder)
    text = "import os; print(sorted(os.environ)); print(open('/proc/self/environ').read())"
    done = volume.python(text, variables=["SCONE_FSPF_KEY_FILE=other"], tag=volume.tag())
    shown = done.stdout.decode()
    check(done.returncode == 0 and "'SCONE_FSPF', 'SCONE_FSPF_KEY_FILE', 'SCONE_FSPF_MUTABLE', 'SCONE_FSPF_TAG'" in shown,
          f"{shown} {done.stderr}")
    check("SCONE_FSPF_KEY=" not in shown and "'SCONE_FSPF_KEY'" not in shown and volume.key not in shown, f"the key is there: {shown}")


def libraries_and_programs_from_a_region(folder):
    """The program and all it loads come through the region; a changed library is refused."""
    import shutil

    source = pathlib.Path(folder) / "source"
    (source / "lib").mkdir(parents=True)
    for name in ("libc.so.6", "libselinux.so.1", "libpcre2-8.so.0"):
        shutil.copy(f"/lib/x86_64-linux-gnu/{name}", source / "lib" / name)
    shutil.copy("/bin/ls", source / "ls")
    volume = Volume(folder, "authenticated", files=source)
    run = lambda: volume.run("/protected/ls", "/protected/lib", variables=["LD_LIBRARY_PATH=/protected/lib"])
    done = run()
    check(done.stdout == b"libc.so.6\nlibpcre2-8.so.0\nlibselinux.so.1\n", f"{done.stdout} {done.stderr}")
    library = volume.data / "lib/libc.so.6"
    data = bytearray(library.read_bytes())
    data[len(data) // 3] ^= 1
    library.write_bytes(data)
    done = run()
    check(done.returncode != 0 and b"libc.so.6" in done.stderr, f"{done.returncode} {done.stderr}")


def large_and_sparse(folder):
    volume = Volume(folder)
    text = """
import os
f = os.open('/protected/f', os.O_RDWR | os.O_CREAT)
os.pwrite(f, b'end', 5 << 30)
print(os.fstat(f).st_size, os.fstat(f).st_blocks < 1000, os.pread(f, 3, 5 << 30), os.pread(f, 4, 4 << 30))
os.ftruncate(f, 2)
print(os.pread(f, 10, 0))
"""
    done = volume.python(text)
    check(done.stdout == b"5368709123 True b'end' b'\\x00\\x00\\x00\\x00'\nb'\\x00\\x00'\n", f"{done.stdout} {done.stderr}")


def read_only_without_mutable(folder):
    volume = Volume(folder)
    check(volume.python("open('/protected/f', 'w').write('x')").returncode == 0, "writes")
    done = volume.python("print(open('/protected/f').read())\nopen('/protected/f', 'w')", writable=False)
    check(done.stdout == b"x\n" and b"Read-only file system" in done.stderr, f"{done.stdout} {done.stderr}")


def ephemeral_forgets(folder):
    source = folder / "source"
    source.mkdir()
    (source / "f").write_text("as it was")
    volume = Volume(folder, "ephemeral", files=source)
    text = "f = '/protected/f'; print(open(f).read()); open(f, 'w').write('changed'); print(open(f).read())"
    for _ in range(2):
        done = volume.python(text)
        check(done.stdout == b"as it was\nchanged\n", f"{done.stdout} {done.stderr}")


TESTS = {
    **{f"region.{name}.{protection}.{mode}": conformance(name, protection, mode)
       for name in NAMES for protection in ("encrypted", "authenticated", "ephemeral") for mode in MODES},
    **{f"region.{test.__name__}": test for test in (
        relative_to_a_current_directory_inside, libraries_and_programs_from_a_region, large_and_sparse, read_only_without_mutable,
        ephemeral_forgets, key_is_not_in_the_environment)},
}

"""Debian's own programs: the same output, errors and status in the enclave as natively."""
import random

from harness import Program


def make_inputs(folder):
    """Files that the programs below read; the same in every run."""
    generator = random.Random(4711)
    text = "".join(f"{generator.randrange(10**9):09d} {generator.choice(WORDS)} {i}\n" for i in range(1_000_000))
    (folder / "lines").write_text(text)
    (folder / "small").write_text(text[:100_000])
    (folder / "binary").write_bytes(generator.randbytes(3_000_000))
    (folder / "script.sh").write_text(BASH_SCRIPT)
    (folder / "script.awk").write_text(AWK_SCRIPT)
    (folder / "script.pl").write_text(PERL_SCRIPT)
    (folder / "threads.py").write_text(PYTHON_THREADS)
    (folder / "data.py").write_text(PYTHON_DATA)
    (folder / "query.sql").write_text(SQL)
    tree = folder / "tree"
    for i in range(50):
        (tree / f"d{i % 7}").mkdir(parents=True, exist_ok=True)
        (tree / f"d{i % 7}" / f"f{i}").write_bytes(generator.randbytes(i * 997))
    (tree / "link").symlink_to("d1/f1")


WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]

BASH_SCRIPT = r"""
declare -A count
while read -r number word index; do
  count[$word]=$(( ${count[$word]:-0} + 10#$number % 7 ))
done < small
for word in alpha beta gamma delta epsilon zeta; do printf '%s=%d\n' "$word" "${count[$word]}"; done
text="The quick brown fox"
echo "${text//o/0}" "${text^^}" "${#text}" "${text:4:5}"
[[ $text =~ q(.)i ]] && echo "match ${BASH_REMATCH[1]}"
f() { local x=$1; (( x <= 1 )) && { echo 1; return; }; REPLY=$x; }
f 5; echo $REPLY
array=(3 1 2); echo "${array[@]}" "${!array[@]}"
trap 'echo trapped' USR1; kill -USR1 $$
case $text in The*) echo case;; esac
printf '%(%Y)T\n' 0
echo error >&2
exit 7
"""

AWK_SCRIPT = r"""
{ sum[$2] += $1 % 1000; n++; last = $3 }
END { k = split("alpha beta gamma delta epsilon zeta", names, " ");
      for (i = 1; i <= k; i++) printf "%s %d %.3f\n", names[i], sum[names[i]], sqrt(sum[names[i]]);
      print n, last, substr("abcdef", 2, 3), toupper("done") }
"""

PERL_SCRIPT = r"""
use strict; use warnings;
my %count; open(my $in, '<', 'small') or die; 
while (<$in>) { my ($n, $w) = split; $count{$w} += $n % 13; }
printf "%s=%d\n", $_, $count{$_} for sort keys %count;
my @sorted = sort { $a <=> $b } map { ($_ * 7919) % 1009 } 1..1000;
print join(',', @sorted[0..9]), "\n";
(my $t = "hello world") =~ s/(\w+)/\u$1/g; print "$t\n";
local $SIG{ALRM} = sub { print "alarm\n" }; alarm 1; select(undef, undef, undef, 3);
eval { die { code => 42 } }; print $@->{code}, "\n";
open(my $out, '>', 'perl.out') or die; print $out pack("NnC", 1, 2, 3); close $out;
print STDERR "warning\n"; exit 3;
"""

PYTHON_THREADS = r"""
import queue, threading, time, concurrent.futures, hashlib, sys
q, results = queue.Queue(), []
def work():
    while (item := q.get()) is not None:
        results.append(item * item); q.task_done()
threads = [threading.Thread(target=work) for _ in range(8)]
for t in threads: t.start()
for i in range(1000): q.put(i)
q.join()
for _ in threads: q.put(None)
for t in threads: t.join()
print(sum(results), len(results))
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    print(*pool.map(lambda i: hashlib.sha256(bytes([i]) * 100000).hexdigest()[:8], range(8)))
lock, event, order = threading.Condition(), threading.Event(), []
def waiter(n):
    event.wait()
    with lock: order.append(n)
ts = [threading.Thread(target=waiter, args=(n,)) for n in range(5)]
[t.start() for t in ts]; time.sleep(0.05); event.set(); [t.join() for t in ts]
print(sorted(order))
timer = threading.Timer(0.05, lambda: print("timer")); timer.start(); timer.join()
local = threading.local(); local.x = 1
try:
    raise ValueError("expected")
except ValueError as error:
    print("caught", error, file=sys.stderr)
sys.exit(5)
"""

PYTHON_DATA = r"""
import json, sqlite3, re, struct, zlib, os, tempfile, subprocess, decimal, datetime, collections, math
data = {"list": list(range(100)), "nested": {"pi": math.pi, "text": "äöü", "none": None}}
text = json.dumps(data, sort_keys=True)
print(json.loads(text) == data, len(text), zlib.crc32(text.encode()))
db = sqlite3.connect("python.db")
db.execute("create table t (a integer primary key, b text)")
db.executemany("insert into t (b) values (?)", [(str(i * i),) for i in range(5000)])
db.commit()
print(db.execute("select count(*), sum(length(b)), max(a) from t where b like '%6'").fetchone())
db.close()
words = collections.Counter(re.findall(r"[a-z]+", open("small").read()))
print(sorted(words.items()))
print(decimal.Decimal(2).sqrt(), datetime.datetime(2024, 2, 29) + datetime.timedelta(days=365))
with tempfile.NamedTemporaryFile() as file:
    file.write(os.urandom(10000)); file.flush(); print(os.path.getsize(file.name))
print(sorted(os.listdir("tree")), os.stat("small").st_size, sum(len(f) for _, _, f in os.walk("tree")))
"""

SQL = """
create table item (id integer primary key, name text, price real);
create index item_name on item (name);
begin;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
insert into item select i, 'item' || (i * 7919 % 20011), i * 0.25 from n;
commit;
select count(*), sum(price), min(name), max(name) from item;
delete from item where id % 3 = 0;
select count(*) from item where name > 'item15';
vacuum;
pragma integrity_check;
select sqlite_version() is not null;
"""


def remove(*names):
    def prepare(folder):
        for name in names:
            (folder / name).unlink(missing_ok=True)
    return prepare


KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
IV = "000102030405060708090a0b0c0d0e0f"

PROGRAMS = [
    Program("ls", ["ls", "-la", "tree", "tree/d1"]),
    Program("ls_recursive", ["ls", "-laR", "--full-time", "tree"]),
    Program("ls_missing", ["ls", "small", "no-such-file"]),
    Program("cat", ["cat", "small", "binary"]),
    Program("cat_pipe", ["cat"], stdin=bytes(range(256)) * 40_000),
    Program("sha256sum", ["sha256sum", "lines", "binary", "small"]),
    Program("sort_million_lines", ["sort", "--parallel=2", "-S", "64M", "lines"]),
    Program("sort_numeric", ["sort", "-k3,3nr", "-o", "sorted", "small"], produces=("sorted",)),
    Program("tar_create", ["tar", "--sort=name", "-cf", "tree.tar", "tree"], produces=("tree.tar",)),
    Program("tar_list_pipe", ["tar", "-cvf", "-", "tree"]),
    Program("xz_threads", ["xz", "-T2", "-1", "-c", "--block-size=1MiB", "lines"]),
    Program("xz_round", ["xz", "-9", "-k", "-f", "small"], produces=("small.xz",)),
    Program("openssl_dgst", ["openssl", "dgst", "-sha512", "binary", "lines"]),
    Program("openssl_enc", ["openssl", "enc", "-aes-256-cbc", "-K", KEY, "-iv", IV, "-in", "binary", "-out", "binary.enc"],
            produces=("binary.enc",)),
    Program("openssl_enc_ctr", ["openssl", "enc", "-aes-256-ctr", "-K", KEY, "-iv", IV, "-in", "binary"]),
    Program("awk", ["awk", "-f", "script.awk", "lines"]),
    Program("bash_builtins", ["bash", "script.sh"]),
    Program("bash_syntax_error", ["bash", "-c", "if then"]),
    Program("perl", ["perl", "script.pl"], produces=("perl.out",)),
    Program("python_threads", ["/usr/bin/python3", "threads.py"]),
    Program("python_data", ["/usr/bin/python3", "data.py"], prepare=remove("python.db")),
    Program("python_traceback", ["/usr/bin/python3", "-c", "import os\nos.stat('/no/such')"]),
    Program("python_abort", ["/usr/bin/python3", "-c", "import os; os.abort()"]),
    Program("python_segv", ["/usr/bin/python3", "-c", "import ctypes; ctypes.string_at(8)"]),
    Program("sqlite_file", ["sqlite3", "-batch", "file.db", ".read query.sql"], prepare=remove("file.db")),
    Program("sqlite_wal", ["sqlite3", "-batch", "wal.db", "pragma journal_mode=wal;", ".read query.sql"],
            prepare=remove("wal.db", "wal.db-wal", "wal.db-shm")),
    Program("busybox_sh", ["busybox", "sh", "-c", "x=0; while [ $x -lt 1000 ]; do x=$((x+1)); done; echo $x; exit 4"]),
    Program("busybox_md5sum", ["busybox", "md5sum", "binary", "lines"]),
    Program("busybox_awk", ["busybox", "awk", "-f", "script.awk", "small"]),
    Program("busybox_find", ["busybox", "find", "tree", "-type", "f", "-size", "+10k"]),
    Program("find", ["find", "tree", "-printf", "%p %s %y %l\n"]),
    Program("grep", ["grep", "-rnc", "alpha", "small", "lines", "script.sh"]),
    Program("grep_nothing", ["grep", "no such text", "small"]),
    Program("sed", ["sed", "-E", "s/([0-9]+) (\\w+)/\\2 \\1/; 5000q", "small"]),
    Program("gzip", ["gzip", "-6", "-n", "-c", "binary"]),
    Program("dd", ["dd", "if=lines", "of=copied", "bs=64k", "status=none"], produces=("copied",)),
    Program("cp_tree", ["cp", "-a", "tree/d1", "tree/d2", "copy-of-tree"],
            prepare=lambda folder: (folder / "copy-of-tree").mkdir(exist_ok=True)),
    Program("wc", ["wc", "lines", "small", "binary"]),
    Program("seq", ["seq", "1", "200000"]),
    Program("head_closed_early", ["head", "-n", "3", "lines"]),
    Program("env", ["env"]),
    Program("id", ["id"]),
    Program("uname", ["uname", "-a"]),
    Program("date", ["date", "-u", "-d", "@1700000000"]),
    Program("true", ["true"]),
    Program("false", ["false"]),
    Program("stat", ["stat", "-c", "%n %s %a %F %h", "tree", "small", "tree/link", "/dev/null"]),
    Program("diff", ["diff", "small", "script.sh"]),
    Program("base64", ["base64", "binary"]),
    Program("od", ["od", "-A", "x", "-t", "x1z", "small"]),
    Program("sleep", ["sleep", "0.3"]),
]

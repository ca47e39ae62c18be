#!/usr/bin/env python3
"""A second computation of MRENCLAVE, written from the SDM alone (vol. 3D, operation sections of ECREATE,
EADD and EEXTEND) and sharing no code with sgx/measurement.cc, to judge it.

measure_independent.py sgxs FILE SIGSTRUCT
    an SGXS stream, that is the records themselves: walks it, checks that each is well formed, rebuilds it
    from its fields and compares the hash with the one that the SIGSTRUCT was signed for
measure_independent.py layout FILE
    the pages of an enclave as tests/sgx/dump_layout prints them, and the MRENCLAVE that we computed
Exit status 0 if both agree.
"""
import hashlib
import struct
import sys

PAGE = 4096
CHUNK = 256
PT_TCS = 1


class Measurement:
    def __init__(self, size, ssa_frame_size):
        # 0x0045544145524345 is the number that the SDM gives; as bytes it spells the leaf's name.
        self.digest = hashlib.sha256(struct.pack("<QIQ44x", 0x0045544145524345, ssa_frame_size, size))

    def eadd(self, offset, secinfo_flags):
        if secinfo_flags >> 8 & 0xFF == PT_TCS:
            secinfo_flags &= ~7  # a TCS has no permissions
        # 48 bytes of SECINFO follow: FLAGS, and 40 of the reserved bytes.
        self.digest.update(struct.pack("<QQQ40x", 0x0000000044444145, offset, secinfo_flags))

    def eextend(self, offset, chunk):
        assert len(chunk) == CHUNK
        self.digest.update(struct.pack("<QQ48x", 0x00444E4554584545, offset) + chunk)

    def hexdigest(self):
        return self.digest.hexdigest()


def measure_sgxs(stream):
    size_at = 12
    assert stream[:8] == b"ECREATE\0"
    frame_size, size = struct.unpack_from("<I", stream, 8)[0], struct.unpack_from("<Q", stream, size_at)[0]
    measurement = Measurement(size, frame_size)
    at = 64
    while at < len(stream):
        tag, offset, flags = struct.unpack_from("<8sQQ", stream, at)
        at += 64
        if tag == b"EADD\0\0\0\0":
            measurement.eadd(offset, flags)
        elif tag == b"EEXTEND\0":
            measurement.eextend(offset, stream[at:at + CHUNK])
            at += CHUNK
        else:
            sys.exit(f"unknown record {tag} at {at - 64}")
    return measurement.hexdigest()


def measure_layout(lines):
    measurement = expected = None
    for line in lines:
        word, *fields = line.split()
        if word == "create":
            measurement = Measurement(int(fields[0], 16), int(fields[1]))
        elif word == "add":
            offset, flags, content = int(fields[0], 16), int(fields[1], 16), fields[2]
            page = bytes(PAGE) if content == "zero" else bytes.fromhex(content)
            assert len(page) == PAGE
            measurement.eadd(offset, flags)
            for at in range(0, PAGE, CHUNK):
                measurement.eextend(offset + at, page[at:at + CHUNK])
        elif word == "mrenclave":
            expected = fields[0]
    return measurement.hexdigest(), expected


def main(arguments):
    if len(arguments) == 4 and arguments[1] == "sgxs":
        measured = measure_sgxs(open(arguments[2], "rb").read())
        expected = open(arguments[3], "rb").read()[960:992].hex()  # SIGSTRUCT.ENCLAVEHASH
    elif len(arguments) == 3 and arguments[1] == "layout":
        measured, expected = measure_layout(open(arguments[2]))
    else:
        sys.exit(__doc__)
    print("here    ", measured)
    print("expected", expected)
    return 0 if measured == expected else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))

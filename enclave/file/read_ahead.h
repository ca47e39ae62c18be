// Reading a file of the host a little further than the program asked, where it reads on and on.
//
// What was read ahead is true until the next crossing (round.h); a program that leaves for other things between its reads, so that nothing is
// ever used, is left alone for a while. Only where calls are posted.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/file/host_descriptor.h"
#include "enclave/file/io_vector.h"

namespace scone::file::read_ahead {

// pread(2) of the host's file into `to`; or from what is here. Short at the end of the file only. Nothing beyond the size that was last seen is
// read ahead, so that no bytes are lost of files whose reads take them away (tracefs). Thread safe.
Result<size_t> read(const HostDescriptor& file, IoVector& to, uint64_t offset);

// After a crossing.
void forget_all();

}  // namespace scone::file::read_ahead

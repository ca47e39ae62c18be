// Starting the file-system shield.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "enclave/file/page_cache.h"
#include "enclave/shield/volume_mount.h"
#include "volume/bytes.h"

namespace scone::shield {

// Which volume the program's files are in. The texts are only used during the call.
struct FileSettings {
  std::string_view fspf;           // SCONE_FSPF
  volume::Bytes key;               // SCONE_FSPF_KEY: 32 bytes; empty: the description is not encrypted
  std::optional<volume::Tag> tag;  // SCONE_FSPF_TAG
  bool is_mutable = false;         // SCONE_FSPF_MUTABLE
  uint64_t cache =
      file::PageCache::kDefaultBudget;  // SCONE_FSPF_CACHE: bytes of verified contents kept inside
};

// What the SCONE_FSPF variables of an environment say. ENOENT: there is no SCONE_FSPF; EINVAL, after a message. The texts are the environment's,
// the key is written to `key`.
Result<FileSettings> file_settings(const char* const* environment, uint8_t (&key)[32]);

// Opens the volume; from here on the program's paths lead through its regions. Once, on the first thread, before the program is loaded. On an
// error, which has been told in a message, the program must not start.
Result<void> start_files(const FileSettings& settings, TagListener listener = nullptr);

}  // namespace scone::shield

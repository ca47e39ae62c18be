// Constants of the file format: docs/formats/fspf.md. A change of any of them is a new version.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scone::volume {

inline constexpr uint8_t kMagic[8] = {'S', 'C', 'O', 'N', 'E', 'F', 'S', 'P'};
inline constexpr uint32_t kVersion = 1;
inline constexpr uint32_t kSealedFlag = 1;

// File header: magic 8, version 4, flags 4, volume id 16, key check 16, zeros 16.
inline constexpr size_t kFileHeaderSize = 64;
inline constexpr size_t kVolumeIdSize = 16;
inline constexpr size_t kKeySize = 32;
inline constexpr size_t kKeyCheckSize = 16;

// Record header: magic 4, payload size 4, sequence 8, counter 8, kind 1, new key 1, zeros 6, tag 16. Then, with a new key, its salt.
inline constexpr uint32_t kRecordMagic = 0x43455253;  // "SREC"
inline constexpr size_t kRecordHeaderSize = 48;
inline constexpr size_t kAuthenticatedHeaderSize = 32;  // without the tag
inline constexpr size_t kSaltSize = 32;
inline constexpr size_t kRecordAlignment = 16;
inline constexpr size_t kMaxPayload = size_t{64} << 20;

enum class RecordKind : uint8_t { kSnapshotPart = 1, kSnapshotEnd = 2, kCommit = 3 };

enum class EntryKind : uint8_t {
  kVolume = 1,
  kRegion = 2,
  kNode = 3,
  kContent = 4,
  kChunks = 5,
  kRemove = 6,
  kEpoch = 7,
  kAncestor = 8,
  kData = 9,
};

inline constexpr char kRecordKeyInfo[] = "scone fspf records 1";
inline constexpr char kKeyCheckInfo[] = "scone fspf key check 1";
inline constexpr char kFileKeyInfo[] = "scone fspf file 1";

inline constexpr size_t kMaxName = 255;
inline constexpr size_t kMaxTarget = 4095;
inline constexpr uint32_t kMinChunkSize = 512;
inline constexpr uint32_t kMaxChunkSize = 1 << 20;
inline constexpr size_t kMaxRegions = 1024;
// How many earlier states a snapshot still knows by their tags, besides the first.
inline constexpr size_t kKeptAncestors = 64;

}  // namespace scone::volume

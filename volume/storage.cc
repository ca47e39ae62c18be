#include "volume/storage.h"

#include "base/min_max.h"

namespace scone::volume {
namespace {

// How many of the first pieces are one behind the other, in the file as in memory; their size.
template <typename P>
size_t neighbours(std::span<P> pieces, size_t* size) {
  size_t count = 1;
  *size = pieces[0].bytes.size();
  for (; count < pieces.size(); ++count) {
    if (pieces[count].offset != pieces[0].offset + *size) break;
    if (pieces[count].bytes.data() != pieces[0].bytes.data() + *size) break;
    *size += pieces[count].bytes.size();
  }
  return count;
}

}  // namespace

void StorageFile::pread_neighbours(std::span<ReadPiece> pieces) {
  while (!pieces.empty()) {
    size_t size;
    const size_t count = neighbours(pieces, &size);
    const auto got = pread(pieces[0].offset, {pieces[0].bytes.data(), size});
    size_t left = got.ok() ? got.value() : 0;
    for (ReadPiece& piece : pieces.first(count)) {
      piece.failed = !got.ok();
      piece.got = min_of(left, piece.bytes.size());
      left -= piece.got;
    }
    pieces = pieces.subspan(count);
  }
}

Result<void> StorageFile::pwrite_neighbours(std::span<const Piece> pieces) {
  while (!pieces.empty()) {
    size_t size;
    const size_t count = neighbours(pieces, &size);
    TRY(pwrite(pieces[0].offset, {pieces[0].bytes.data(), size}));
    pieces = pieces.subspan(count);
  }
  return ok();
}

}  // namespace scone::volume

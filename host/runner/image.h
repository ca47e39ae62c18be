// The enclave's file and how it becomes an enclave.
//
// The file is an ELF64 static PIE linked at 0. It is placed at abi::image_base(size), page for page from its PT_LOAD segments; after
// it comes, for each ethread,
//
//   TCS | 3 SSA frames | Ethread block (where GS points) | a page left out | entry stack of 16 pages
//
// Every page is measured. So MRENCLAVE depends on the file, the enclave's size and the number of ethreads, and on nothing else.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "abi/layout.h"
#include "base/result.h"
#include "host/device/enclave_device.h"
#include "host/runner/mapped_file.h"
#include "sgx/measurement.h"

namespace scone::host {

struct ImageParameters {
  uint64_t enclave_size = abi::kDefaultEnclaveSize;  // bytes; a power of two, at least 4 GiB
  uint32_t ethreads = 1;                             // 1 … abi::kMaxEthreads
  bool debug = false;                                // ATTRIBUTES.DEBUG; not part of the measurement
};

// Pages that are added with one SECINFO. Not copied: it may own its bytes.
struct ImagePiece {
  ImagePiece(uint64_t offset, const sgx::SecInfo& info, std::span<const uint8_t> bytes) : offset(offset), info(info), bytes(bytes) {}
  ImagePiece(uint64_t offset, const sgx::SecInfo& info, std::vector<uint8_t>&& own)
      : offset(offset), info(info), storage(std::move(own)), bytes(storage) {}
  ImagePiece(ImagePiece&&) = default;

  uint64_t offset;  // from the enclave's base
  sgx::SecInfo info;
  std::vector<uint8_t> storage;    // empty if the bytes are the image's
  std::span<const uint8_t> bytes;  // whole pages
};

class Image {
 public:
  // Reads the whole file. On failure `error` says in one line what is wrong; ENOENT, EACCES, …, or ENOEXEC if it is no
  // enclave image.
  static Result<Image> open(const std::string& path, std::string& error);

  // What ECREATE is given.
  sgx::Secs secs(const ImageParameters& parameters) const;
  // All pages, in the order in which they are added; they refer to the image. Precondition: parameters are within their limits.
  std::vector<ImagePiece> pieces(const ImageParameters& parameters) const;
  // MRENCLAVE, without a device: what `scone hash` prints.
  sgx::MrEnclave measure(const ImageParameters& parameters) const;
  // ECREATE, EADD and EINIT on `device`, with the signature that development_signing.h provides. On failure `error` says in one
  // line why.
  Result<void> build(EnclaveDevice& device, const ImageParameters& parameters, std::string& error) const;

  // Address of the TCS of `ethread`.
  uint64_t tcs_address(const ImageParameters& parameters, uint32_t ethread) const;
  const std::string& path() const { return path_; }

 private:
  struct Segment {
    uint64_t begin;                   // page aligned, from the image's base
    uint64_t permissions;             // SECINFO R, W, X
    std::vector<uint8_t> first;       // a page, padded in front, if the segment begins inside it
    std::span<const uint8_t> mapped;  // the pages that the file has as they are
    std::vector<uint8_t> last;        // a page, padded behind, if the segment's bytes end inside it
    uint64_t zeros;                   // bytes of whole pages: the bss
    uint64_t size() const { return first.size() + mapped.size() + last.size() + zeros; }
  };
  Image() = default;
  uint64_t ethread_offset(const ImageParameters& parameters, uint32_t ethread) const;

  std::string path_;
  std::shared_ptr<const MappedFile> file_;
  std::vector<Segment> segments_;
  std::vector<uint64_t> enclu_sites_;  // from the image's base
  uint64_t entry_ = 0;
  uint64_t end_ = 0;  // of the last segment
  friend class ImageParser;
};

}  // namespace scone::host

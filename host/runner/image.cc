#include "host/runner/image.h"

#include <cpuid.h>
#include <immintrin.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <system_error>

#include "abi/border.h"
#include "base/checked.h"
#include "host/runner/development_signing.h"
#include "host/runner/image_parser.h"

namespace scone::host {
namespace {

constexpr uint64_t kPage = sgx::kPageSize;
constexpr uint32_t kSsaFrames = 3;
// One page holds the XSAVE area of everything up to AVX-512 (2,688 bytes), so this is the same on all processors.
constexpr uint32_t kSsaFramePages = 1;
constexpr uint64_t kStackPages = 16;
constexpr uint64_t kBlockPage = 1 + kSsaFrames * kSsaFramePages;
constexpr uint64_t kStackPage = kBlockPage + 2;  // the page between stays absent: stack overflows fault
constexpr uint64_t kEthreadPages = kStackPage + kStackPages;
constexpr uint64_t kXfrmWanted = sgx::kXfrmLegacy | sgx::kXfrmAvx | sgx::kXfrmAvx512;

// What the loader writes into an ethread's block; the rest of the page is zero. The runtime's Ethread begins with it.
struct EthreadBlock {
  uint64_t self;
  uint64_t number;
  uint64_t stack_top;
  uint64_t tcs;
  uint64_t ssa;
  uint64_t ssa_frame_size;
  uint64_t enclave_size;
  uint64_t ethreads;
};
static_assert(sizeof(EthreadBlock) == 64);

template <typename T>
std::vector<uint8_t> page_with(const T& value) {
  std::vector<uint8_t> page(kPage);
  std::memcpy(page.data(), &value, sizeof value);
  return page;
}

// The source of all pages that begin as zeros.
constexpr std::array<uint8_t, 16 * kPage> kZeros{};

void add_zeros(std::vector<ImagePiece>& pieces, uint64_t offset, const sgx::SecInfo& info, uint64_t size) {
  for (uint64_t done = 0; done < size; done += kZeros.size())
    pieces.emplace_back(offset + done, info, std::span(kZeros).first(std::min(size - done, kZeros.size())));
}

// State components that processor and kernel have enabled, of those that the runtime knows.
uint64_t available_xfrm() {
  unsigned a, b, c, d;
  bool osxsave = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_OSXSAVE);
  if (!osxsave) return sgx::kXfrmLegacy;
  unsigned low, high;
  // SAFETY: XGETBV of XCR0, which OSXSAVE permits.
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t{high} << 32 | low) & kXfrmWanted;
}

sgx::Tcs make_tcs(uint64_t entry, uint64_t ethread_offset) {
  sgx::Tcs tcs{};
  tcs.ossa = ethread_offset + kPage;
  tcs.nssa = kSsaFrames;
  tcs.oentry = entry;
  tcs.ogs_base = ethread_offset + kBlockPage * kPage;
  tcs.fs_limit = tcs.gs_limit = 0xffff'ffff;
  return tcs;
}

sgx::MrEnclave measure_pieces(const std::vector<ImagePiece>& pieces, uint64_t enclave_size) {
  sgx::Measurement measurement(kSsaFramePages, enclave_size);
  for (const ImagePiece& piece : pieces)
    for (uint64_t at = 0; at < piece.bytes.size(); at += kPage)
      measurement.add_page(piece.offset + at, piece.info, sgx::PageBytes(piece.bytes.data() + at, kPage), true);
  return measurement.value();
}

}  // namespace

Result<Image> Image::open(const std::string& path, std::string& error) {
  auto file = MappedFile::open(path);
  if (!file.ok()) {
    error = path + ": " + strerror(file.error().code());
    return file.error();
  }
  Image image;
  image.path_ = path;
  image.file_ = file.take();
  if (auto parsed = ImageParser(image.file_->bytes(), error).parse(image); !parsed.ok()) {
    error = path + ": not an enclave image: " + error;
    return parsed.error();
  }
  return image;
}

sgx::Secs Image::secs(const ImageParameters& parameters) const {
  sgx::Secs secs{};
  secs.size = parameters.enclave_size;
  secs.ssa_frame_size = kSsaFramePages;
  secs.misc_select = sgx::kMiscExInfo;
  secs.attributes.flags = sgx::kAttributeMode64 | (parameters.debug ? uint64_t{sgx::kAttributeDebug} : 0);
  secs.attributes.xfrm = available_xfrm();
  return secs;
}

uint64_t Image::ethread_offset(const ImageParameters& parameters, uint32_t ethread) const {
  return abi::image_base(parameters.enclave_size) + end_ + ethread * kEthreadPages * kPage;
}

uint64_t Image::tcs_address(const ImageParameters& parameters, uint32_t ethread) const {
  return ethread_offset(parameters, ethread);
}

std::vector<ImagePiece> Image::pieces(const ImageParameters& parameters) const {
  const uint64_t base = abi::image_base(parameters.enclave_size);
  const sgx::SecInfo data = sgx::make_sec_info(sgx::kSecInfoR | sgx::kSecInfoW, sgx::kPtReg);
  std::vector<ImagePiece> pieces;
  for (const Segment& segment : segments_) {
    const sgx::SecInfo info = sgx::make_sec_info(segment.permissions, sgx::kPtReg);
    uint64_t at = base + segment.begin;
    for (std::span<const uint8_t> bytes :
         {std::span(segment.first), segment.mapped, std::span(segment.last)}) {
      if (!bytes.empty()) pieces.emplace_back(at, info, bytes);
      at += bytes.size();
    }
    add_zeros(pieces, at, info, segment.zeros);
  }
  for (uint32_t i = 0; i < parameters.ethreads; ++i) {
    uint64_t at = ethread_offset(parameters, i);
    uint64_t block = at + kBlockPage * kPage, stack = at + kStackPage * kPage;
    EthreadBlock content{block,
                         i,
                         stack + kStackPages * kPage,
                         at,
                         at + kPage,
                         kSsaFramePages * kPage,
                         parameters.enclave_size,
                         parameters.ethreads};
    pieces.emplace_back(at, sgx::make_sec_info(0, sgx::kPtTcs), page_with(make_tcs(base + entry_, at)));
    add_zeros(pieces, at + kPage, data, kSsaFrames * kSsaFramePages * kPage);
    pieces.emplace_back(block, data, page_with(content));
    add_zeros(pieces, stack, data, kStackPages * kPage);
  }
  return pieces;
}

sgx::MrEnclave Image::measure(const ImageParameters& parameters) const {
  return measure_pieces(pieces(parameters), parameters.enclave_size);
}

namespace {

// What the file measured the last time with these parameters, kept beside it: a guess, which the device checks. None if it changed since.
class KeptMeasurement {
 public:
  KeptMeasurement(const std::string& image, const ImageParameters& parameters)
      : path_(image + "." + std::to_string(parameters.enclave_size) + "-" + std::to_string(parameters.ethreads) + ".measured") {
    struct stat status;
    if (stat(image.c_str(), &status) == 0)
      state_ = {status.st_size, static_cast<int64_t>(status.st_ino), status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
  }
  std::optional<sgx::MrEnclave> load() const {
    std::error_code no_matter;
    if (!std::filesystem::is_regular_file(path_, no_matter))
      return std::nullopt;  // a FIFO would keep us waiting
    std::ifstream file(path_, std::ios::binary);
    State state;
    sgx::MrEnclave measurement;
    file.read(reinterpret_cast<char*>(&state), sizeof state);
    if (!file.read(reinterpret_cast<char*>(measurement.data()), measurement.size()) || state != state_) return std::nullopt;
    return measurement;
  }
  // All or nothing, and failing is no error.
  void save(const sgx::MrEnclave& measurement) const {
    const std::string temporary = path_ + "." + std::to_string(getpid());
    std::ofstream file(temporary, std::ios::binary);
    file.write(reinterpret_cast<const char*>(&state_), sizeof state_);
    file.write(reinterpret_cast<const char*>(measurement.data()), measurement.size());
    file.close();
    if (!file || rename(temporary.c_str(), path_.c_str()) != 0) unlink(temporary.c_str());
  }

 private:
  using State = std::array<int64_t, 4>;
  const std::string path_;
  State state_{};
};

}  // namespace

Result<void> Image::build(EnclaveDevice& device, const ImageParameters& parameters,
                          std::string& error) const {
  auto refuse = [&](const char* step, Errno code) {
    std::string reason = device.last_error();
    error = std::string(step) + ": " + (reason.empty() ? strerror(code.code()) : reason);
    return code;
  };
  if (auto created = device.create(secs(parameters)); !created.ok())
    return refuse("cannot create the enclave", created.error());
  const std::vector<ImagePiece> all = pieces(parameters);
  const KeptMeasurement kept(path_, parameters);
  const std::optional<sgx::MrEnclave> guess = kept.load();
  auto measure = [&] { return measure_pieces(all, parameters.enclave_size); };
  // The device measures what it is given while we measure what shall be signed.
  auto measured = std::async(guess ? std::launch::deferred : std::launch::async, measure);
  for (const ImagePiece& piece : all)
    if (auto added = device.add_pages(piece.offset, piece.bytes, piece.info, true); !added.ok())
      return refuse("cannot add the enclave's pages", added.error());
  std::vector<uint64_t> sites = enclu_sites_;
  for (uint64_t& site : sites) site += abi::image_base(parameters.enclave_size);
  device.use_enclu_sites(sites);
  if (guess)
    if (auto signature = development_signature(path_, *guess); signature.ok() && device.initialize(signature.value()).ok())
      return ok();
  const sgx::MrEnclave measurement = measured.get();
  kept.save(measurement);
  auto signature = development_signature(path_, measurement);
  if (!signature.ok()) {
    error = std::string("cannot sign the enclave: ") + strerror(signature.error().code());
    return signature.error();
  }
  if (auto initialized = device.initialize(signature.value()); !initialized.ok())
    return refuse("cannot initialize the enclave", initialized.error());
  return ok();
}

}  // namespace scone::host

#include "host/runner/development_signing.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <optional>

#include "sgx/sigstruct.h"

namespace scone::host {
namespace {

std::optional<sgx::SigStruct> load_signature(const std::string& path, const sgx::MrEnclave& measurement) {
  std::ifstream file(path, std::ios::binary);
  sgx::SigStruct signature;
  if (!file.read(reinterpret_cast<char*>(&signature), sizeof signature)) return std::nullopt;
  if (!std::ranges::equal(signature.enclave_hash, measurement) || sgx::verify(signature) != sgx::kSuccess)
    return std::nullopt;
  return signature;
}

// All or nothing: another process may read it at this moment. Failing is no error, only slow.
void keep_signature(const std::string& path, const sgx::SigStruct& signature) {
  std::string temporary = path + "." + std::to_string(getpid());
  std::ofstream file(temporary, std::ios::binary);
  file.write(reinterpret_cast<const char*>(&signature), sizeof signature);
  file.close();
  if (!file || rename(temporary.c_str(), path.c_str()) != 0) unlink(temporary.c_str());
}

Result<sgx::SigningKey> development_key(const std::string& path) {
  auto kept = sgx::SigningKey::load(path);
  if (kept.ok()) return kept;
  auto fresh = TRY(sgx::SigningKey::generate());
  // Of two processes that come first at the same time, the one that saved its key wins.
  if (fresh.save(path).ok()) return fresh;
  kept = sgx::SigningKey::load(path);
  if (kept.ok()) return kept;
  return fresh;
}

uint32_t date_today() {
  time_t now = time(nullptr);
  struct tm utc;
  char digits[9];
  if (!gmtime_r(&now, &utc) || strftime(digits, sizeof digits, "%Y%m%d", &utc) != 8) return 0;
  return static_cast<uint32_t>(std::stoul(digits, nullptr, 16));  // BCD
}

sgx::Statement statement_for(const sgx::MrEnclave& measurement) {
  sgx::Statement statement{};
  statement.enclave_hash = measurement;
  statement.attributes = {sgx::kAttributeMode64, sgx::kXfrmLegacy};
  // DEBUG is the starter's choice, and so are AVX and AVX-512, which follow the processor.
  statement.attribute_mask = {~uint64_t{sgx::kAttributeDebug}, ~(sgx::kXfrmAvx | sgx::kXfrmAvx512)};
  statement.misc_select = sgx::kMiscExInfo;
  statement.misc_mask = ~0u;
  statement.date = date_today();
  return statement;
}

}  // namespace

std::string to_hex(const sgx::MrEnclave& measurement) {
  std::string hex;
  for (uint8_t byte : measurement) {
    constexpr char kDigits[] = "0123456789abcdef";
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

Result<sgx::SigStruct> development_signature(const std::string& enclave_path,
                                             const sgx::MrEnclave& measurement) {
  std::string path = enclave_path + "." + to_hex(measurement) + ".sig";
  if (auto kept = load_signature(path, measurement)) return *kept;
  auto key = TRY(development_key(enclave_path + ".key"));
  sgx::SigStruct signature = TRY(sgx::sign(statement_for(measurement), key));
  keep_signature(path, signature);
  return signature;
}

}  // namespace scone::host

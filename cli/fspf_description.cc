#include "cli/fspf_description.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "cli/commands.h"
#include "cli/hexadecimal.h"
#include "volume/format.h"
#include "volume/names.h"

namespace scone::cli {

void fspf_failed(const std::string& message) {
  fprintf(stderr, "scone: %s\n", message.c_str());
  exit(kFailure);
}

Description::Description(const std::string& path, const std::string& key)
    : path_(path), storage_(key.empty() ? path : "") {
  if (key.empty()) return;
  auto bytes = from_hexadecimal(key, volume::kKeySize);
  if (!bytes) fspf_failed("a key has 64 hexadecimal digits");
  key_ = *bytes;
}

int64_t Description::now() {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

void Description::report(const volume::Failure& failure) {
  reported_ =
      std::string(failure.path) + ": " + std::string(failure.reason) + " (" + strerror(failure.error) + ")";
}

void Description::failed(const std::string& what, Errno error) {
  fspf_failed(reported_.empty() ? what + ": " + strerror(error.code()) : reported_);
}

void Description::create() { check(volume::Volume::create(storage_, *this, path_), path_); }

void Description::open(bool is_mutable) {
  const volume::MountOptions options{.fspf = path_, .key = key_, .is_mutable = is_mutable};
  volume_.reset(check(volume::Volume::mount(storage_, *this, options), path_));
}

void Description::commit() { check(volume_->sync_all(), path_); }

std::string Description::tag() { return to_hexadecimal(volume_->tag()); }

std::string Description::tag_without_key() {
  return to_hexadecimal(check(volume::Volume::last_tag(storage_, *this, path_), path_));
}

const volume::Region& Description::region(const std::string& path) {
  const auto wanted = volume::region_path(path);
  if (!wanted.ok()) fspf_failed("'" + path + "' is no path of a region");
  for (size_t i = 0; i < volume_->region_count(); ++i)
    if (volume_->region(i).path.view() == wanted.value().view()) return volume_->region(i);
  fspf_failed("there is no region " + path + " in " + path_);
}

}  // namespace scone::cli

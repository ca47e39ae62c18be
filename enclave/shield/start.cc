#include "enclave/shield/start.h"

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/limits.h>

#include <new>

#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/log.h"
#include "enclave/file/path_name.h"
#include "enclave/shield/background_sync.h"
#include "enclave/shield/ephemeral.h"
#include "enclave/shield/region_map.h"

namespace scone::shield {
namespace {

constexpr uint64_t kFirstEphemeralDevice = 0x5c1'000'01;

constinit VolumeMount* g_mount = nullptr;

Result<void> sync_volume() { return g_mount->sync_all(); }

// Where the host keeps an unprotected region, seen from the program's start: relative ones begin at the FSPF's directory.
Result<void> host_path_of(const volume::Region& region, std::string_view fspf, file::PathName& path) {
  const std::string_view given = region.kernel_path.view();
  const size_t slash = fspf.rfind('/');
  if (!given.starts_with('/') && slash != std::string_view::npos) TRY(path.append(fspf.substr(0, slash + 1)));
  return path.append(given);
}

Result<void> add_region(const volume::Region& region, std::string_view fspf) {
  const std::string_view path = region.path.view();
  if (region.backing == volume::Backing::kEphemeral)
    return region_map().add_inside(
        path, TRY(copy_to_memory(*g_mount, region, kFirstEphemeralDevice + region.index)));
  if (region.is_shielded()) {
    sched::SharedGuard guard(g_mount->lock());
    return region_map().add_inside(path, TRY(g_mount->inode_of(*region.root)));
  }
  file::PathName host_path;
  TRY(host_path_of(region, fspf, host_path));
  return region_map().add_host(path, host_path.view());
}

Result<void> add_regions(std::string_view fspf) {
  volume::Volume& volume = g_mount->volume();
  for (size_t i = 0; i < volume.region_count(); ++i) TRY(add_region(volume.region(i), fspf));
  std::string_view rest;
  if (region_map().find_region("/", &rest)) return ok();
  boundary::log(boundary::Line() << "scone: SCONE_FSPF: there is no region for the root");
  return Errno(EINVAL);
}

// The directory that the host started us in. It may lie; what is below is protected by what its path says.
Result<void> current_directory(file::PathName& path) {
  HostBuffer answer = TRY(HostBuffer::allocate(PATH_MAX));
  const size_t length =
      boundary::check_count(TRY(host_call(__NR_getcwd, answer.address(), answer.size())), answer.size());
  if (length == 0) return Errno(EIO);
  TRY(path.read_from(answer, length - 1));
  return path.view().starts_with('/') ? ok() : path.set("/");
}

Result<uint32_t> current_umask() {
  const uint64_t mask = TRY(host_call(__NR_umask, 022)) & 0777;
  TRY(host_call(__NR_umask, mask));
  return static_cast<uint32_t>(mask);
}

}  // namespace

Result<void> start_files(const FileSettings& settings, TagListener listener) {
  g_mount = new (std::nothrow) VolumeMount;
  if (!g_mount) return Errno(ENOMEM);
  file::page_cache().set_budget(settings.cache);
  TRY(g_mount->mount({settings.fspf, settings.key, settings.tag, settings.is_mutable}));
  g_mount->set_tag_listener(listener);
  TRY(add_regions(settings.fspf));
  file::PathName directory;
  TRY(current_directory(directory));
  region_map().set_sync(&sync_volume);
  set_background_sync(&sync_volume);
  return region_map().install(directory.view(), TRY(current_umask()));
}

}  // namespace scone::shield

#include "enclave/entry/load_configured.h"

#include <linux/errno.h>
#include <linux/fcntl.h>

#include <new>

#include "enclave/configuration/program_search.h"
#include "enclave/configuration/string_pointers.h"
#include "enclave/file/change_directory.h"
#include "enclave/file/place.h"

namespace scone::entry {
namespace {

using configuration::ProgramSearch;
using configuration::StringPointers;

bool may_be_elsewhere(loader::Reason reason) {
  return reason == loader::Reason::kNotFound || reason == loader::Reason::kNotADirectory ||
         reason == loader::Reason::kNoPermission;
}

// A kernel stack has no room for a path beside a loader.
class PathBuffer {
 public:
  using Path = char[ProgramSearch::kMaxPath];
  PathBuffer() : path_(new (std::nothrow) Holder) {}
  PathBuffer(const PathBuffer&) = delete;
  PathBuffer& operator=(const PathBuffer&) = delete;
  ~PathBuffer() { delete path_; }
  explicit operator bool() const { return path_ != nullptr; }
  Path& get() { return path_->path; }

 private:
  struct Holder {
    Path path;
  };
  Holder* path_;
};

Result<void> change_directory(const scf::Configuration& configuration) {
  const std::string_view path = configuration.working_directory.empty() ? "/" : configuration.working_directory;
  file::Place place;
  TRY(place.find(AT_FDCWD, path, file::Follow::kYes));
  return file::change_directory(place);
}

Result<loader::Entry> load_first(ProgramSearch search, const char* const* argv, const char* const* envp,
                                 loader::LoadError& error) {
  PathBuffer path;
  if (!path) return loader::refuse(loader::Reason::kNoMemory, error.reason);
  error.reason = loader::Reason::kNotFound;
  while (search.next(path.get())) {
    loader::LoadError tried;
    auto entry = loader::load_program(path.get(), argv, envp, tried);
    if (entry.ok()) return entry;
    // As execvp(3): that there is one which we may not run says more than that there is none.
    if (tried.reason != loader::Reason::kNotFound) error = tried;
    if (!may_be_elsewhere(tried.reason)) break;
  }
  return loader::to_errno(error.reason);
}

}  // namespace

Result<loader::Entry> load_configured(const scf::Configuration& configuration, loader::LoadError& error) {
  auto argv = StringPointers::of(configuration.arguments);
  auto envp = StringPointers::of(configuration.environment);
  if (!argv.ok() || !envp.ok()) return loader::refuse(loader::Reason::kNoMemory, error.reason);
  const Result<void> changed = change_directory(configuration);
  if (!changed.ok()) return loader::refuse(loader::to_reason(changed.error()), error.reason);
  return load_first(ProgramSearch(configuration), argv.value().get(), envp.value().get(), error);
}

}  // namespace scone::entry

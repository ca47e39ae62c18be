#include "enclave/shield/console_file.h"

#include <asm/stat.h>

#include <new>

#include "enclave/file/mode.h"

namespace scone::shield {

Result<Ref<file::File>> ConsoleOutputFile::create(ConsoleOutput& output, int flags) {
  auto* file = new (std::nothrow) ConsoleOutputFile(output, O_WRONLY | flags);
  if (!file) return Errno(ENOMEM);
  return Ref<file::File>::adopt(file);
}

Result<size_t> ConsoleOutputFile::write(file::IoVector& from, std::optional<uint64_t> offset) {
  if (offset) return Errno(ESPIPE);
  return output_.write(from);
}

Result<void> ConsoleOutputFile::stat(struct ::stat& result) {
  TRY(File::stat(result));
  result.st_mode = file::kModeFifo | 0600;
  return ok();
}

Result<Ref<file::File>> ConsoleOutputFile::reopen(int flags) {
  if ((flags & O_ACCMODE) != O_WRONLY) return Errno(EACCES);
  return create(output_, flags & O_NONBLOCK);
}

// All descriptions of a stream share the host's one; the last word counts.
Result<void> ConsoleOutputFile::set_flags(int flags) {
  TRY(output_.host().set_flags((output_.host().flags() & ~O_NONBLOCK) | (flags & O_NONBLOCK)));
  return File::set_flags(flags);
}

Result<Ref<file::File>> ConsoleInputFile::create(Ref<file::File> pipe, const std::atomic<bool>& failed,
                                                 int flags) {
  auto* file = new (std::nothrow) ConsoleInputFile(std::move(pipe), failed, O_RDONLY | flags);
  if (!file) return Errno(ENOMEM);
  return Ref<file::File>::adopt(file);
}

Result<size_t> ConsoleInputFile::read(file::IoVector& to, std::optional<uint64_t> offset) {
  const size_t wanted = to.remaining();
  const size_t count = TRY(pipe_->read(to, offset));
  if (count == 0 && wanted > 0 && failed_.load(std::memory_order_acquire)) return Errno(EIO);
  return count;
}

Result<Ref<file::File>> ConsoleInputFile::reopen(int flags) {
  if ((flags & O_ACCMODE) != O_RDONLY) return Errno(EACCES);
  return create(TRY(pipe_->reopen(flags)), failed_, flags & O_NONBLOCK);
}

Result<void> ConsoleInputFile::set_flags(int flags) {
  TRY(pipe_->set_flags(flags));
  return File::set_flags(flags);
}

}  // namespace scone::shield

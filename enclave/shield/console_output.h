// stdout or stderr of a program whose console is shielded.
#pragma once

#include <cstdint>

#include "base/ref.h"
#include "base/result.h"
#include "console/writer.h"
#include "enclave/file/file.h"
#include "enclave/sched/mutex.h"

namespace scone::shield {

// One stream of records to the host. Lives as long as the process. Thread safe.
class ConsoleOutput {
 public:
  explicit ConsoleOutput(console::Stream stream) : writer_(stream) {}

  // Where the lines go. Before anything else; without one there is no stream.
  void attach(Ref<file::File> host) { host_ = std::move(host); }
  bool attached() const { return static_cast<bool>(host_); }
  file::File& host() { return *host_; }

  // The enclave's nonce, before the client has answered. EIO, ENOMEM, and what the host's file answers. Precondition: attached.
  Result<void> challenge(console::Key key, const console::Session& session);
  // Begins the stream, if there is one.
  Result<void> begin(console::Key key, const console::Session& session);
  // As write(2). What was taken was sealed, and is on the host or next in line: at most one record waits, for the next call.
  Result<size_t> write(file::IoVector& from);
  // The process ended with a wait(2) status: the last record. Waits until the host has taken it.
  void end(uint32_t wait_status);

 private:
  Result<void> flush();
  Result<void> flush_at_last();
  Result<void> seal_some(file::IoVector& from, size_t& count);

  Ref<file::File> host_;
  sched::Mutex mutex_;  // guards the rest; held while the host is written to
  console::RecordWriter writer_;
  console::Line line_;  // ciphertext
  size_t sent_ = 0;     // of line_
  bool begun_ = false;
  uint8_t piece_[console::kMaxPayload];
};

}  // namespace scone::shield

// stdin of a program whose console is shielded.
#pragma once

#include "base/ref.h"
#include "base/result.h"
#include "console/line_splitter.h"
#include "console/reader.h"
#include "enclave/file/file.h"

namespace scone::shield {

// One stream of records from the host. Lives as long as the process. One thread reads at a time.
class ConsoleInput {
 public:
  // `key` must outlive the stream's first record. `enclave` has the nonce that the client must answer.
  ConsoleInput(Ref<file::File> host, console::Key key, const console::Session& enclave)
      : host_(std::move(host)), reader_(key, console::Stream::kInput) {
    reader_.expect_enclave(enclave);
  }

  // The next record; parks until it is there. kTruncated: the host has nothing more.
  console::Fault next(console::Record& record);
  const console::Session& session() const { return reader_.session(); }

 private:
  bool fill();

  const Ref<file::File> host_;
  console::LineSplitter lines_;
  console::RecordReader reader_;
};

}  // namespace scone::shield

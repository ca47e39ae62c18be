// What /proc says about single threads.
#pragma once

#include <string_view>

#include "base/result.h"

namespace scone::file {

// A thread's name as of PR_SET_NAME; the main thread's begins as the program's file name.
class ThreadName {
 public:
  // ESRCH.
  Result<void> read(int thread);
  std::string_view view() const { return {text_, size_}; }

 private:
  char text_[16] = {};
  size_t size_ = 0;
};

// Cut to 15 characters. ESRCH.
Result<void> rename_thread(int thread, std::string_view name);

}  // namespace scone::file

// A command with pipes at its stdin, stdout and stderr.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace scone::cli {

class ChildProcess {
 public:
  // `with_input`: otherwise its stdin is /dev/null. On failure `error` says in one line why.
  bool start(const std::vector<std::string>& command, bool with_input, std::string& error);
  ChildProcess() = default;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  // Our ends; -1 when closed. input() is non-blocking.
  int input() const { return input_; }
  int output() const { return output_; }
  int error() const { return error_; }
  void close_input() { close_end(input_); }
  void close_output() { close_end(output_); }
  void close_error() { close_end(error_); }

  // Asks it to end, and makes it end if it does not within two seconds. Then it has been waited for.
  void stop();
  // Waits for its end.
  void wait();

 private:
  static void close_end(int& end);
  int input_ = -1, output_ = -1, error_ = -1;
  pid_t pid_ = -1;
};

}  // namespace scone::cli

#include "cli/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/commands.h"

namespace scone::cli {
namespace {

constexpr int kPolls = 100;
constexpr useconds_t kPollInterval = 20'000;

struct PipeEnds {
  int read = -1, write = -1;
  bool open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read = ends[0];
    write = ends[1];
    return true;
  }
};

[[noreturn]] void become(const std::vector<std::string>& command, int input, int output, int error) {
  signal(SIGPIPE, SIG_DFL);
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  if (dup2(input, 0) >= 0 && dup2(output, 1) >= 0 && dup2(error, 2) >= 0) execvp(arguments[0], arguments.data());
  const std::string message = "scone console: " + command[0] + ": " + strerror(errno) + "\n";
  (void)!write(error, message.data(), message.size());
  _exit(errno == ENOENT ? kNotFound : kCannotExecute);
}

}  // namespace

bool ChildProcess::start(const std::vector<std::string>& command, bool with_input, std::string& error) {
  PipeEnds in, out, err;
  const bool opened = with_input ? in.open() : (in.read = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;
  if (opened && out.open() && err.open()) pid_ = fork();
  if (pid_ == 0) become(command, in.read, out.write, err.write);
  if (pid_ < 0) error = std::string("cannot start the command: ") + strerror(errno);
  for (int end : {in.read, out.write, err.write}) close_end(end);
  input_ = in.write;
  output_ = out.read;
  error_ = err.read;
  if (input_ >= 0) fcntl(input_, F_SETFL, O_NONBLOCK);
  return pid_ > 0;
}

ChildProcess::~ChildProcess() {
  close_input();
  close_output();
  close_error();
}

void ChildProcess::close_end(int& end) {
  if (end >= 0) close(end);
  end = -1;
}

void ChildProcess::stop() {
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  for (int i = 0; i < kPolls; ++i) {
    if (waitpid(pid_, nullptr, WNOHANG) != 0) {
      pid_ = -1;
      return;
    }
    usleep(kPollInterval);
  }
  kill(pid_, SIGKILL);
  wait();
}

void ChildProcess::wait() {
  if (pid_ <= 0) return;
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace scone::cli

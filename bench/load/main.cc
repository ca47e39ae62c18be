// A load generator for key-value servers: one thread, so that it needs no more than one core.
#include <sys/epoll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <vector>

#include "bench/load/connection.h"

namespace scone::bench {
namespace {

struct Result {
  uint64_t requests = 0;
  double seconds = 0;
  Histogram latencies;
};

class Load {
 public:
  Load(const Options& options, const Protocol& protocol)
      : options_(options), plan_(options), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    TlsContext tls = options.tls ? make_tls_context(options.ca) : TlsContext(nullptr, SSL_CTX_free);
    const unsigned connections = options.fill ? 1 : options.connections;
    for (unsigned i = 0; i < connections; ++i) {
      auto& connection =
          connections_.emplace_back(std::make_unique<Connection>(options.port, tls.get(), protocol));
      // Edge-triggered: a connection goes on until it would block, then the next event is news.
      epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.ptr = connection.get()}};
      if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection->fd(), &event) != 0)
        throw std::runtime_error("epoll_ctl failed");
    }
  }
  ~Load() { close(epoll_); }

  // Requests until the time is up; an answer that comes later does not count.
  Result run() {
    Result result;
    const uint64_t begin = monotonic_ns();
    const uint64_t end = begin + static_cast<uint64_t>(options_.seconds * 1e9);
    for (auto& connection : connections_) connection->start(plan_, options_.pipeline, monotonic_ns());
    uint64_t now = begin;
    while ((now = monotonic_ns()) < end) serve(end, result);
    result.seconds = static_cast<double>(now - begin) / 1e9;
    return result;
  }

  // Each key once.
  Result fill() {
    Result result;
    const uint64_t begin = monotonic_ns();
    while (result.requests < options_.keys) {
      if (connections_.front()->idle()) {
        const auto left = static_cast<unsigned>(options_.keys - result.requests);
        connections_.front()->start(plan_, std::min(left, options_.pipeline), monotonic_ns());
      }
      serve(0, result);
    }
    result.seconds = static_cast<double>(monotonic_ns() - begin) / 1e9;
    return result;
  }

 private:
  // Waits for events and handles them; before `end_ns` whoever has all answers asks anew.
  void serve(uint64_t end_ns, Result& result) {
    epoll_event events[64];
    const int count = epoll_wait(epoll_, events, std::size(events), 10);
    if (count < 0 && errno != EINTR) throw std::runtime_error("epoll_wait failed");
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      result.requests += connection.advance(result.latencies);
      const uint64_t now = monotonic_ns();
      if (connection.idle() && now < end_ns) connection.start(plan_, options_.pipeline, now);
    }
  }

  const Options& options_;
  Plan plan_;
  int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

void print(const Result& result) {
  const auto us = [&](double part) { return static_cast<double>(result.latencies.quantile(part)) / 1e3; };
  printf(
      "{\"requests\": %lu, \"seconds\": %.6f, \"rate\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, "
      "\"p999_us\": %.1f, "
      "\"max_us\": %.1f}\n",
      result.requests, result.seconds, static_cast<double>(result.requests) / result.seconds, us(0.5),
      us(0.99), us(0.999), us(1));
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("--protocol", options.protocol, "redis or memcached")
      ->check(CLI::IsMember({"redis", "memcached"}));
  app.add_option("--port", options.port, "of the server, on 127.0.0.1")->required();
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 10'000))->capture_default_str();
  app.add_option("--pipeline", options.pipeline, "requests at once")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--keys", options.keys)->check(CLI::Range(1, 10'000'000))->capture_default_str();
  app.add_option("--value-size", options.value_size, "bytes")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_option("--writes", options.writes, "part of the requests")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--zipf", options.zipf, "exponent; 0: uniform")
      ->check(CLI::Range(0.0, 5.0))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.01, 3600.0))->capture_default_str();
  app.add_flag("--fill", options.fill, "set each key once over one connection, and end");
  app.add_flag("--tls", options.tls);
  app.add_option("--ca", options.ca, "PEM file of the authority that signed the server's certificate");
}

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Puts a key-value server under load and prints what it did as JSON.");
  add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  try {
    const auto protocol = options.protocol == "redis" ? make_redis(options) : make_memcached(options);
    Load load(options, *protocol);
    print(options.fill ? load.fill() : load.run());
  } catch (const std::exception& error) {
    fprintf(stderr, "bench-load: %s\n", error.what());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace scone::bench

int main(int argc, char** argv) { return scone::bench::main(argc, argv); }

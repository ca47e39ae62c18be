// RESP2: https://redis.io/docs/latest/develop/reference/protocol-spec/
#include "bench/load/protocol.h"

namespace scone::bench {
namespace {

constexpr std::string_view kOk = "+OK\r\n";

void append_bulk(std::string& out, std::string_view text) {
  out.append("$").append(std::to_string(text.size())).append("\r\n").append(text).append("\r\n");
}

class Redis final : public Protocol {
 public:
  explicit Redis(const Options& options)
      : size_(options.value_size), head_("$" + std::to_string(options.value_size) + "\r\n") {}

  void append(std::string& out, Request request) const override {
    out.append(request.write ? "*3\r\n$3\r\nSET\r\n" : "*2\r\n$3\r\nGET\r\n");
    append_bulk(out, key_name(request.key));
    if (request.write) append_bulk(out, value_of(request.key, size_));
  }

  size_t answer_length(std::string_view text, Request request) const override {
    const std::string_view head = request.write ? kOk : head_;
    if (!text.starts_with(head.substr(0, text.size()))) wrong(text);
    const size_t length = request.write ? kOk.size() : head_.size() + size_ + 2;
    if (text.size() < length) return 0;
    if (!request.write) check_value(text.substr(head_.size(), size_), request.key, size_);
    return length;
  }

 private:
  uint32_t size_;     // of each value, bytes
  std::string head_;  // of a value's answer
};

}  // namespace

std::unique_ptr<Protocol> make_redis(const Options& options) { return std::make_unique<Redis>(options); }

}  // namespace scone::bench

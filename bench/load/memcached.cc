// The text protocol: https://github.com/memcached/memcached/blob/master/doc/protocol.txt
#include "bench/load/protocol.h"

namespace scone::bench {
namespace {

constexpr std::string_view kStored = "STORED\r\n";
constexpr std::string_view kEnd = "END\r\n";

class Memcached final : public Protocol {
 public:
  explicit Memcached(const Options& options) : size_(options.value_size) {}

  void append(std::string& out, Request request) const override {
    if (!request.write) {
      out.append("get ").append(key_name(request.key)).append("\r\n");
      return;
    }
    out.append("set ")
        .append(key_name(request.key))
        .append(" 0 0 ")
        .append(std::to_string(size_))
        .append("\r\n");
    out.append(value_of(request.key, size_)).append("\r\n");
  }

  size_t answer_length(std::string_view text, Request request) const override {
    if (request.write) {
      if (!text.starts_with(kStored.substr(0, text.size()))) wrong(text);
      return text.size() < kStored.size() ? 0 : kStored.size();
    }
    const std::string head = "VALUE " + key_name(request.key) + " 0 " + std::to_string(size_) + "\r\n";
    const size_t length = head.size() + size_ + 2 + kEnd.size();
    if (!text.starts_with(std::string_view(head).substr(0, text.size()))) wrong(text);
    if (text.size() < length) return 0;
    check_value(text.substr(head.size(), size_), request.key, size_);
    if (text.substr(length - kEnd.size(), kEnd.size()) != kEnd) wrong(text);
    return length;
  }

 private:
  uint32_t size_;  // of each value, bytes
};

}  // namespace

std::unique_ptr<Protocol> make_memcached(const Options& options) {
  return std::make_unique<Memcached>(options);
}

}  // namespace scone::bench

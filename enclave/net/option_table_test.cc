#include "enclave/net/option_table.h"

#include <asm/socket.h>
#include <gtest/gtest.h>
#include <linux/in.h>
#include <linux/tcp.h>

namespace scone::net {
namespace {

TEST(OptionTable, KnowsWhatServersUse) {
  EXPECT_EQ(find_option(SOL_SOCKET, SO_REUSEADDR)->max_size, 4);
  EXPECT_EQ(find_option(SOL_SOCKET, SO_LINGER)->max_size, 8);
  EXPECT_EQ(find_option(IPPROTO_TCP, TCP_NODELAY)->max_size, 4);
}

TEST(OptionTable, AttackSurfaceThatStaysClosed) {
  constexpr int kLevelTls = 282;
  const struct {
    const char* what;
    int level, name;
  } cases[] = {
      {"filter programs are pointers", SOL_SOCKET, SO_ATTACH_FILTER},
      {"as are those that choose a listener", SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF},
      {"pages that the host reads later", SOL_SOCKET, SO_ZEROCOPY},
      {"a mapping of host memory", IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE},
      {"TLS in the kernel would hand it the keys", IPPROTO_TCP, TCP_ULP},
      {"the same", kLevelTls, 1},
      {"repair mode rewrites the connection", IPPROTO_TCP, TCP_REPAIR},
      {"packet filters are pointers", IPPROTO_IP, 64},
  };
  for (const auto& each : cases) EXPECT_EQ(find_option(each.level, each.name), nullptr) << each.what;
}

}  // namespace
}  // namespace scone::net

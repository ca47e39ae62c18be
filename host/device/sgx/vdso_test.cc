#include "host/device/sgx/vdso.h"

#include <gtest/gtest.h>
#include <sys/auxv.h>
#include <time.h>

namespace scone::host::hw {
namespace {

TEST(Vdso, FindsAFunctionThatEveryKernelExports) {
  auto symbol = find_vdso_symbol(getauxval(AT_SYSINFO_EHDR), "__vdso_clock_gettime");
  ASSERT_TRUE(symbol.has_value());
  EXPECT_GT(symbol->size, 0u);
  auto* function = reinterpret_cast<int (*)(clockid_t, timespec*)>(symbol->address);
  timespec ours{}, theirs{};
  ASSERT_EQ(function(CLOCK_MONOTONIC, &ours), 0);
  ASSERT_EQ(clock_gettime(CLOCK_MONOTONIC, &theirs), 0);
  EXPECT_LE(theirs.tv_sec - ours.tv_sec, 1);
}

TEST(Vdso, DoesNotFindWhatIsNotThere) {
  EXPECT_FALSE(find_vdso_symbol(getauxval(AT_SYSINFO_EHDR), "__vdso_no_such_function").has_value());
  EXPECT_FALSE(find_vdso_symbol(getauxval(AT_SYSINFO_EHDR), "__vdso_clock_gettim").has_value());
  EXPECT_FALSE(find_vdso_symbol(0, "__vdso_clock_gettime").has_value());
}

}  // namespace
}  // namespace scone::host::hw

#include "base/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace scone {
namespace {

Result<int> half(int n) {
  if (n % 2) return Errno(EINVAL);
  return n / 2;
}
Result<int> quarter(int n) { return TRY(half(TRY(half(n)))); }
Result<void> check(int n) {
  TRY(half(n));
  return ok();
}

TEST(Result, TryPassesValuesAndReturnsErrors) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error(), Errno(EINVAL));
  EXPECT_TRUE(check(4).ok());
  EXPECT_EQ(check(5).error(), Errno(EINVAL));
}

TEST(Result, HoldsMoveOnlyValues) {
  auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); };
  auto use = [&]() -> Result<int> {
    auto p = TRY(make());
    return *p;
  };
  EXPECT_EQ(use().value(), 7);
}

TEST(Result, DestroysItsValueOnce) {
  auto counter = std::make_shared<int>();
  {
    Result<std::shared_ptr<int>> a(counter);
    Result<std::shared_ptr<int>> b(std::move(a));
    EXPECT_EQ(counter.use_count(), 2);
  }
  EXPECT_EQ(counter.use_count(), 1);
}

}  // namespace
}  // namespace scone

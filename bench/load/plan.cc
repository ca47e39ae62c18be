#include "bench/load/plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace scone::bench {
namespace {

constexpr size_t kRequests = size_t{1} << 20;
constexpr uint64_t kSeed = 20160811;

// P(rank k) ~ 1 / (k + 1)^exponent.
std::vector<double> weights(uint32_t keys, double exponent) {
  std::vector<double> result(keys);
  for (uint32_t rank = 0; rank < keys; ++rank) result[rank] = std::pow(rank + 1.0, -exponent);
  return result;
}

}  // namespace

Plan::Plan(const Options& options) {
  if (options.fill) {
    for (uint32_t key = 0; key < options.keys; ++key) requests_.push_back({key, true});
    return;
  }
  std::mt19937_64 random(kSeed);
  // Popular keys lie anywhere among the others.
  std::vector<uint32_t> key_of_rank(options.keys);
  std::iota(key_of_rank.begin(), key_of_rank.end(), 0);
  std::shuffle(key_of_rank.begin(), key_of_rank.end(), random);
  const auto weight = weights(options.keys, options.zipf);
  std::discrete_distribution<uint32_t> rank(weight.begin(), weight.end());
  std::bernoulli_distribution write(options.writes);
  requests_.reserve(kRequests);
  for (size_t i = 0; i < kRequests; ++i) requests_.push_back({key_of_rank[rank(random)], write(random)});
}

}  // namespace scone::bench

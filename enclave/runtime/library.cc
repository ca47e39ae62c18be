// What the C++ library's headers call when a precondition is broken: there are no exceptions here, so the enclave stops.
namespace std {
[[noreturn]] __attribute__((visibility("hidden"))) void __throw_out_of_range_fmt(const char*, ...) {
  __builtin_trap();
}
}  // namespace std

// Pointers to host memory: untrusted, outside ELRANGE, changing under our eyes.
//
// A HostPtr cannot be dereferenced and does not convert to or from AppPtr. Every access is one copy; what was copied is then
// checked, and never read again. Only enclave/boundary/ may include this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/result.h"

namespace scone::boundary {

// True if [address, address + size) lies wholly outside ELRANGE and does not wrap.
bool is_host_range(uint64_t address, uint64_t size);

template <typename T>
class HostPtr {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  constexpr HostPtr() = default;
  // Checks address, alignment and range once; EFAULT. Afterwards accesses need no check.
  static Result<HostPtr> at(uint64_t address, uint64_t count = 1) {
    uint64_t size;
    if (__builtin_mul_overflow(count, sizeof(T), &size) || address % alignof(T) != 0 || !is_host_range(address, size))
      return Errno(14);  // EFAULT
    HostPtr pointer;
    pointer.address_ = address;
    return pointer;
  }

  constexpr uint64_t address() const { return address_; }
  constexpr explicit operator bool() const { return address_ != 0; }
  // Precondition: index < count given to at().
  HostPtr operator+(uint64_t index) const {
    HostPtr pointer;
    pointer.address_ = address_ + index * sizeof(T);
    return pointer;
  }
  // A field of the struct pointed to, e.g. slot.field(&abi::Slot::state).
  template <typename Field, typename Struct = T>
    requires std::is_class_v<Struct>
  HostPtr<Field> field(Field Struct::*member) const {
    return HostPtr<Field>::unchecked(address_ + offset_of(member));
  }

  // One aligned access of at most 8 bytes.
  T load() const
    requires(sizeof(T) <= 8)
  {
    // SAFETY: in range since at(); volatile makes it exactly one access.
    return *reinterpret_cast<const volatile T*>(address_);
  }
  T load_acquire() const
    requires(sizeof(T) == 8)
  {
    return __atomic_load_n(reinterpret_cast<T*>(address_), __ATOMIC_ACQUIRE);
  }
  void store(T value) const
    requires(sizeof(T) <= 8)
  {
    // SAFETY: as load().
    *reinterpret_cast<volatile T*>(address_) = value;
  }
  void store_release(T value) const
    requires(sizeof(T) == 8)
  {
    __atomic_store_n(reinterpret_cast<T*>(address_), value, __ATOMIC_RELEASE);
  }
  T exchange(T value) const
    requires(sizeof(T) == 8)
  {
    return __atomic_exchange_n(reinterpret_cast<T*>(address_), value, __ATOMIC_ACQ_REL);
  }

  static constexpr HostPtr unchecked(uint64_t address) {
    HostPtr pointer;
    pointer.address_ = address;
    return pointer;
  }

 private:
  template <typename Field, typename Struct>
  static uint64_t offset_of(Field Struct::*member) {
    // SAFETY: no object is accessed; the offset is computed from an aligned dummy address.
    alignas(T) static constexpr char dummy[1] = {};
    auto* base = reinterpret_cast<const T*>(&dummy);
    return reinterpret_cast<uint64_t>(&(base->*member)) - reinterpret_cast<uint64_t>(base);
  }
  uint64_t address_ = 0;
};

}  // namespace scone::boundary

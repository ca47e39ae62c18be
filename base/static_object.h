// An object with static storage that is created when its time has come, and never destroyed.
//
// The enclave runs no global constructors or destructors; what cannot be initialised by the compiler is created by hand.
#pragma once

#include <new>
#include <utility>

namespace scone {

// Not thread safe: create() happens before any other use.
template <typename T>
class StaticObject {
 public:
  template <typename... Args>
  T& create(Args&&... args) {
    return *new (storage_) T(std::forward<Args>(args)...);
  }
  T& get() { return *std::launder(reinterpret_cast<T*>(storage_)); }
  T* operator->() { return &get(); }

 private:
  alignas(T) unsigned char storage_[sizeof(T)];
};

}  // namespace scone

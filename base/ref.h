// Shared ownership by an atomic count inside the object.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace scone {

// Base class of an object held by Ref<T>. The count starts at one, owned by the creator.
class RefCounted {
 public:
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;
  void ref() { references_.fetch_add(1, std::memory_order_relaxed); }
  // Takes a reference unless the last one is gone already, that is, the object is being destroyed.
  bool try_ref() {
    uint32_t count = references_.load(std::memory_order_relaxed);
    while (count != 0)
      if (references_.compare_exchange_weak(count, count + 1, std::memory_order_acquire)) return true;
    return false;
  }
  // True when the last reference is gone and the caller must destroy the object.
  bool unref() { return references_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

 protected:
  RefCounted() = default;
  ~RefCounted() = default;

 private:
  std::atomic<uint32_t> references_{1};
};

// Owns one reference to a T, or nothing. T derives from RefCounted; a T that is a base class
// has a virtual destructor. The pointer itself is not thread safe, the count is.
template <typename T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}  // NOLINT
  // Takes over the creator's reference.
  static Ref adopt(T* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  // Takes a further reference.
  static Ref share(T* object) {
    if (object) object->ref();
    return adopt(object);
  }
  Ref(const Ref& other) : object_(other.object_) {
    if (object_) object_->ref();
  }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <typename U>
  Ref(Ref<U>&& other) noexcept : object_(other.release()) {}  // NOLINT
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ && object_->unref()) delete object_;
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  // Gives the reference away; the caller now owns it.
  T* release() { return std::exchange(object_, nullptr); }

 private:
  T* object_ = nullptr;
};

}  // namespace scone

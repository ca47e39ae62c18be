#include "enclave/file/foresight.h"

#include <asm/unistd.h>
#include <linux/fcntl.h>

#include <atomic>
#include <new>
#include <utility>

#include "enclave/boundary/host_call.h"
#include "enclave/boundary/round.h"
#include "enclave/file/host_stat.h"
#include "enclave/runtime/memory.h"
#include "enclave/sched/lock.h"

namespace scone::file::foresight {

Inquiry Inquiry::stat(uint64_t descriptor) {
  Inquiry inquiry;
  inquiry.number = __NR_fstat;
  inquiry.descriptor = descriptor;
  return inquiry;
}

Inquiry Inquiry::read(uint64_t descriptor, uint64_t offset, size_t size) {
  Inquiry inquiry;
  inquiry.number = __NR_pread64;
  inquiry.descriptor = descriptor;
  inquiry.first = size;
  inquiry.offset = offset;
  return inquiry;
}

std::optional<Inquiry> Inquiry::stat_path(std::string_view path, uint64_t flags) {
  if (path.size() >= kMaxPath) return std::nullopt;
  Inquiry inquiry;
  inquiry.number = __NR_newfstatat;
  inquiry.descriptor = static_cast<uint64_t>(AT_FDCWD);
  inquiry.first = flags;
  inquiry.path_size = path.size();
  memcpy(inquiry.path, path.data(), path.size());
  return inquiry;
}

bool Inquiry::operator==(const Inquiry& other) const {
  return number == other.number && descriptor == other.descriptor && first == other.first &&
         offset == other.offset && path_size == other.path_size && memcmp(path, other.path, path_size) == 0;
}

namespace {

constexpr size_t kMost = 4;  // questions behind one action
constexpr size_t kHabits = 32;

// What followed an action the last time.
struct Habit {
  uint32_t action = 0;  // hash; 0: free
  size_t count = 0;
  bool asked = false;  // since the action: what of it is wanted shows whether it was worth it
  struct {
    Inquiry inquiry;
    bool wanted;
  } following[kMost] = {};
};

struct Known {
  Inquiry inquiry;
  Answer answer;
};

constinit sched::SpinLock g_lock{sched::LockRank::kObject};
constinit Habit g_habits[kHabits] = {};  // guarded by g_lock, as the rest
constinit size_t g_next_habit = 0;
constinit std::atomic<Habit*> g_current{
    nullptr};                  // of the last action, while what follows is learned; written under g_lock
constinit std::atomic<bool> g_due{false};  // what follows g_current was not asked yet
constinit uint64_t g_due_descriptor = 0;
constinit uint64_t g_age = 0;  // the world's age if nothing but the action and questions after it has crossed
constinit std::atomic<uint32_t> g_known_count{0};  // read without it as a hint
constinit Known* g_known = nullptr;                // kMost of them, made when needed, never destroyed

// A habit that was not there takes the place of another one.
Habit& habit_of(uint32_t action) {
  for (Habit& habit : g_habits)
    if (habit.action == action) return habit;
  Habit& habit = g_habits[g_next_habit++ % kHabits];
  habit = Habit{action};
  return habit;
}

// g_lock held. The program asks this, and it is not known: learned, if a question behind the action would have been in time.
void learn(const Inquiry& inquiry) {
  Habit* current = g_current.load(std::memory_order_relaxed);
  if (!current) return;
  Habit& habit = *current;
  if (boundary::world_age() != g_age || habit.count == kMost)
    return g_current.store(nullptr, std::memory_order_relaxed);
  ++g_age;  // by the crossing that comes now
  habit.following[habit.count++] = {inquiry, true};
}

// g_lock held.
void note_use(const Inquiry& inquiry) {
  Habit* current = g_current.load(std::memory_order_relaxed);
  for (size_t i = 0; current && i < current->count; ++i)
    if (current->following[i].inquiry == inquiry) current->following[i].wanted = true;
}

// g_lock held. What nobody wanted is not asked again.
void forget_unwanted(Habit& habit) {
  size_t kept = 0;
  for (size_t i = 0; i < habit.count; ++i)
    if (habit.following[i].wanted) habit.following[kept++] = habit.following[i];
  habit.count = kept;
  habit.asked = false;
}

struct Plan {
  size_t count = 0;
  Inquiry inquiries[kMost];
};

// g_lock held. The action happens now.
Habit& begin(uint32_t action) {
  Habit& habit = habit_of(action);
  if (habit.asked) forget_unwanted(habit);
  g_current.store(&habit, std::memory_order_relaxed);
  return habit;
}

// g_lock held. What will follow it, to be asked now.
void plan_questions(Habit& habit, uint64_t descriptor, Plan& plan) {
  g_due.store(false, std::memory_order_relaxed);
  habit.asked = true;
  for (size_t i = 0; i < habit.count; ++i) {
    habit.following[i].wanted = false;
    const Inquiry& inquiry = habit.following[i].inquiry;
    if (inquiry.number == __NR_newfstatat || inquiry.descriptor == descriptor)
      plan.inquiries[plan.count++] = inquiry;
  }
}

// The questions that are due, if this is one of them.
void plan_due_questions(const Inquiry& inquiry, Plan& plan) {
  sched::SpinGuard guard(g_lock);
  Habit* current = g_current.load(std::memory_order_relaxed);
  if (!g_due.load(std::memory_order_relaxed) || !current) return;
  for (size_t i = 0; i < current->count; ++i)
    if (current->following[i].inquiry == inquiry) return plan_questions(*current, g_due_descriptor, plan);
}

// A question on its way.
struct Asked {
  HostBuffer path, bytes;
};

Result<boundary::CallArguments> prepare_one(const Inquiry& inquiry, Asked& asked) {
  const bool reads = inquiry.number == __NR_pread64;
  asked.bytes = TRY(HostBuffer::allocate(reads ? inquiry.first : kHostStatSize));
  const uint64_t bytes = asked.bytes.address();
  if (reads)
    return boundary::CallArguments{inquiry.number,
                                   {inquiry.descriptor, bytes, inquiry.first, inquiry.offset}};
  if (inquiry.number == __NR_fstat)
    return boundary::CallArguments{inquiry.number, {inquiry.descriptor, bytes}};
  asked.path = TRY(HostBuffer::allocate(inquiry.path_size + 1));
  asked.path.write(0, inquiry.path, inquiry.path_size);
  asked.path.put(inquiry.path_size, '\0');
  return boundary::CallArguments{inquiry.number,
                                 {inquiry.descriptor, asked.path.address(), bytes, inquiry.first}};
}

// False: there is no memory.
bool prepare(const Plan& plan, Asked* asked, boundary::CallArguments* calls) {
  for (size_t i = 0; i < plan.count; ++i) {
    auto prepared = prepare_one(plan.inquiries[i], asked[i]);
    if (!prepared.ok()) return false;
    calls[i] = prepared.value();
  }
  return true;
}

void keep(const Plan& plan, Asked* asked, const int64_t* results) {
  sched::SpinGuard guard(g_lock);
  if (!g_known || !boundary::nothing_since_own_crossing()) return;
  for (size_t i = 0; i < plan.count; ++i) {
    g_known[i].inquiry = plan.inquiries[i];
    g_known[i].answer.result = results[i];
    std::swap(g_known[i].answer.bytes, asked[i].bytes);
  }
  g_known_count.store(static_cast<uint32_t>(plan.count), std::memory_order_seq_cst);
  // Whoever made it old meanwhile saw nothing to forget.
  if (!boundary::nothing_since_own_crossing()) g_known_count.store(0, std::memory_order_relaxed);
}

// False: there is no memory. Not under the lock: the heap may have to grow.
bool have_room() {
  static std::atomic<bool> made{false};
  if (made.exchange(true)) return true;  // or another thread is about to: then the answers are not kept
  Known* room = new (std::nothrow) Known[kMost];
  if (!room) {
    made.store(false);
    return false;
  }
  sched::SpinGuard guard(g_lock);
  g_known = room;
  return true;
}

// The action is done.
void expect_questions() {
  if (!boundary::batching()) return;
  sched::SpinGuard guard(g_lock);
  g_age = boundary::world_age();
}

// By one crossing.
void ask_due_questions(const Inquiry& inquiry) {
  Plan plan;
  plan_due_questions(inquiry, plan);
  Asked asked[kMost];
  boundary::CallArguments calls[kMost];
  int64_t results[kMost];
  if (plan.count == 0 || boundary::calls_wait_for_company() || !boundary::posts_travel(plan.count) ||
      !have_room() || !prepare(plan, asked, calls))
    return;
  boundary::host_calls_now({calls, plan.count}, {results, plan.count});
  keep(plan, asked, results);
  expect_questions();
}

}  // namespace

bool is_of_use() {
  return g_known_count.load(std::memory_order_relaxed) != 0 || g_current.load(std::memory_order_relaxed);
}

std::optional<Answer> find(const Inquiry& inquiry) {
  if (!is_of_use()) return std::nullopt;
  if (g_due.load(std::memory_order_relaxed)) ask_due_questions(inquiry);
  sched::SpinGuard guard(g_lock);
  for (size_t i = 0; i < g_known_count.load(std::memory_order_relaxed); ++i) {
    if (!(g_known[i].inquiry == inquiry)) continue;
    g_known[i].inquiry.number = 0;
    note_use(inquiry);
    return std::move(g_known[i].answer);
  }
  learn(inquiry);
  return std::nullopt;
}

Result<uint64_t> act(const boundary::CallArguments& call, uint64_t descriptor, uint32_t what) {
  const auto& a = call.arguments;
  Plan plan;
  if (boundary::batching()) {
    sched::SpinGuard guard(g_lock);
    plan_questions(begin(what), descriptor, plan);
  }
  boundary::CallArguments calls[1 + kMost] = {call};
  int64_t results[1 + kMost];
  Asked asked[kMost];
  const bool together = plan.count > 0 && !boundary::calls_wait_for_company() &&
                        boundary::posts_travel(1 + plan.count) && have_room() &&
                        prepare(plan, asked, calls + 1);
  if (together) boundary::host_calls_now({calls, 1 + plan.count}, {results, 1 + plan.count});
  Result<uint64_t> result = together ? boundary::check_result(results[0])
                                     : host_call(call.number, a[0], a[1], a[2], a[3], a[4], a[5]);
  if (together) keep(plan, asked, results + 1);
  expect_questions();
  return result;
}

void note_act_inside(uint64_t descriptor, uint32_t what) {
  if (!boundary::batching()) return;
  sched::SpinGuard guard(g_lock);
  const Habit& habit = begin(what);
  g_due_descriptor = descriptor;
  g_due.store(habit.count > 0, std::memory_order_relaxed);
  g_age = boundary::world_age();
}

void forget_all() {
  if (g_known_count.load(std::memory_order_seq_cst) == 0) return;
  Answer gone[kMost];  // freed without the lock
  sched::SpinGuard guard(g_lock);
  const uint32_t count = g_known_count.exchange(0, std::memory_order_relaxed);
  for (uint32_t i = 0; i < count; ++i) {
    g_known[i].inquiry.number = 0;
    std::swap(gone[i], g_known[i].answer);
  }
}

}  // namespace scone::file::foresight

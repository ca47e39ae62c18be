#include "enclave/loader/program_load.h"

#include <asm/resource.h>
#include <linux/errno.h>
#include <linux/mman.h>

#include <string_view>

#include "abi/layout.h"
#include "base/checked.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/boundary/host_state.h"
#include "enclave/entry/vector.h"
#include "enclave/file/program_facts.h"
#include "enclave/loader/program.h"
#include "enclave/loader/vdso.h"
#include "enclave/mm/program.h"
#include "enclave/process/cpuid.h"
#include "enclave/process/limits.h"
#include "enclave/process/own_credentials.h"
#include "enclave/process/signal_frame.h"
#include "enclave/process/vector_state.h"
#include "enclave/random/random.h"
#include "enclave/runtime/memory.h"
#include "enclave/sched/lthread.h"

namespace scone::loader {
namespace {

constexpr uint64_t kPage = abi::kPageSize;
constexpr uint64_t kHeapGap = 32 << 20;      // as Linux: the heap starts up to so much behind the program
constexpr uint64_t kDisplacements = 8192;    // as Linux: the vectors on the stack are moved by less than this
constexpr uint64_t kLeastStack = 128 << 10;  // below what is on it at the start
constexpr uint64_t kHwcap2FsGsBase = 2;
constexpr uint64_t kMostStack = mm::kStackArea / 2;  // the other half is where it may begin

ProgramLayout program_layout() {
  return {.begin = abi::kProgramBegin,
          .end = abi::program_end(boundary::start_info().enclave_size),
          .stack_area = mm::kStackArea};
}

// As the kernel computes AT_MINSIGSTKSZ: the frame, the extended state, and what aligning them can cost.
uint64_t min_signal_stack() {
  const uint64_t state = process::layout_for(entry::xfrm()).size + process::kMagic2Size + 63;
  return align_up(sizeof(process::SignalFrame) + 16 + state, 16);
}

std::string_view last_component(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

void name_thread(std::string_view name) {
  auto& to = sched::current().name;
  memset(to, 0, sizeof to);
  memcpy(to, name.data(), name.size() < sizeof to ? name.size() : sizeof to - 1);
}

uint64_t stack_size(uint64_t used) {
  const uint64_t limit = process::limit(RLIMIT_STACK).soft;
  const uint64_t size = limit < kMostStack ? align_down(limit, kPage) : kMostStack;
  const uint64_t least = align_up(used + kLeastStack, kPage);
  return size < least ? least : size;
}

}  // namespace

Result<void> ProgramLoad::prepare(const char* path, const char* const* argv, const char* const* envp,
                                  Reason& why) {
  path_ = path;
  environment_ = list_of(envp);
  TRY(arguments_.assign(list_of(argv)));
  TRY(find_program(path, why));
  if (program_.image.interpreter) TRY(open_interpreter(program_, interpreter_, why));
  return StackImage::check({path_, arguments_.list(), environment_}, path_,
                           process::limit(RLIMIT_STACK).soft);
}

// Follows #! lines until there is a file that is none.
Result<void> ProgramLoad::find_program(const char* path, Reason& why) {
  FileBytes storage = TRY(FileBytes::allocate(kScriptHead));
  for (int depth = 0;; ++depth) {
    auto opened = open_executable(path, program_, why);
    if (!opened.ok()) {
      if (depth > 0) why = interpreter_reason(opened.error());
      return opened.error();
    }
    const std::span<const uint8_t> head = TRY(storage.read(*program_.backing, 0, kScriptHead));
    if (!is_script(head)) return read_image(*program_.backing, program_.image, why);
    if (depth == kMaxScriptDepth) return refuse(Reason::kScriptLoop, why);
    TRY(parse_script(head, scripts_[depth], why));
    arguments_.run_by(path, scripts_[depth]);
    path = scripts_[depth].interpreter;
  }
}

Result<Entry> ProgramLoad::commit(Reason& why) {
  TRY(map_images(why));
  const uint64_t heap = program_.image.end + program_bias_;
  mm::program().set_brk_base(heap + TRY(random::below(kHeapGap / kPage)) * kPage);
  const StackImage stack = TRY(build_stack());
  TRY(map_stack(stack));
  const Executable& first = interpreter_.file ? interpreter_ : program_;
  const uint64_t bias = interpreter_.file ? interpreter_bias_ : program_bias_;
  return Entry{.rip = first.image.entry + bias, .rsp = stack.pointer()};
}

Result<void> ProgramLoad::map_images(Reason& why) {
  program_bias_ = TRY(map_program(mm::program(), program_layout(), program_, why));
  if (interpreter_.file)
    interpreter_bias_ = TRY(map_interpreter(mm::program(), program_layout(), interpreter_, why));
  vdso_ = TRY(map_vdso(mm::program()));
  return ok();
}

Result<StackImage> ProgramLoad::build_stack() const {
  const ElfImage& image = program_.image;
  const process::Credentials credentials = process::credentials();
  AuxiliaryFacts facts{
      .header_address = image.header_address ? image.header_address + program_bias_ : 0,
      .header_count = image.header_count,
      .interpreter_base = interpreter_.file ? interpreter_bias_ + interpreter_.image.begin : 0,
      .entry = image.entry + program_bias_,
      .vdso = vdso_,
      .hwcap = process::cpuid_table().answer(1, 0, entry::xfrm()).edx,
      .hwcap2 = kHwcap2FsGsBase,
      .min_signal_stack = min_signal_stack(),
      .uid = credentials.users.real,
      .euid = credentials.users.effective,
      .gid = credentials.groups.real,
      .egid = credentials.groups.effective,
      .secure = false,
      .random = {},
  };
  TRY(random::fill(facts.random.data(), facts.random.size()));
  const uint64_t top = program_layout().end - TRY(random::below(kMostStack / kPage)) * kPage;
  return StackImage::build({path_, arguments_.list(), environment_}, path_, facts,
                           {.top = top,
                            .displacement = TRY(random::below(kDisplacements)),
                            .limit = process::limit(RLIMIT_STACK).soft});
}

Result<void> ProgramLoad::map_stack(const StackImage& stack) {
  const uint64_t size = stack_size(stack.bytes().size());
  const uint64_t begin = stack.pointer() + stack.bytes().size() - size;
  TRY(mm::program().mmap({.address = begin,
                          .length = size,
                          .prot = PROT_READ | PROT_WRITE,
                          .flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE | MAP_STACK,
                          .kind = mm::VmaKind::kStack}));
  TRY(boundary::copy_to_app(AppPtr<void>(stack.pointer()), stack.bytes().data(), stack.bytes().size()));
  return publish(stack);
}

// What others get to know about the program.
Result<void> ProgramLoad::publish(const StackImage& stack) {
  file::ProgramFacts facts{.arguments_begin = stack.arguments_begin(),
                           .arguments_end = stack.arguments_end(),
                           .environment_begin = stack.arguments_end(),
                           .environment_end = stack.environment_end(),
                           .auxiliary_begin = stack.auxiliary_begin(),
                           .auxiliary_end = stack.auxiliary_end(),
                           .code_begin = 0,
                           .code_end = 0,
                           .stack_begin = stack.pointer()};
  for (const Segment& load : program_.image.loads()) {
    if (!mm::has(load.prot, mm::Prot::kExecute)) continue;
    if (facts.code_begin == 0) facts.code_begin = load.address + program_bias_;
    facts.code_end = load.address + load.file.size + program_bias_;
  }
  file::PathName path;
  TRY(find_path(program_, path));
  TRY(file::set_program(path.view(), facts));
  name_thread(last_component(path_));
  return ok();
}

}  // namespace scone::loader

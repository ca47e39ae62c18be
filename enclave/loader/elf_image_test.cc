#include "enclave/loader/elf_image.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "enclave/loader/memory_backing.h"
#include "enclave/loader/segment_plan.h"

namespace scone::loader {
namespace {

constexpr uint64_t kPage = 4096;

// A small program as a linker would write it: text, and data with bss.
struct Sample {
  Elf64_Ehdr header{};
  Elf64_Phdr table[3]{};

  Sample() {
    memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_DYN;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_entry = 0x1000;
    header.e_phoff = sizeof header;
    header.e_ehsize = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 3;
    table[0] = {.p_type = PT_LOAD,
                .p_flags = PF_R | PF_X,
                .p_offset = 0,
                .p_vaddr = 0,
                .p_paddr = 0,
                .p_filesz = 0x1800,
                .p_memsz = 0x1800,
                .p_align = 0x1000};
    table[1] = {.p_type = PT_LOAD,
                .p_flags = PF_R | PF_W,
                .p_offset = 0x1800,
                .p_vaddr = 0x2800,
                .p_paddr = 0,
                .p_filesz = 0x100,
                .p_memsz = 0x3000,
                .p_align = 0x1000};
    table[2] = {.p_type = PT_INTERP,
                .p_flags = PF_R,
                .p_offset = 0x200,
                .p_vaddr = 0x200,
                .p_paddr = 0,
                .p_filesz = 28,
                .p_memsz = 28,
                .p_align = 1};
  }
  std::vector<uint8_t> bytes() const {
    std::vector<uint8_t> file(0x1900);
    memcpy(file.data(), &header, sizeof header);
    memcpy(file.data() + sizeof header, table, sizeof table);
    return file;
  }
};

struct Outcome {
  bool ok;
  Reason why = Reason::kNone;
  ElfImage image{};
};
Outcome read(std::vector<uint8_t> bytes, uint64_t claimed_size = 0) {
  MemoryBacking file(std::move(bytes));
  file.claimed_size = claimed_size;
  Outcome outcome{};
  outcome.ok = read_image(file, outcome.image, outcome.why).ok();
  return outcome;
}
Outcome read(const Sample& sample) { return read(sample.bytes()); }

// What the rest of the loader relies on, whatever the file says.
void expect_sound(const ElfImage& image, uint64_t file_size) {
  ASSERT_GT(image.segment_count, 0u);
  ASSERT_LE(image.segment_count, kMaxProgramHeaders);
  ASSERT_LT(image.begin, image.end);
  ASSERT_LE(image.end, kMaxAddress);
  ASSERT_EQ(image.alignment & (image.alignment - 1), 0u);
  ASSERT_GE(image.alignment, kPage);
  if (image.interpreter) {
    ASSERT_LE(image.interpreter->offset + image.interpreter->size, file_size);
    ASSERT_LE(image.interpreter->size, 4096u);
  }
  const AddressRange window{uint64_t{4} << 30, uint64_t{48} << 30};
  auto bias = choose_bias(image, window, 12345);
  if (!bias.ok()) return;
  ASSERT_TRUE(fits(image, bias.value(), window));
  for (const Segment& load : image.loads()) {
    ASSERT_LE(load.file.offset + load.file.size, file_size);
    const SegmentPlan plan = plan_segment(load, bias.value());
    for (AddressRange range : {plan.file, plan.zero, plan.anonymous}) {
      ASSERT_LE(range.begin, range.end);
      if (range.begin == range.end) continue;
      ASSERT_GE(range.begin, window.begin);
      ASSERT_LE(range.end, window.end);
    }
    ASSERT_EQ(plan.file.begin % kPage + plan.file.end % kPage + plan.file_offset % kPage, 0u);
    ASSERT_LT(plan.zero.length(), kPage);
  }
}

TEST(ElfImage, UnderstandsAnOrdinaryProgram) {
  Outcome outcome = read(Sample());
  ASSERT_TRUE(outcome.ok) << describe(outcome.why);
  const ElfImage& image = outcome.image;
  EXPECT_TRUE(image.position_independent);
  EXPECT_EQ(image.entry, 0x1000u);
  EXPECT_EQ(image.begin, 0u);
  EXPECT_EQ(image.end, 0x6000u);
  EXPECT_EQ(image.header_address, sizeof(Elf64_Ehdr));
  EXPECT_EQ(image.header_count, 3u);
  ASSERT_TRUE(image.interpreter.has_value());
  EXPECT_EQ(image.interpreter->offset, 0x200u);
  ASSERT_EQ(image.segment_count, 2u);
  EXPECT_EQ(image.segments[0].prot, mm::kReadExecute);
  EXPECT_EQ(image.segments[1].prot, mm::kReadWrite);
}

TEST(ElfImage, SaysWhatIsWrong) {
  EXPECT_EQ(read(std::vector<uint8_t>{}).why, Reason::kEmpty);
  EXPECT_EQ(read(std::vector<uint8_t>{'h', 'e', 'l', 'l', 'o'}).why, Reason::kNotElf);
  EXPECT_EQ(read(std::vector<uint8_t>{0x7f, 'E', 'L'}).why, Reason::kNotElf);
  EXPECT_EQ(read(std::vector<uint8_t>{0x7f, 'E', 'L', 'F'}).why, Reason::kTruncated);
  auto reason = [](auto change) {
    Sample sample;
    change(sample);
    return read(sample).why;
  };
  EXPECT_EQ(reason([](Sample& s) { s.header.e_ident[EI_CLASS] = ELFCLASS32; }), Reason::kNot64Bit);
  EXPECT_EQ(reason([](Sample& s) { s.header.e_ident[EI_CLASS] = 77; }), Reason::kBadHeader);
  EXPECT_EQ(reason([](Sample& s) { s.header.e_ident[EI_DATA] = ELFDATA2MSB; }), Reason::kWrongMachine);
  EXPECT_EQ(reason([](Sample& s) { s.header.e_machine = 183; }), Reason::kWrongMachine);
  EXPECT_EQ(reason([](Sample& s) { s.header.e_type = ET_REL; }), Reason::kNotAProgram);
  EXPECT_EQ(reason([](Sample& s) { s.header.e_type = ET_CORE; }), Reason::kNotAProgram);
  EXPECT_EQ(reason([](Sample& s) { s.header.e_phentsize = 32; }), Reason::kBadHeader);
  EXPECT_EQ(reason([](Sample& s) { s.header.e_phnum = 0xffff; }), Reason::kBadHeader);
  EXPECT_EQ(reason([](Sample& s) { s.header.e_phnum = 0; }), Reason::kNothingToLoad);
  EXPECT_EQ(reason([](Sample& s) { s.header.e_phoff = 0x1900; }), Reason::kTruncated);
  EXPECT_EQ(reason([](Sample& s) { s.header.e_phoff = ~uint64_t{0} - 10; }), Reason::kTruncated);
  EXPECT_EQ(reason([](Sample& s) { s.table[0].p_type = s.table[1].p_type = PT_NULL; }),
            Reason::kNothingToLoad);
  EXPECT_EQ(reason([](Sample& s) { s.table[1].p_filesz = 0x4000; }), Reason::kBadHeader);
  EXPECT_EQ(reason([](Sample& s) { s.table[0].p_filesz = s.table[0].p_memsz = 0x1901; }), Reason::kTruncated);
  EXPECT_EQ(reason([](Sample& s) { s.table[1].p_vaddr += 8; }), Reason::kBadHeader);
  EXPECT_EQ(reason([](Sample& s) { s.table[1].p_align = uint64_t{1} << 62; }), Reason::kBadHeader);
  EXPECT_EQ(reason([](Sample& s) { s.table[2].p_filesz = 1; }), Reason::kBadInterpreterName);
  EXPECT_EQ(reason([](Sample& s) { s.table[2].p_filesz = 4097; }), Reason::kBadInterpreterName);
  EXPECT_EQ(reason([](Sample& s) { s.table[2].p_offset = ~uint64_t{0}; }), Reason::kTruncated);
}

TEST(ElfImage, RefusesSegmentsWhoseEndWrapsAround) {
  Sample sample;
  sample.table[1].p_vaddr = ~uint64_t{0} - 0x7ff;  // agrees with p_offset modulo 4096
  EXPECT_EQ(read(sample).why, Reason::kBadHeader);
  sample.table[1].p_vaddr = 0x2800;
  sample.table[1].p_memsz = ~uint64_t{0} - 0x1000;
  EXPECT_EQ(read(sample).why, Reason::kBadHeader);
}

TEST(ElfImage, RefusesAFileThatShrinksWhileItIsRead) {
  std::vector<uint8_t> bytes = Sample().bytes();
  bytes.resize(sizeof(Elf64_Ehdr) + 60);
  MemoryBacking file(bytes);
  file.claimed_size = 0x1900;
  ElfImage image;
  Reason why = Reason::kNone;
  EXPECT_FALSE(read_image(file, image, why).ok());
  EXPECT_EQ(why, Reason::kTruncated);
}

TEST(ElfImage, IgnoresEmptySegmentsAndOddAlignments) {
  Sample sample;
  sample.table[1].p_filesz = sample.table[1].p_memsz = 0;
  sample.table[0].p_align = 3;
  Outcome outcome = read(sample);
  ASSERT_TRUE(outcome.ok);
  EXPECT_EQ(outcome.image.segment_count, 1u);
  EXPECT_EQ(outcome.image.alignment, kPage);
}

TEST(ElfImage, EveryTruncationOfAFileIsRefusedWithAReason) {
  const std::vector<uint8_t> whole = Sample().bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    Outcome outcome = read(std::vector<uint8_t>(whole.begin(), whole.begin() + size));
    ASSERT_FALSE(outcome.ok) << size;
    ASSERT_EQ(outcome.why, size == 0  ? Reason::kEmpty
                           : size < 4 ? Reason::kNotElf
                                      : Reason::kTruncated)
        << size;
  }
}

TEST(ElfImage, MutatedHeadersNeverYieldAnImageOutOfBounds) {
  const std::vector<uint8_t> whole = Sample().bytes();
  const size_t headers = sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Phdr);
  std::mt19937_64 random(1);
  int accepted = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::vector<uint8_t> bytes = whole;
    for (uint64_t changes = 1 + random() % 6; changes > 0; --changes)
      bytes[random() % headers] = static_cast<uint8_t>(random() % 2 ? random() : random() % 2 ? 0xff : 0);
    const uint64_t size = bytes.size();
    Outcome outcome = read(std::move(bytes));
    ASSERT_EQ(outcome.ok, outcome.why == Reason::kNone);
    if (!outcome.ok) continue;
    ++accepted;
    ASSERT_NO_FATAL_FAILURE(expect_sound(outcome.image, size)) << "round " << round;
  }
  EXPECT_GT(accepted, 1000) << "the mutations are too wild to reach anything";
}

TEST(ElfImage, UnderstandsTheProgramsOfThisMachine) {
  int programs = 0;
  for (const char* directory : {"/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu"}) {
    if (!std::filesystem::is_directory(directory)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      if (!entry.is_regular_file()) continue;
      std::vector<uint8_t> bytes = file_bytes(entry.path());
      if (bytes.size() < SELFMAG || memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) continue;
      const uint64_t size = entry.file_size();
      Outcome outcome = read(std::move(bytes), size);
      if (outcome.why == Reason::kNotAProgram || outcome.why == Reason::kNot64Bit) continue;  // crt1.o
      ASSERT_TRUE(outcome.ok) << entry.path() << ": " << describe(outcome.why);
      ASSERT_NO_FATAL_FAILURE(expect_sound(outcome.image, size)) << entry.path();
      ++programs;
    }
  }
  EXPECT_GT(programs, 50);
}

}  // namespace
}  // namespace scone::loader

// What the program is used to doing with a path, so that one crossing can fetch what it will ask for next.
//
// Guesses only: a wrong one costs time. Paths are known by a hash, and a later one may replace an earlier one. Thread safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace scone::file::path_habits {

uint32_t hash(std::string_view path);

// Contents are fetched with the open only of files that are read once they are open: a read shows in the file's access time.
// The size is that of the contents; 0: they are not read, or too large.
uint64_t read_size(uint32_t path_hash);
void note_read(uint32_t path_hash, uint64_t size);

// Flags with which the path will be opened after its attributes were asked for; none: probably not at all. Each
// expectation must be fulfilled by note_open() before there is another.
std::optional<int> expected_open(uint32_t path_hash);
void note_open(uint32_t path_hash, int flags);

// What is written to the file is synced before it is closed.
bool is_synced(uint32_t path_hash);
void note_synced(uint32_t path_hash, bool synced);

// Notes a question, and tells whether the same was asked a few crossings ago.
bool often_asked(uint32_t question_hash);

}  // namespace scone::file::path_habits

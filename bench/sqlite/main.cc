// What applications do with SQLite: statements prepared once, a file database with SQLite's defaults (rollback journal,
// full synchronisation). The same work each time. usage: bench-sqlite DATABASE SCALE
#include <sqlite3.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>

namespace scone::bench {
namespace {

constexpr int kRows = 10'000;         // for each unit of scale; half as many are updated, a quarter deleted
constexpr int kInTransaction = 1000;  // rows
constexpr int kSingle = 100;          // transactions of one row each, for each unit of scale
constexpr int kRange = 100;           // rows of a range query
constexpr int kRanges = 200;          // range queries, for each unit of scale

double now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

class Database {
 public:
  explicit Database(const char* path) { check(sqlite3_open(path, &handle_)); }
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const char* text) { check(sqlite3_exec(handle_, text, nullptr, nullptr, nullptr)); }
  void check(int status) const {
    if (status == SQLITE_OK || status == SQLITE_ROW || status == SQLITE_DONE) return;
    fprintf(stderr, "bench-sqlite: %s\n", handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(status));
    exit(1);
  }
  sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

class Statement {
 public:
  Statement(const Database& database, const char* text) : database_(database) {
    database.check(sqlite3_prepare_v2(database.handle(), text, -1, &handle_, nullptr));
  }
  ~Statement() { sqlite3_finalize(handle_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int index, int64_t value) {
    database_.check(sqlite3_bind_int64(handle_, index, value));
    return *this;
  }
  Statement& bind(int index, const std::string& value) {
    database_.check(
        sqlite3_bind_text(handle_, index, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT));
    return *this;
  }
  // Runs it to its end; the number of rows, and the last one's first column in last().
  int run() {
    int rows = 0, status;
    while ((status = sqlite3_step(handle_)) == SQLITE_ROW) {
      ++rows;
      const unsigned char* text = sqlite3_column_text(handle_, 0);
      last_ = text ? reinterpret_cast<const char*>(text) : "";
    }
    database_.check(status);
    sqlite3_reset(handle_);
    return rows;
  }
  const std::string& last() const { return last_; }

 private:
  const Database& database_;
  sqlite3_stmt* handle_ = nullptr;
  std::string last_;
};

// The parts in order; each does its work, and its time is taken.
class Work {
 public:
  Work(Database& database, int scale) : database_(database), scale_(scale), rows_(scale * kRows) {}

  void run() {
    part("insert", [&] { return insert(); });
    part("select", [&] { return select(); });
    part("range", [&] { return range(); });
    part("update", [&] { return update(); });
    part("single", [&] { return single(); });
    part("delete", [&] { return remove(); });
    part("check", [&] { return integrity(); });
    printf("{\"operations\": %d, \"seconds\": %.6f, \"parts\": {%s}}\n", operations_, seconds_,
           parts_.c_str());
  }

 private:
  template <typename Body>
  void part(const char* name, Body body) {
    const double begin = now();
    const int operations = body();
    const double seconds = now() - begin;
    char text[128];
    snprintf(text, sizeof text, "%s\"%s\": {\"operations\": %d, \"seconds\": %.6f}",
             parts_.empty() ? "" : ", ", name, operations, seconds);
    parts_ += text;
    operations_ += operations;
    seconds_ += seconds;
  }

  // `body(i)` for i below `count`, so many in each transaction.
  template <typename Body>
  int in_transactions(int count, Body body) {
    for (int i = 0; i < count; ++i) {
      if (i % kInTransaction == 0) database_.execute("BEGIN");
      body(i);
      if ((i + 1) % kInTransaction == 0 || i + 1 == count) database_.execute("COMMIT");
    }
    return count;
  }

  static std::string text_of(int64_t number) {
    return "the text of row number " + std::to_string(number) + " and some more of it";
  }
  int64_t any_row() { return static_cast<int64_t>(random_() % static_cast<uint64_t>(rows_)) + 1; }

  int insert() {
    database_.execute(
        "CREATE TABLE item(id INTEGER PRIMARY KEY, code INTEGER, name TEXT); CREATE INDEX by_code ON "
        "item(code)");
    Statement statement(database_, "INSERT INTO item(code, name) VALUES(?1, ?2)");
    return in_transactions(
        rows_, [&](int i) { statement.bind(1, int64_t(random_() % 1'000'000)).bind(2, text_of(i)).run(); });
  }

  int select() {
    Statement statement(database_, "SELECT name FROM item WHERE id = ?1");
    for (int i = 0; i < rows_; ++i) require(statement.bind(1, any_row()).run() == 1, "a row is missing");
    return rows_;
  }

  // By the index, then to the table for each row.
  int range() {
    Statement statement(database_, "SELECT name FROM item WHERE code >= ?1 ORDER BY code LIMIT ?2");
    const int count = scale_ * kRanges;
    for (int i = 0; i < count; ++i)
      require(statement.bind(1, int64_t(random_() % 500'000)).bind(2, kRange).run() == kRange,
              "a range is too short");
    return count;
  }

  int update() {
    Statement statement(database_, "UPDATE item SET code = ?1, name = ?2 WHERE id = ?3");
    return in_transactions(rows_ / 2, [&](int i) {
      statement.bind(1, int64_t(random_() % 1'000'000)).bind(2, text_of(-i)).bind(3, any_row()).run();
    });
  }

  // A transaction each: journal made, synchronised, removed.
  int single() {
    Statement statement(database_, "UPDATE item SET code = code + 1 WHERE id = ?1");
    const int count = scale_ * kSingle;
    for (int i = 0; i < count; ++i) statement.bind(1, any_row()).run();
    return count;
  }

  int remove() {
    Statement statement(database_, "DELETE FROM item WHERE id = ?1");
    return in_transactions(rows_ / 4, [&](int i) { statement.bind(1, i * 4 + 1).run(); });
  }

  int integrity() {
    Statement check(database_, "PRAGMA integrity_check");
    require(check.run() == 1 && check.last() == "ok", "the database is damaged");
    Statement count(database_, "SELECT count(*) FROM item");
    require(count.run() == 1 && count.last() == std::to_string(rows_ - rows_ / 4),
            "the number of rows is wrong");
    return 1;
  }

  static void require(bool condition, const char* message) {
    if (condition) return;
    fprintf(stderr, "bench-sqlite: %s\n", message);
    exit(1);
  }

  Database& database_;
  int scale_, rows_;
  std::mt19937_64 random_{20160811};
  std::string parts_;
  int operations_ = 0;
  double seconds_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const int scale = argc == 3 ? atoi(argv[2]) : 0;
  if (scale < 1) {
    fprintf(stderr, "usage: bench-sqlite DATABASE SCALE\n");
    return 2;
  }
  unlink(argv[1]);
  Database database(argv[1]);
  Work(database, scale).run();
  return 0;
}

}  // namespace scone::bench

int main(int argc, char** argv) { return scone::bench::main(argc, argv); }

#include "enclave/shield/line_discipline.h"

#include "base/min_max.h"

namespace scone::shield {
namespace {

constexpr int kSigInt = 2, kSigQuit = 3, kSigTstp = 20;
constexpr char kBell[] = "\a";
// What ends a line at a position: nothing, the byte there, or an end-of-file key that is not part of it.
enum End : uint8_t { kNoEnd, kByte, kEndOfFile };

// As a new pseudo-terminal has them.
constexpr struct ::termios initial_settings() {
  struct ::termios settings = {};
  settings.c_iflag = ICRNL | IXON;
  settings.c_oflag = OPOST | ONLCR;
  settings.c_cflag = B38400 | CS8 | CREAD;
  settings.c_lflag = ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE;
  settings.c_cc[VINTR] = 3;
  settings.c_cc[VQUIT] = 28;
  settings.c_cc[VERASE] = 127;
  settings.c_cc[VKILL] = 21;
  settings.c_cc[VEOF] = 4;
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VSTART] = 17;
  settings.c_cc[VSTOP] = 19;
  settings.c_cc[VSUSP] = 26;
  settings.c_cc[VREPRINT] = 18;
  settings.c_cc[VDISCARD] = 15;
  settings.c_cc[VWERASE] = 23;
  settings.c_cc[VLNEXT] = 22;
  return settings;
}

bool is_control(uint8_t byte) { return byte < ' ' || byte == 127; }
bool is_continuation(uint8_t byte) { return (byte & 0xc0) == 0x80; }
bool is_word(uint8_t byte) {
  return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || byte == '_' ||
         byte >= 0x80;
}

}  // namespace

LineDiscipline::LineDiscipline() : settings_(initial_settings()) {}

void LineDiscipline::set(const struct ::termios& settings) {
  const bool was_canonical = canonical();
  settings_ = settings;
  if (!(settings_.c_iflag & IXON)) stopped_ = false;
  if (was_canonical && !canonical()) {
    for (size_t i = 0; i < line_size_; ++i) append(static_cast<uint8_t>(line_[i]), false);
    line_size_ = 0;
  }
  // What is there already counts as one line.
  if (!was_canonical && canonical() && used() > 0 && ends_[(tail_ - 1) % kCapacity] == kNoEnd) {
    ends_[(tail_ - 1) % kCapacity] = kByte;
    ++lines_;
  }
}

void LineDiscipline::flush() {
  head_ = tail_ = lines_ = line_size_ = 0;
  literal_ = false;
}

int LineDiscipline::signal_of(uint8_t byte) const {
  if (!has(ISIG)) return 0;
  if (is(byte, VINTR)) return kSigInt;
  if (is(byte, VQUIT)) return kSigQuit;
  return is(byte, VSUSP) ? kSigTstp : 0;
}

// ^S and ^Q.
bool LineDiscipline::control_flow(uint8_t byte) {
  if (!(settings_.c_iflag & IXON) || !(is(byte, VSTART) || is(byte, VSTOP))) return false;
  stopped_ = is(byte, VSTOP);
  return true;
}

void LineDiscipline::type(uint8_t byte, Display& display) {
  if (settings_.c_iflag & ISTRIP) byte &= 0x7f;
  if (literal_) {
    literal_ = false;
    return edit(byte, display);
  }
  const uint8_t typed = byte;
  if (control_flow(byte)) return;
  if (const int signal = signal_of(byte)) {
    stopped_ = false;
    if (!has(NOFLSH)) flush();
    echo(byte, display);
    return display.signal(signal);
  }
  if (byte == '\r' && (settings_.c_iflag & IGNCR)) return;
  if (byte == '\r' && (settings_.c_iflag & ICRNL))
    byte = '\n';
  else if (byte == '\n' && (settings_.c_iflag & INLCR))
    byte = '\r';
  if (!canonical()) return take_raw(byte, byte != typed, display);
  if (is(byte, VERASE)) return erase_key(display);
  if (is(byte, VKILL)) return erase_line(display);
  if (has(IEXTEN) && is(byte, VWERASE)) return erase_word(display);
  if (has(IEXTEN) && is(byte, VLNEXT)) {
    literal_ = true;
    if (has(ECHO) && has(ECHOCTL)) display.echo("^\b");
    return;
  }
  if (is(byte, VEOF)) return end_line(byte, false);
  if (byte == '\n' || is(byte, VEOL) || is(byte, VEOL2)) {
    if (has(ECHO) || (byte == '\n' && has(ECHONL))) show(byte, display);
    return end_line(byte, true);
  }
  edit(byte, display);
}

// The kernel echoes a translated newline as one, and a typed one as ^J.
void LineDiscipline::take_raw(uint8_t byte, bool translated, Display& display) {
  if (!translated || byte != '\n')
    echo(byte, display);
  else if (has(ECHO))
    show(byte, display);
  append(byte, false);
}

// A byte of the line.
void LineDiscipline::edit(uint8_t byte, Display& display) {
  if (!canonical()) return take_raw(byte, false, display);
  if (used() + line_size_ + 1 >= kCapacity) return display.echo({kBell, 1});  // room for the end is kept
  line_[line_size_++] = static_cast<char>(byte);
  echo(byte, display);
}

void LineDiscipline::echo(uint8_t byte, Display& display) const {
  if (!has(ECHO)) return;
  if (has(ECHOCTL) && is_control(byte) && byte != '\t') {
    const char text[2] = {'^', static_cast<char>(byte ^ 0x40)};
    return display.echo({text, 2});
  }
  show(byte, display);
}

void LineDiscipline::show(uint8_t byte, Display& display) const {
  char form[2];
  display.echo({form, display_form(static_cast<char>(byte), form)});
}

size_t LineDiscipline::columns_of(uint8_t byte) const {
  if (is_control(byte) && byte != '\t') return has(ECHOCTL) ? 2 : 0;
  return (settings_.c_iflag & IUTF8) && is_continuation(byte) ? 0 : 1;
}

// Takes the last character, which may have several bytes, from the line; returns its width on the screen.
size_t LineDiscipline::drop_one() {
  size_t columns = 0;
  bool more = line_size_ > 0;
  while (more) {
    const auto byte = static_cast<uint8_t>(line_[--line_size_]);
    columns += columns_of(byte);
    more = (settings_.c_iflag & IUTF8) && is_continuation(byte) && line_size_ > 0;
  }
  return columns;
}

void LineDiscipline::wipe_columns(size_t columns, Display& display) const {
  for (; columns > 0 && has(ECHO); --columns) display.echo("\b \b");
}

void LineDiscipline::erase_key(Display& display) {
  if (line_size_ == 0) return;
  const size_t columns = drop_one();
  has(ECHOE) ? wipe_columns(columns, display) : echo(settings_.c_cc[VERASE], display);
}

void LineDiscipline::erase_line(Display& display) {
  if (!has(ECHO) || (has(ECHOK) && has(ECHOKE) && has(ECHOE))) {
    while (line_size_ > 0) wipe_columns(drop_one(), display);
    return;
  }
  if (line_size_ == 0) return;
  line_size_ = 0;
  echo(settings_.c_cc[VKILL], display);
  if (has(ECHOK)) show('\n', display);
}

void LineDiscipline::erase_word(Display& display) {
  bool in_word = false;
  while (line_size_ > 0) {
    const bool word = is_word(static_cast<uint8_t>(line_[line_size_ - 1]));
    if (in_word && !word) return;
    in_word = word;
    wipe_columns(drop_one(), display);
  }
}

void LineDiscipline::end_line(uint8_t byte, bool keep) {
  for (size_t i = 0; i < line_size_; ++i) append(static_cast<uint8_t>(line_[i]), false);
  line_size_ = 0;
  append(byte, true);
  if (!keep) ends_[(tail_ - 1) % kCapacity] = kEndOfFile;
}

void LineDiscipline::append(uint8_t byte, bool ends_line) {
  if (used() == kCapacity) return;
  ready_[tail_ % kCapacity] = static_cast<char>(byte);
  ends_[tail_ % kCapacity] = ends_line ? kByte : kNoEnd;
  ++tail_;
  lines_ += ends_line;
}

bool LineDiscipline::readable(size_t least) const { return canonical() ? lines_ > 0 : used() >= least; }

size_t LineDiscipline::read(std::span<char> to) {
  size_t count = 0;
  while (head_ != tail_ && (count < to.size() || ends_[head_ % kCapacity] == kEndOfFile)) {
    const uint8_t end = ends_[head_ % kCapacity];
    if (end != kEndOfFile) to[count++] = ready_[head_ % kCapacity];
    ++head_;
    if (end != kNoEnd) --lines_;
    if (end != kNoEnd && canonical()) break;
  }
  return count;
}

size_t LineDiscipline::display_form(char byte, char (&to)[2]) const {
  const bool processed = settings_.c_oflag & OPOST;
  size_t size = 0;
  if (processed && byte == '\n' && (settings_.c_oflag & ONLCR)) to[size++] = '\r';
  to[size++] = processed && byte == '\r' && (settings_.c_oflag & OCRNL) ? '\n' : byte;
  return size;
}

}  // namespace scone::shield

#include "volume/names.h"

#include "base/array.h"
#include "volume/format.h"

namespace scone::volume {

Result<void> check_name(std::string_view name) {
  if (name.empty() || name == "." || name == "..") return Errno(EINVAL);
  if (name.size() > kMaxName) return Errno(ENAMETOOLONG);
  for (const char c : name)
    if (c == '/' || c == '\0') return Errno(EINVAL);
  return ok();
}

Result<Text> region_path(std::string_view given) {
  if (given.empty() || given.size() > kMaxTarget) return Errno(EINVAL);
  Array<char> path;
  while (!given.empty()) {
    const size_t slash = given.find('/');
    const std::string_view component = given.substr(0, slash);
    given = slash == given.npos ? std::string_view() : given.substr(slash + 1);
    if (component.empty() || component == ".") continue;
    TRY(check_name(component));
    TRY(path.push('/'));
    TRY(path.append({component.data(), component.size()}));
  }
  if (path.empty()) TRY(path.push('/'));
  return Text::copy_of({path.begin(), path.size()});
}

}  // namespace scone::volume

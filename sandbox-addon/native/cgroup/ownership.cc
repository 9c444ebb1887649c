#include "cgroup/ownership.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <array>
#include <cerrno>

#include "cgroup/files.h"

namespace mayfly::cgroup {

namespace {

// "trusted" needs CAP_SYS_ADMIN and works everywhere; "user" works without, on v2 alone.
constexpr std::array kMarks = {"trusted.mayfly", "user.mayfly"};

bool IsStillThere(int parent_fd, const std::string& name, int directory_fd) {
  struct stat held = {};
  struct stat present = {};
  return fstat(directory_fd, &held) == 0 && fstatat(parent_fd, name.c_str(), &present, AT_SYMLINK_NOFOLLOW) == 0 &&
         held.st_ino == present.st_ino;
}

}  // namespace

void MarkAsOurs(int directory_fd) {
  for (const char* mark : kMarks) {
    if (fsetxattr(directory_fd, mark, "1", 1, 0) == 0) return;
  }
}

bool IsOurs(int directory_fd) {
  for (const char* mark : kMarks) {
    if (fgetxattr(directory_fd, mark, nullptr, 0) >= 0) return true;
  }
  return false;
}

Result<UniqueFd> LockDirectory(int parent_fd, const std::string& name) {
  // Another worker may remove the directory, as a dead one's, between our opening and our locking it: look again then.
  while (true) {
    const bool made = mkdirat(parent_fd, name.c_str(), 0755) == 0;
    if (!made && errno != EEXIST) return Error{.what = "make cgroup", .path = name, .code = errno, .hint = {}};
    Result<UniqueFd> directory = OpenDirectory(parent_fd, name);
    if (!directory.ok()) {
      if (directory.error().code == ENOENT) continue;
      return directory;
    }
    if (flock(directory.value().get(), LOCK_EX | LOCK_NB) == -1) {
      return Error{.what = "lock cgroup", .path = name, .code = errno, .hint = {}};
    }
    if (!IsStillThere(parent_fd, name, directory.value().get())) continue;
    if (made) MarkAsOurs(directory.value().get());
    return directory;
  }
}

}  // namespace mayfly::cgroup

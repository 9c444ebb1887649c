// What the leaves of all versions do with one directory.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "cgroup/backends.h"
#include "cgroup/files.h"

namespace mayfly::cgroup {

Status Apply(int directory_fd, const LimitWrite& write) {
  Status written = WriteText(directory_fd, write.file.c_str(), write.value);
  if (written.ok()) return written;
  const int code = written.error().code;
  if (write.best_effort && (code == ENOENT || code == EOPNOTSUPP)) return Success();
  return written;
}

bool LimitsBandwidth(const std::vector<LimitWrite>& writes) {
  return std::ranges::any_of(writes, [](const LimitWrite& write) {
    return (write.file == "cpu.cfs_quota_us" && !write.value.starts_with('-')) ||
           (write.file == "cpu.max" && !write.value.starts_with("max"));
  });
}

Result<UniqueFd> MakeLeafDirectory(const WorkerDirectory& directory, const std::string& name) {
  if (mkdirat(directory.worker.get(), name.c_str(), 0755) == -1) {
    return Error{.what = "make cgroup", .path = directory.path + "/" + name, .code = errno, .hint = {}};
  }
  Result<UniqueFd> opened = OpenDirectory(directory.worker.get(), name);
  if (!opened.ok()) unlinkat(directory.worker.get(), name.c_str(), AT_REMOVEDIR);
  return opened;
}

Result<bool> TryRemove(const WorkerDirectory& directory, const std::string& name) {
  if (unlinkat(directory.worker.get(), name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return true;
  if (errno == EBUSY) return false;
  return Error{.what = "remove cgroup", .path = directory.path + "/" + name, .code = errno, .hint = {}};
}

}  // namespace mayfly::cgroup

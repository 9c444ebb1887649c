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

LeafDirectory::LeafDirectory(const WorkerDirectory& worker, std::shared_ptr<LeafGroup> group, std::string name)
    : worker_(&worker),
      group_(std::move(group)),
      name_(std::move(name)),
      path_((group_ != nullptr ? group_->path() : worker.path) + "/" + name_) {}

Result<LeafDirectory> LeafDirectory::Make(const WorkerDirectory& worker, std::shared_ptr<LeafGroup> group,
                                          const std::string& name) {
  LeafDirectory leaf(worker, std::move(group), name);
  if (mkdirat(leaf.above_fd(), name.c_str(), 0755) == -1) {
    return Error{.what = "make cgroup", .path = leaf.path_, .code = errno, .hint = {}};
  }
  Result<UniqueFd> opened = OpenDirectory(leaf.above_fd(), name);
  if (!opened.ok()) {
    unlinkat(leaf.above_fd(), name.c_str(), AT_REMOVEDIR);
    return opened.error();
  }
  leaf.directory_ = std::move(opened).value();
  return leaf;
}

Result<bool> LeafDirectory::TryRemove() {
  if (removed_) return true;
  if (unlinkat(above_fd(), name_.c_str(), AT_REMOVEDIR) == -1 && errno != ENOENT) {
    if (errno == EBUSY) return false;
    return Error{.what = "remove cgroup", .path = path_, .code = errno, .hint = {}};
  }
  removed_ = true;
  group_.reset();
  return true;
}

}  // namespace mayfly::cgroup

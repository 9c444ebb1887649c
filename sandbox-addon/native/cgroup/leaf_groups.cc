#include "cgroup/leaf_groups.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "cgroup/controllers.h"
#include "cgroup/files.h"

namespace mayfly::cgroup {

namespace {

// So many dying cgroups may be left for a while, and the cost of their end is shared by as many calls.
constexpr int kLeavesPerGroup = 16;

void GiveBackPageCache(int directory_fd) {
  if (WriteText(directory_fd, "memory.force_empty", "0").ok()) return;
  const std::optional<std::uint64_t> held = ReadNumber(directory_fd, "memory.current");
  // EAGAIN tells that less was reclaimed than asked for, which is all that can be had.
  if (held.value_or(0) > 0) (void)WriteText(directory_fd, "memory.reclaim", std::to_string(*held));
}

}  // namespace

Result<std::shared_ptr<LeafGroup>> LeafGroup::Make(const WorkerDirectory& worker, const std::string& name) {
  std::shared_ptr<LeafGroup> group(new LeafGroup(worker, name));
  if (mkdirat(worker.worker.get(), name.c_str(), 0755) == -1 && errno != EEXIST) {
    return Error{.what = "make cgroup", .path = group->path_, .code = errno, .hint = {}};
  }
  Result<UniqueFd> opened = OpenDirectory(worker.worker.get(), name);
  if (!opened.ok()) return opened.error();
  group->directory_ = std::move(opened).value();
  if (worker.hierarchy.version == 2) {
    // What is missing was found out for the worker's own directory.
    (void)EnableControllers(group->directory_.get(), group->path_, false);
  } else if (worker.hierarchy.Has("cpuset")) {
    if (Status inherited = InheritCpuset(worker.worker.get(), group->directory_.get()); !inherited.ok()) {
      return inherited.error();
    }
  }
  return group;
}

// A leaf that could not be removed keeps it; the worker's end tries again.
LeafGroup::~LeafGroup() {
  if (directory_.valid()) GiveBackPageCache(directory_.get());
  unlinkat(worker_.worker.get(), name_.c_str(), AT_REMOVEDIR);
}

Result<std::shared_ptr<LeafGroup>> LeafGroups::Join() {
  if (present_ == nullptr || joined_ == kLeavesPerGroup) {
    Result<std::shared_ptr<LeafGroup>> made = LeafGroup::Make(worker_, "group-" + std::to_string(++made_));
    if (!made.ok()) return made;
    present_ = std::move(made).value();
    joined_ = 0;
  }
  joined_++;
  return present_;
}

}  // namespace mayfly::cgroup

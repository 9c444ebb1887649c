// The worker's own directories, their lock, and what dead workers left beside them.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "cgroup/backends.h"
#include "cgroup/cgroup.h"
#include "cgroup/controllers.h"
#include "cgroup/files.h"
#include "cgroup/ownership.h"
#include "cgroup/removal.h"
#include "cgroup/worker_directory.h"

namespace mayfly {

namespace cgroup {
namespace {

constexpr std::array kV1Controllers = {"memory", "pids", "cpu", "cpuacct", "cpuset", "blkio"};

bool IsUsed(const CgroupHierarchy& hierarchy, CgroupMode mode) {
  return mode == CgroupMode::kV2 ? hierarchy.version == 2 : hierarchy.version == 1 || mode == CgroupMode::kHybrid;
}

// The lock's hierarchy must be the same for workers of every mode on a host: where v1 has the memory controller, that
// one, for both v1 and hybrid use it. It is the first to be made and the last to be removed. The freezer goes first: a
// frozen process cannot die before it is thawed, and whoever waits for it elsewhere would wait in vain.
int OrderOf(const CgroupHierarchy& hierarchy) {
  if (hierarchy.Has("memory")) return 0;
  if (hierarchy.Has("freezer")) return 3;
  return hierarchy.version == 1 ? 1 : 2;
}

class Tree final : public CgroupTree {
 public:
  Tree(CgroupMode mode, CgroupTreeOptions options) : mode_(mode), options_(std::move(options)) {}

  [[nodiscard]] Status OpenAll(std::vector<CgroupHierarchy> hierarchies);

  [[nodiscard]] CgroupMode mode() const override { return mode_; }
  [[nodiscard]] const std::vector<MissingController>& missing() const override { return missing_; }

  [[nodiscard]] std::vector<CgroupPath> Paths() const override {
    std::vector<CgroupPath> paths;
    for (const WorkerDirectory& one : directories_) {
      if (IsUsed(one.hierarchy, mode_)) paths.push_back({.hierarchy = one.hierarchy.name, .directory = one.path});
    }
    return paths;
  }

  [[nodiscard]] Result<Leaf> CreateLeaf(const std::string& name, const std::vector<LimitWrite>& writes) override;
  [[nodiscard]] bool CanLimitLater(const std::vector<LimitWrite>& writes) const override {
    return mode_ == CgroupMode::kV2 || IsWithinAlways(writes);
  }
  [[nodiscard]] Status LimitLater(LeafCgroup& leaf, const std::vector<LimitWrite>& writes) const override;
  [[nodiscard]] int ReapLeftovers(int patience_ms) override;
  [[nodiscard]] int Close(int patience_ms) override;

 private:
  [[nodiscard]] bool IsMissing(const std::string& controller) const {
    return std::ranges::any_of(missing_, [&](const MissingController& one) { return one.controller == controller; });
  }
  [[nodiscard]] Result<std::vector<LimitWrite>> Possible(const std::vector<LimitWrite>& writes) const;
  void FindMissing();
  [[nodiscard]] int ReapWorker(const std::string& name, std::int64_t deadline_ms);
  [[nodiscard]] int RemoveEverywhere(const std::string& name, std::int64_t deadline_ms);

  CgroupMode mode_;
  CgroupTreeOptions options_;
  // The first one carries the lock.
  std::vector<WorkerDirectory> directories_;
  // In the first hierarchy, which is the memory controller's where there is one.
  std::optional<LeafGroups> groups_;
  std::vector<MissingController> missing_;
};

Status Tree::OpenAll(std::vector<CgroupHierarchy> hierarchies) {
  std::erase_if(hierarchies, [&](const CgroupHierarchy& one) { return !IsUsed(one, mode_); });
  std::ranges::stable_sort(hierarchies, {}, OrderOf);
  directories_.reserve(hierarchies.size());
  for (const CgroupHierarchy& hierarchy : hierarchies) {
    const HierarchyUse use = {.holds_lock = directories_.empty(),
                              .gives_controllers = hierarchy.version == 1 || mode_ == CgroupMode::kV2};
    Result<WorkerDirectory> opened = OpenWorkerDirectory(hierarchy, options_, use);
    if (!opened.ok()) return opened.error();
    directories_.push_back(std::move(opened).value());
  }
  groups_.emplace(directories_.front());
  FindMissing();
  return Success();
}

void Tree::FindMissing() {
  if (mode_ == CgroupMode::kV2) {
    missing_ = directories_.front().missing;
    return;
  }
  for (const char* controller : kV1Controllers) {
    const auto has = [&](const WorkerDirectory& one) { return one.hierarchy.Has(controller); };
    if (std::ranges::none_of(directories_, has)) {
      missing_.push_back({controller, std::string("no v1 hierarchy of ") + controller + " is mounted"});
    }
  }
}

// Without those that the operator allows to do without.
Result<std::vector<LimitWrite>> Tree::Possible(const std::vector<LimitWrite>& writes) const {
  std::vector<LimitWrite> possible;
  for (const LimitWrite& write : writes) {
    if (!IsMissing(write.controller)) {
      possible.push_back(write);
    } else if (!write.best_effort && std::ranges::find(options_.allow_without, write.controller) ==
                                         options_.allow_without.end()) {
      return Error{.what = "limit by the controller " + write.controller,
                   .path = write.file,
                   .code = ENODEV,
                   .hint = "It is missing here; see `mayfly doctor`"};
    }
  }
  return possible;
}

Status Tree::LimitLater(LeafCgroup& leaf, const std::vector<LimitWrite>& writes) const {
  const Result<std::vector<LimitWrite>> possible = Possible(writes);
  return possible.ok() ? leaf.SetLimits(possible.value()) : Status(possible.error());
}

Result<Leaf> Tree::CreateLeaf(const std::string& name, const std::vector<LimitWrite>& writes) {
  const Result<std::vector<LimitWrite>> possible = Possible(writes);
  if (!possible.ok()) return possible.error();
  switch (mode_) {
    case CgroupMode::kV1:
      return CreateV1Leaf(directories_, *groups_, name, possible.value());
    case CgroupMode::kHybrid:
      return CreateHybridLeaf(directories_, *groups_, name, possible.value());
    case CgroupMode::kV2:
      return CreateV2Leaf(directories_.front(), &*groups_, name, possible.value());
  }
  return Error{.what = "make cgroup", .path = name, .code = EINVAL, .hint = {}};
}

// While the directory with the lock stands and is locked, nobody else touches the others.
int Tree::RemoveEverywhere(const std::string& name, std::int64_t deadline_ms) {
  int left = 0;
  for (auto one = directories_.rbegin(); one != directories_.rend(); ++one) {
    left += RemoveTree(one->parent.get(), name, deadline_ms);
  }
  return left;
}

int Tree::ReapWorker(const std::string& name, std::int64_t deadline_ms) {
  const Result<UniqueFd> lock = LockDirectory(directories_.front().parent.get(), name);
  if (!lock.ok()) return 0;
  return RemoveEverywhere(name, deadline_ms);
}

int Tree::ReapLeftovers(int patience_ms) {
  const std::int64_t deadline_ms = MonotonicMs() + patience_ms;
  groups_.emplace(directories_.front());
  int left = 0;
  for (auto one = directories_.rbegin(); one != directories_.rend(); ++one) {
    left += RemoveChildren(one->worker.get(), deadline_ms);
    for (const std::string& name : Children(one->parent.get())) {
      if (name == options_.worker_id || name == kProcessesChild) continue;
      const Result<UniqueFd> other = OpenDirectory(one->parent.get(), name);
      if (other.ok() && IsOurs(other.value().get())) left += ReapWorker(name, deadline_ms);
    }
  }
  return left;
}

int Tree::Close(int patience_ms) {
  groups_.reset();
  const int left = RemoveEverywhere(options_.worker_id, MonotonicMs() + patience_ms);
  for (const WorkerDirectory& one : directories_) RemoveEmptyParents(one);
  directories_.clear();
  return left;
}

}  // namespace
}  // namespace cgroup

Result<std::unique_ptr<CgroupTree>> CgroupTree::Open(const CgroupLayout& layout, const CgroupTreeOptions& options) {
  auto tree = std::make_unique<cgroup::Tree>(layout.mode, options);
  const Status opened = tree->OpenAll(layout.hierarchies);
  if (!opened.ok()) {
    (void)tree->Close(0);
    return opened.error();
  }
  return std::unique_ptr<CgroupTree>(std::move(tree));
}

}  // namespace mayfly

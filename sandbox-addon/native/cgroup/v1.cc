// A leaf in several v1 hierarchies at once: https://docs.kernel.org/admin-guide/cgroup-v1/
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "cgroup/backends.h"
#include "cgroup/controllers.h"
#include "cgroup/counters.h"
#include "cgroup/files.h"

namespace mayfly::cgroup {

namespace {

// Each further hierarchy costs its making and removing at every invocation, so the others wait until a limit asks.
constexpr std::array kAlways = {"memory", "pids", "cpu", "cpuacct"};

struct V1Directory {
  LeafDirectory leaf;
  UniqueFd tasks;
};

bool IsNeeded(const CgroupHierarchy& hierarchy, const std::vector<LimitWrite>& writes) {
  return std::ranges::any_of(kAlways, [&](const char* controller) { return hierarchy.Has(controller); }) ||
         std::ranges::any_of(writes, [&](const LimitWrite& write) { return hierarchy.Has(write.controller); });
}

class V1Leaf final : public LeafCgroup {
 public:
  explicit V1Leaf(std::string name) : name_(std::move(name)) {}

  // Makes the leaf's directory in one hierarchy. Where it fails, Remove() takes back what was made before.
  [[nodiscard]] Status Add(const WorkerDirectory& place, std::shared_ptr<LeafGroup> group) {
    Result<LeafDirectory> made = LeafDirectory::Make(place, std::move(group), name_);
    if (!made.ok()) return made.error();
    directories_.push_back({.leaf = std::move(made).value(), .tasks = {}});
    V1Directory& added = directories_.back();
    if (place.hierarchy.Has("cpuset")) {
      const Status inherited = InheritCpuset(added.leaf.above_fd(), added.leaf.fd());
      if (!inherited.ok()) return At(added.leaf, inherited.error());
    }
    added.tasks = UniqueFd(openat(added.leaf.fd(), "tasks", O_WRONLY | O_CLOEXEC));
    if (!added.tasks.valid()) return At(added.leaf, Error{.what = "open", .path = "tasks", .code = errno, .hint = {}});
    return Success();
  }

  [[nodiscard]] Status SetLimits(const std::vector<LimitWrite>& writes) override {
    has_quota_ = LimitsBandwidth(writes);
    has_throttle_ = std::ranges::any_of(
        writes, [](const LimitWrite& write) { return write.file.starts_with("blkio.throttle."); });
    for (const LimitWrite& write : writes) {
      if (Status limited = Limit(write); !limited.ok()) return limited;
    }
    return Success();
  }

  [[nodiscard]] std::vector<int> join_fds() const override {
    std::vector<int> fds;
    for (const V1Directory& one : directories_) fds.push_back(one.tasks.get());
    return fds;
  }

  [[nodiscard]] int clone_into_fd() const override { return -1; }

  void CloseJoinFds() override {
    for (V1Directory& one : directories_) one.tasks.Reset();
  }

  [[nodiscard]] std::vector<CgroupPath> Paths() const override {
    std::vector<CgroupPath> paths;
    for (const V1Directory& one : directories_) {
      paths.push_back({.hierarchy = one.leaf.hierarchy().name, .directory = one.leaf.path()});
    }
    return paths;
  }

  [[nodiscard]] Result<bool> Empty() const override {
    for (const V1Directory& one : directories_) {
      const Result<std::string> processes = ReadText(one.leaf.fd(), "cgroup.procs");
      if (!processes.ok()) return processes.error();
      if (!processes.value().empty()) return false;
    }
    return true;
  }

  [[nodiscard]] Result<std::uint64_t> CpuUsageUs() const override {
    const std::optional<std::uint64_t> nanoseconds = ReadNumber(DirectoryOf("cpuacct"), "cpuacct.usage");
    if (!nanoseconds) return Error{.what = "read", .path = "cpuacct.usage", .code = ENOENT, .hint = {}};
    return *nanoseconds / 1000;
  }

  [[nodiscard]] CgroupCounters Read() const override {
    return ReadV1Counters({.cpuacct_fd = DirectoryOf("cpuacct"),
                           .cpu_fd = DirectoryOf("cpu"),
                           .memory_fd = DirectoryOf("memory"),
                           .pids_fd = DirectoryOf("pids"),
                           .blkio_fd = DirectoryOf("blkio"),
                           .has_quota = has_quota_,
                           .has_throttle = has_throttle_});
  }

  // The leaf joins the freezer's hierarchy only now, since few are ever paused. A process that forks while it is moved
  // leaves its child outside, so this goes on until a round finds nobody to move.
  [[nodiscard]] Status Freeze() override;

  [[nodiscard]] Status Thaw() override { return WriteText(DirectoryOf("freezer"), "freezer.state", "THAWED"); }

  [[nodiscard]] Result<Removal> Remove() override {
    Removal outcome = Removal::kRemoved;
    for (V1Directory& one : directories_) {
      const Result<bool> removed = one.leaf.TryRemove();
      if (!removed.ok()) return removed.error();
      if (!removed.value()) outcome = Removal::kBusy;
    }
    return outcome;
  }

  // Where the freezer's directory would be.
  void set_freezer(const WorkerDirectory* place) { freezer_ = place; }

 private:
  [[nodiscard]] Status Limit(const LimitWrite& write) {
    for (const V1Directory& one : directories_) {
      if (!one.leaf.hierarchy().Has(write.controller)) continue;
      const Status applied = Apply(one.leaf.fd(), write);
      return applied.ok() ? applied : At(one.leaf, applied.error());
    }
    return Error{.what = "limit by the controller " + write.controller, .path = write.file, .code = ENODEV, .hint = {}};
  }

  [[nodiscard]] static Error At(const LeafDirectory& leaf, Error error) {
    error.path = leaf.path() + "/" + error.path;
    return error;
  }

  [[nodiscard]] int DirectoryOf(std::string_view controller) const {
    for (const V1Directory& one : directories_) {
      if (one.leaf.hierarchy().Has(controller)) return one.leaf.fd();
    }
    return -1;
  }

  std::string name_;
  bool has_quota_ = false;
  bool has_throttle_ = false;
  std::vector<V1Directory> directories_;
  const WorkerDirectory* freezer_ = nullptr;
};

Status V1Leaf::Freeze() {
  if (DirectoryOf("freezer") == -1) {
    if (freezer_ == nullptr) {
      return Error{.what = "freeze", .path = name_, .code = ENODEV, .hint = "no freezer hierarchy is mounted"};
    }
    const Status added = Add(*freezer_, nullptr);
    if (!added.ok()) return added;
  }
  const int frozen_fd = DirectoryOf("freezer");
  constexpr int kRounds = 100;
  for (int round = 0; round < kRounds; round++) {
    const Result<std::string> all = ReadText(DirectoryOf("pids"), "cgroup.procs");
    const Result<std::string> inside = ReadText(frozen_fd, "cgroup.procs");
    if (!all.ok()) return all.error();
    if (!inside.ok()) return inside.error();
    if (all.value() == inside.value()) return WriteText(frozen_fd, "freezer.state", "FROZEN");
    for (const std::string_view pid : Split(all.value(), '\n')) (void)WriteText(frozen_fd, "cgroup.procs", pid);
  }
  return Error{.what = "freeze", .path = name_, .code = EAGAIN, .hint = "its processes fork faster than they move"};
}

}  // namespace

bool IsWithinAlways(const std::vector<LimitWrite>& writes) {
  return std::ranges::all_of(writes, [](const LimitWrite& write) {
    return std::ranges::find(kAlways, write.controller) != kAlways.end();
  });
}

Result<Leaf> CreateV1Leaf(std::span<const WorkerDirectory> directories, LeafGroups& groups, const std::string& name,
                          const std::vector<LimitWrite>& writes) {
  auto leaf = std::make_unique<V1Leaf>(name);
  const auto abandon = [&](const Error& error) {
    (void)leaf->Remove();
    return error;
  };
  for (const WorkerDirectory& place : directories) {
    if (place.hierarchy.version != 1) continue;
    if (place.hierarchy.Has("freezer")) leaf->set_freezer(&place);
    if (!IsNeeded(place.hierarchy, writes)) continue;
    std::shared_ptr<LeafGroup> group;
    if (&place == &groups.worker()) {
      Result<std::shared_ptr<LeafGroup>> joined = groups.Join();
      if (!joined.ok()) return abandon(joined.error());
      group = std::move(joined).value();
    }
    const Status added = leaf->Add(place, std::move(group));
    if (!added.ok()) return abandon(added.error());
  }
  if (const Status limited = leaf->SetLimits(writes); !limited.ok()) return abandon(limited.error());
  return Leaf(std::move(leaf));
}

}  // namespace mayfly::cgroup

// A leaf in the unified hierarchy: https://docs.kernel.org/admin-guide/cgroup-v2.html
#include <algorithm>

#include "cgroup/backends.h"
#include "cgroup/counters.h"
#include "cgroup/files.h"

namespace mayfly::cgroup {

namespace {

class V2Leaf final : public LeafCgroup {
 public:
  V2Leaf(const WorkerDirectory& place, std::string name, UniqueFd directory)
      : place_(place), name_(std::move(name)), directory_(std::move(directory)) {}

  [[nodiscard]] Status SetLimits(const std::vector<LimitWrite>& writes) override {
    has_quota_ = LimitsBandwidth(writes);
    for (const LimitWrite& write : writes) {
      const Status written = Apply(directory_.get(), write);
      if (written.ok()) continue;
      Error error = written.error();
      error.path = place_.path + "/" + name_ + "/" + error.path;
      return error;
    }
    return Success();
  }

  [[nodiscard]] std::vector<int> join_fds() const override { return {}; }
  [[nodiscard]] int clone_into_fd() const override { return directory_.get(); }
  void CloseJoinFds() override {}

  [[nodiscard]] std::vector<CgroupPath> Paths() const override {
    return {{.hierarchy = place_.hierarchy.name, .directory = place_.path + "/" + name_}};
  }

  [[nodiscard]] Result<bool> Empty() const override {
    const Result<std::string> events = ReadText(directory_.get(), "cgroup.events");
    if (!events.ok()) return events.error();
    return FindNumber(events.value(), "populated") == 0;
  }

  [[nodiscard]] Result<std::uint64_t> CpuUsageUs() const override {
    const Result<std::string> stat = ReadText(directory_.get(), "cpu.stat");
    if (!stat.ok()) return stat.error();
    return FindNumber(stat.value(), "usage_usec").value_or(0);
  }

  [[nodiscard]] CgroupCounters Read() const override { return ReadV2Counters(directory_.get(), has_quota_); }

  [[nodiscard]] Status Freeze() override { return WriteText(directory_.get(), "cgroup.freeze", "1"); }
  [[nodiscard]] Status Thaw() override { return WriteText(directory_.get(), "cgroup.freeze", "0"); }

  [[nodiscard]] Result<Removal> Remove() override {
    GiveBackPageCache();
    const Result<bool> removed = TryRemove(place_, name_);
    if (!removed.ok()) return removed.error();
    return removed.value() ? Removal::kRemoved : Removal::kBusy;
  }

 private:
  void GiveBackPageCache() {
    if (gave_back_) return;
    gave_back_ = true;
    const std::optional<std::uint64_t> held = ReadNumber(directory_.get(), "memory.current");
    // EAGAIN tells that less was reclaimed than asked for, which is all that can be had.
    if (held.value_or(0) > 0) (void)WriteText(directory_.get(), "memory.reclaim", std::to_string(*held));
  }

  const WorkerDirectory& place_;
  std::string name_;
  UniqueFd directory_;
  bool has_quota_ = false;
  bool gave_back_ = false;
};

}  // namespace

Result<Leaf> CreateV2Leaf(const WorkerDirectory& directory, const std::string& name,
                          const std::vector<LimitWrite>& writes) {
  Result<UniqueFd> made = MakeLeafDirectory(directory, name);
  if (!made.ok()) return made.error();
  auto leaf = std::make_unique<V2Leaf>(directory, name, std::move(made).value());
  if (const Status limited = leaf->SetLimits(writes); !limited.ok()) {
    (void)TryRemove(directory, name);
    return limited.error();
  }
  return Leaf(std::move(leaf));
}

}  // namespace mayfly::cgroup

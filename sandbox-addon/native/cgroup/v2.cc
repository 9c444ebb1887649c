// A leaf in the unified hierarchy: https://docs.kernel.org/admin-guide/cgroup-v2.html
#include <algorithm>

#include "cgroup/backends.h"
#include "cgroup/counters.h"
#include "cgroup/files.h"

namespace mayfly::cgroup {

namespace {

class V2Leaf final : public LeafCgroup {
 public:
  explicit V2Leaf(LeafDirectory leaf) : leaf_(std::move(leaf)) {}

  [[nodiscard]] Status SetLimits(const std::vector<LimitWrite>& writes) override {
    has_quota_ = LimitsBandwidth(writes);
    for (const LimitWrite& write : writes) {
      const Status written = Apply(leaf_.fd(), write);
      if (written.ok()) continue;
      Error error = written.error();
      error.path = leaf_.path() + "/" + error.path;
      return error;
    }
    return Success();
  }

  [[nodiscard]] std::vector<int> join_fds() const override { return {}; }
  [[nodiscard]] int clone_into_fd() const override { return leaf_.fd(); }
  void CloseJoinFds() override {}

  [[nodiscard]] std::vector<CgroupPath> Paths() const override {
    return {{.hierarchy = leaf_.hierarchy().name, .directory = leaf_.path()}};
  }

  [[nodiscard]] Result<bool> Empty() const override {
    const Result<std::string> events = ReadText(leaf_.fd(), "cgroup.events");
    if (!events.ok()) return events.error();
    return FindNumber(events.value(), "populated") == 0;
  }

  [[nodiscard]] Result<std::uint64_t> CpuUsageUs() const override {
    const Result<std::string> stat = ReadText(leaf_.fd(), "cpu.stat");
    if (!stat.ok()) return stat.error();
    return FindNumber(stat.value(), "usage_usec").value_or(0);
  }

  [[nodiscard]] CgroupCounters Read() const override { return ReadV2Counters(leaf_.fd(), has_quota_); }

  [[nodiscard]] Status Freeze() override { return WriteText(leaf_.fd(), "cgroup.freeze", "1"); }
  [[nodiscard]] Status Thaw() override { return WriteText(leaf_.fd(), "cgroup.freeze", "0"); }

  [[nodiscard]] Result<Removal> Remove() override {
    const Result<bool> removed = leaf_.TryRemove();
    if (!removed.ok()) return removed.error();
    return removed.value() ? Removal::kRemoved : Removal::kBusy;
  }

 private:
  LeafDirectory leaf_;
  bool has_quota_ = false;
};

}  // namespace

Result<Leaf> CreateV2Leaf(const WorkerDirectory& directory, LeafGroups* groups, const std::string& name,
                          const std::vector<LimitWrite>& writes) {
  std::shared_ptr<LeafGroup> group;
  if (groups != nullptr) {
    Result<std::shared_ptr<LeafGroup>> joined = groups->Join();
    if (!joined.ok()) return joined.error();
    group = std::move(joined).value();
  }
  Result<LeafDirectory> made = LeafDirectory::Make(directory, std::move(group), name);
  if (!made.ok()) return made.error();
  auto leaf = std::make_unique<V2Leaf>(std::move(made).value());
  if (const Status limited = leaf->SetLimits(writes); !limited.ok()) {
    (void)leaf->Remove();
    return limited.error();
  }
  return Leaf(std::move(leaf));
}

}  // namespace mayfly::cgroup

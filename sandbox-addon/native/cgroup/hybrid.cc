// A leaf that is limited by v1, and stands in the v2 hierarchy as well for what that does better: it is joined by the
// clone itself, frozen as a whole, and its CPU times are exact.
#include <algorithm>

#include "cgroup/backends.h"
#include "cgroup/counters.h"

namespace mayfly::cgroup {

namespace {

class HybridLeaf final : public LeafCgroup {
 public:
  HybridLeaf(Leaf v1, Leaf v2) : v1_(std::move(v1)), v2_(std::move(v2)) {}

  [[nodiscard]] Status SetLimits(const std::vector<LimitWrite>& writes) override { return v1_->SetLimits(writes); }

  [[nodiscard]] std::vector<int> join_fds() const override { return v1_->join_fds(); }
  [[nodiscard]] int clone_into_fd() const override { return v2_->clone_into_fd(); }
  void CloseJoinFds() override { v1_->CloseJoinFds(); }

  [[nodiscard]] std::vector<CgroupPath> Paths() const override {
    std::vector<CgroupPath> paths = v1_->Paths();
    for (CgroupPath& path : v2_->Paths()) paths.push_back(std::move(path));
    return paths;
  }

  [[nodiscard]] Result<bool> Empty() const override {
    const Result<bool> empty = v2_->Empty();
    return empty.ok() && empty.value() ? v1_->Empty() : empty;
  }

  [[nodiscard]] Result<std::uint64_t> CpuUsageUs() const override { return v1_->CpuUsageUs(); }

  [[nodiscard]] CgroupCounters Read() const override {
    CgroupCounters counters = v1_->Read();
    ReadV2CpuTimes(v2_->clone_into_fd(), counters);
    return counters;
  }

  [[nodiscard]] Status Freeze() override { return v2_->Freeze(); }
  [[nodiscard]] Status Thaw() override { return v2_->Thaw(); }

  [[nodiscard]] Result<Removal> Remove() override {
    const Result<Removal> v1 = v1_->Remove();
    const Result<Removal> v2 = v2_->Remove();
    if (!v1.ok()) return v1;
    if (!v2.ok()) return v2;
    return v1.value() == Removal::kBusy ? v1 : v2;
  }

 private:
  Leaf v1_;
  Leaf v2_;
};

}  // namespace

Result<Leaf> CreateHybridLeaf(std::span<const WorkerDirectory> directories, LeafGroups& groups, const std::string& name,
                              const std::vector<LimitWrite>& writes) {
  Result<Leaf> v1 = CreateV1Leaf(directories, groups, name, writes);
  if (!v1.ok()) return v1;
  const auto unified = std::ranges::find_if(
      directories, [](const WorkerDirectory& directory) { return directory.hierarchy.version == 2; });
  Result<Leaf> v2 = CreateV2Leaf(*unified, nullptr, name, {});
  if (!v2.ok()) {
    (void)v1.value()->Remove();
    return v2;
  }
  return Leaf(std::make_unique<HybridLeaf>(std::move(v1).value(), std::move(v2).value()));
}

}  // namespace mayfly::cgroup

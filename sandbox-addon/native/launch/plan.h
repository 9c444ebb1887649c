// From a request to the flat list of steps: everything is decided and allocated here, before the fork.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "child/init.h"
#include "launch/host.h"
#include "launch/requests.h"

namespace mayfly {

// What every sandbox of a launcher has in common.
struct PlanSettings {
  Store store;
  // CLONE_NEW* of the namespaces that this kernel gives.
  std::uint64_t namespaces = 0;
  Privilege privilege = Privilege::kRoot;
};

// Who the main process is on the host; inside it is 1000.
struct HostUser {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

// Of a sandbox's own tmpfs, as its mount options are written.
struct ScratchSize {
  std::string bytes;
  std::string inodes;
};
[[nodiscard]] ScratchSize ScratchSizeOf(std::uint64_t bytes, std::uint64_t inodes);

// What /proc/<pid>/timens_offsets takes, so that uptime inside begins at the sandbox's own start.
[[nodiscard]] std::string BoottimeOffset();

class SandboxPlan {
 public:
  // Gives a mount of a tree that was loaded.
  using MountTree = std::function<Result<UniqueFd>(const std::string& name)>;

  // `filter` is a struct sock_filter[], or empty for none. The plan keeps a copy of all it needs.
  [[nodiscard]] static Result<SandboxPlan> ForExec(const StartMessage& request, const PlanSettings& settings,
                                                   HostUser user, const MountTree& mount_tree,
                                                   const std::string& filter);
  // A root to be mounted many times, built at a mount point; it has no entry.
  [[nodiscard]] static Result<SandboxPlan> ForTemplate(const std::vector<RootStepMessage>& root,
                                                       const std::string& mount_point, const Store& store,
                                                       const MountTree& mount_tree);
  // A zygote itself, and the sandbox of one of its copies, each on a mount of the same template.
  [[nodiscard]] static SandboxPlan ForZygote(const OpenZygoteMessage& request, UniqueFd root,
                                             const PlanSettings& settings);
  [[nodiscard]] static SandboxPlan ForCopy(UniqueFd root, const PlanSettings& settings, HostUser user,
                                           const std::string& filter);

  // What the init carries out; the entry is not its business where a zygote makes the main process.
  [[nodiscard]] InitPlan init() const;
  // Once whoever carries it out has been forked.
  void CloseMounts() { mounts_.clear(); }
  [[nodiscard]] const std::vector<Step>& entry() const { return entry_; }

  // "make directory /function", for messages. The index of a report counts on from the build steps to the entry's.
  [[nodiscard]] std::string Describe(int index) const;
  [[nodiscard]] int IndexOfEntryStep(int index) const { return static_cast<int>(build_.size()) + index; }

 private:
  const char* Keep(std::string text);
  char* const* KeepList(const std::vector<std::string>& texts);

  // What a root stands in, beside what is in it.
  struct Surroundings {
    std::string hostname;
    std::uint64_t tmpfs_bytes;
    std::uint64_t tmpfs_inodes;
    // CLONE_NEW* of whoever builds it. That of processes is there from its start.
    std::uint64_t namespaces;
  };

  // plan_root.cc
  Status PlanRoot(const std::vector<RootStepMessage>& root, const Surroundings& surroundings, const Store& store,
                  const MountTree& mount_tree);
  void PlanRootOf(UniqueFd root, const Surroundings& surroundings, const Store& store);
  void PlanNamespaces(const Surroundings& surroundings);
  void PlanMountPoints(std::vector<Step>& attachments);
  void PlanOwnMounts(const Surroundings& surroundings, const Store& store, std::vector<Step>& attachments);
  void PlanMasks(const Store& store);
  void PlanAdoption(int slot, UniqueFd mount);
  Status PlanSource(const RootStepMessage& step, const MountTree& mount_tree, std::vector<Step>& attachments);
  Status PlanBind(const RootStepMessage& step, int slot, std::vector<Step>& attachments);
  void MakeParents(const std::string& path, std::vector<Step>& steps);

  void PlanEntry(const StartMessage& request, std::uint64_t namespaces, HostUser user, const std::string& filter);
  void PlanCopyEntry(std::uint64_t namespaces, HostUser user, const std::string& filter);
  void PlanZygoteEntry(const OpenZygoteMessage& request, Privilege privilege);
  // From an outsider with every privilege to the function's own user with none, behind a filter.
  void PlanIdentity(std::uint64_t namespaces, HostUser user);
  void PlanFilter(const std::string& filter);

  std::vector<Step> build_;
  std::vector<Step> entry_;
  // A deque, so that what a step points to never moves.
  std::deque<std::string> texts_;
  std::deque<std::vector<char*>> lists_;
  std::set<std::string> made_directories_;
  bool is_copy_ = false;
  int next_slot_ = 0;
  // What the steps adopt, for as long as this plan lives.
  std::vector<UniqueFd> mounts_;
  std::vector<int> kept_;
};

}  // namespace mayfly

#include "launch/plan.h"

#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/stat.h>
#include <time.h>

#include <cerrno>

#include "launch/rlimits.h"
#include "launch/trees.h"

namespace mayfly {
namespace {

// What the main process is called inside; the outside number is HostUser::uid.
constexpr const char* kInsideId = "1000";
// Above every service of the host: where the whole machine runs short, a function goes first.
constexpr const char* kOomScoreAdjustment = "500";
constexpr std::uint64_t kOfInit = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWTIME;
// It stays in the launcher's process namespace: it could not make processes in one that is not below its own.
constexpr std::uint64_t kOfZygote = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET;
// Until the call's own are known.
constexpr std::uint64_t kParkedScratchBytes = 1024UL * 1024;
constexpr std::uint64_t kParkedScratchInodes = 16;

// To enter namespaces and make some, to become a function's user, and to give all that up for good.
constexpr std::uint64_t kOfZygoteWithinReach = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYS_CHROOT | 1ULL << CAP_SETUID |
                                               1ULL << CAP_SETGID | 1ULL << CAP_SETPCAP;

std::string SelfMap(std::uint32_t outside) {
  return std::string(kInsideId) + " " + std::to_string(outside) + " 1\n";
}

}  // namespace

const char* SandboxPlan::Keep(std::string text) { return texts_.emplace_back(std::move(text)).c_str(); }

char* const* SandboxPlan::KeepList(const std::vector<std::string>& texts) {
  std::vector<char*>& list = lists_.emplace_back();
  for (const std::string& text : texts) list.push_back(texts_.emplace_back(text).data());
  list.push_back(nullptr);
  return list.data();
}

ScratchSize ScratchSizeOf(std::uint64_t bytes, std::uint64_t inodes) {
  // The root directory and the two below it are not the function's.
  constexpr std::uint64_t kOwnInodes = 3;
  return {std::to_string(bytes), std::to_string(inodes + kOwnInodes)};
}

Result<SandboxPlan> SandboxPlan::ForExec(const StartMessage& request, const PlanSettings& settings, HostUser user,
                                         const MountTree& mount_tree, const std::string& filter) {
  SandboxPlan plan;
  const Surroundings surroundings = {request.hostname, request.tmpfs_bytes, request.tmpfs_inodes,
                                     (settings.namespaces | CLONE_NEWPID) & kOfInit};
  if (Status planned = plan.PlanRoot(request.root, surroundings, settings.store, mount_tree); !planned) {
    return planned.error();
  }
  plan.PlanEntry(request, settings.namespaces, user, filter);
  return plan;
}

SandboxPlan SandboxPlan::ForZygote(const OpenZygoteMessage& request, UniqueFd root, const PlanSettings& settings) {
  SandboxPlan plan;
  const Surroundings surroundings = {"zygote", kParkedScratchBytes, kParkedScratchInodes,
                                     settings.namespaces & kOfZygote};
  plan.PlanRootOf(std::move(root), surroundings, settings.store);
  plan.PlanZygoteEntry(request, settings.privilege);
  return plan;
}

SandboxPlan SandboxPlan::ForCopy(UniqueFd root, const PlanSettings& settings, HostUser user, const std::string& filter) {
  SandboxPlan plan;
  plan.is_copy_ = true;
  const Surroundings surroundings = {"parked", kParkedScratchBytes, kParkedScratchInodes,
                                     (settings.namespaces | CLONE_NEWPID) & kOfInit};
  plan.PlanRootOf(std::move(root), surroundings, settings.store);
  plan.PlanCopyEntry(settings.namespaces, user, filter);
  return plan;
}

void SandboxPlan::PlanEntry(const StartMessage& request, std::uint64_t namespaces, HostUser user,
                            const std::string& filter) {
  entry_.push_back({.kind = StepKind::kJoinCgroups});
  // After the join, for a cgroup namespace has its root where its maker stands.
  entry_.push_back({.kind = StepKind::kUnshare, .value = namespaces & CLONE_NEWCGROUP});
  entry_.push_back({.kind = StepKind::kInstallStdio, .value = user.uid, .other = user.gid});
  for (const RlimitMessage& limit : request.rlimits) {
    const std::optional<Rlimit> rlimit = AllowedRlimit(limit);
    if (!rlimit.has_value()) continue;
    entry_.push_back({.kind = StepKind::kSetLimit, .slot = rlimit->resource, .target = Keep(limit.name),
                      .value = rlimit->soft, .other = rlimit->hard});
  }
  PlanIdentity(namespaces, user);
  entry_.push_back({.kind = StepKind::kChangeDirectory, .target = Keep(request.cwd)});
  PlanFilter(filter);
  entry_.push_back({.kind = StepKind::kExecute, .target = Keep(request.argv.front()), .argv = KeepList(request.argv),
                    .envp = KeepList(request.env)});
}

void SandboxPlan::PlanIdentity(std::uint64_t namespaces, HostUser user) {
  entry_.push_back({.kind = StepKind::kWriteFile, .optional = true, .target = "/proc/self/oom_score_adj",
                    .text = kOomScoreAdjustment});
  entry_.push_back({.kind = StepKind::kSetUser, .value = user.uid, .other = user.gid});
  if ((namespaces & CLONE_NEWUSER) != 0) {
    entry_.push_back({.kind = StepKind::kUnshare, .value = CLONE_NEWUSER});
    entry_.push_back({.kind = StepKind::kWriteFile, .target = "/proc/self/setgroups", .text = "deny"});
    entry_.push_back({.kind = StepKind::kWriteFile, .target = "/proc/self/uid_map",
                      .text = Keep(SelfMap(user.uid))});
    entry_.push_back({.kind = StepKind::kWriteFile, .target = "/proc/self/gid_map",
                      .text = Keep(SelfMap(user.gid))});
  }
  entry_.push_back({.kind = StepKind::kDropCapabilities});
  entry_.push_back({.kind = StepKind::kStartSession});
}

void SandboxPlan::PlanFilter(const std::string& filter) {
  entry_.push_back({.kind = StepKind::kForbidPrivileges});
  if (filter.empty()) return;
  const std::string& program = texts_.emplace_back(filter);
  entry_.push_back({.kind = StepKind::kLoadFilter, .data = program.data(), .size = program.size()});
}

// Carried out by the copy itself, from the zygote's place to its own. Its limits, directory and descriptors are the
// call's, and come with it.
void SandboxPlan::PlanCopyEntry(std::uint64_t namespaces, HostUser user, const std::string& filter) {
  entry_.push_back({.kind = StepKind::kJoinCgroups});
  for (int slot = 0; slot < kInitNamespaceCount; slot++) {
    const std::uint64_t flag = kInitNamespaces[slot].flag;
    // It was born in the init's process namespace.
    if (slot == kPidSlot || (namespaces & flag) == 0) continue;
    entry_.push_back({.kind = StepKind::kEnterNamespaces, .slot = slot, .value = flag});
  }
  entry_.push_back({.kind = StepKind::kUnshare, .value = namespaces & CLONE_NEWCGROUP});
  entry_.push_back({.kind = StepKind::kInstallCopyDescriptors});
  PlanIdentity(namespaces, user);
  PlanFilter(filter);
}

void SandboxPlan::PlanZygoteEntry(const OpenZygoteMessage& request, Privilege privilege) {
  entry_.push_back({.kind = StepKind::kJoinCgroups});
  entry_.push_back({.kind = StepKind::kInstallZygoteDescriptors});
  // Without root every function's user is the launcher's, which is called root: who maps that one must have this.
  const std::uint64_t to_map_root = privilege == Privilege::kRootless ? 1ULL << CAP_SETFCAP : 0;
  entry_.push_back({.kind = StepKind::kLimitCapabilities, .value = kOfZygoteWithinReach | to_map_root});
  entry_.push_back({.kind = StepKind::kForbidPrivileges});
  entry_.push_back({.kind = StepKind::kExecute, .target = Keep(request.argv.front()), .argv = KeepList(request.argv),
                    .envp = KeepList(request.env)});
}

InitPlan SandboxPlan::init() const {
  return {build_.data(),  static_cast<int>(build_.size()), kept_.data(),
          static_cast<int>(kept_.size()), entry_.data(), is_copy_ ? 0 : static_cast<int>(entry_.size())};
}

std::string SandboxPlan::Describe(int index) const {
  const auto at = static_cast<std::size_t>(index);
  if (at >= build_.size() + entry_.size()) return "start";
  const Step& step = at < build_.size() ? build_[at] : entry_[at - build_.size()];
  const std::string words = StepWords(step.kind);
  return step.target == nullptr ? words : words + " " + step.target;
}

}  // namespace mayfly

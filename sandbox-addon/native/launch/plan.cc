#include "launch/plan.h"

#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/stat.h>
#include <time.h>

#include <cerrno>

#include "launch/rlimits.h"
#include "launch/trees.h"
#include "zygote/messages.h"

namespace mayfly {
namespace {

// What the main process is called inside; the outside number is HostUser::uid.
constexpr const char* kInsideId = "1000";
// Above every service of the host: where the whole machine runs short, a function goes first.
constexpr const char* kOomScoreAdjustment = "500";
// The root holds directories, links and the small files of `file` steps.
constexpr const char* kRootOptions = "mode=0755,size=8m,nr_inodes=4096";

constexpr std::uint64_t kReadOnlyDevices = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;

constexpr std::uint64_t kOfInit = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWTIME;
// It stays in the launcher's process namespace: it could not make processes in one that is not below its own.
constexpr std::uint64_t kOfZygote = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET;
// Until the call's own are known.
constexpr std::uint64_t kParkedScratchBytes = 1024UL * 1024;
constexpr std::uint64_t kParkedScratchInodes = 16;

// To enter namespaces and make some, to become a function's user, and to give all that up for good.
constexpr std::uint64_t kOfZygoteWithinReach = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYS_CHROOT | 1ULL << CAP_SETUID |
                                               1ULL << CAP_SETGID | 1ULL << CAP_SETPCAP;

// So that uptime inside begins at the sandbox's own start.
std::string BoottimeOffset() {
  timespec now = {};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return "boottime -" + std::to_string(now.tv_sec) + " 0\n";
}

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
                                         const FindTree& find_tree, const std::string& filter) {
  SandboxPlan plan;
  const Root root = {request.hostname, request.root, request.tmpfs_bytes, request.tmpfs_inodes,
                     settings.namespaces & kOfInit};
  if (Status planned = plan.PlanRoot(root, settings.store, find_tree); !planned) return planned.error();
  plan.PlanEntry(request, settings.namespaces, user, filter);
  return plan;
}

Result<SandboxPlan> SandboxPlan::ForZygote(const OpenZygoteMessage& request, const PlanSettings& settings,
                                           const FindTree& find_tree) {
  static const std::string hostname = "zygote";
  SandboxPlan plan;
  const Root root = {hostname, request.root, kParkedScratchBytes, kParkedScratchInodes,
                     settings.namespaces & kOfZygote};
  if (Status planned = plan.PlanRoot(root, settings.store, find_tree); !planned) return planned.error();
  plan.PlanZygoteEntry(request);
  return plan;
}

Result<SandboxPlan> SandboxPlan::ForCopy(const OpenZygoteMessage& request, const PlanSettings& settings, HostUser user,
                                         const FindTree& find_tree, const std::string& filter) {
  static const std::string hostname = "parked";
  SandboxPlan plan;
  plan.is_copy_ = true;
  const Root root = {hostname, request.root, kParkedScratchBytes, kParkedScratchInodes, settings.namespaces & kOfInit};
  if (Status planned = plan.PlanRoot(root, settings.store, find_tree); !planned) return planned.error();
  plan.PlanCopyEntry(settings.namespaces, user, filter);
  return plan;
}

Status SandboxPlan::PlanRoot(const Root& root, const Store& store, const FindTree& find_tree) {
  const int proc = next_slot_++;
  const int dev = next_slot_++;
  const int tmp = next_slot_++;
  const int shm = next_slot_++;

  build_.push_back({.kind = StepKind::kUnshare, .value = root.namespaces});
  if ((root.namespaces & CLONE_NEWTIME) != 0) {
    build_.push_back({.kind = StepKind::kWriteFile, .optional = true, .target = "/proc/self/timens_offsets",
                      .text = Keep(BoottimeOffset())});
  }
  build_.push_back({.kind = StepKind::kSetHostname, .target = Keep(root.hostname)});
  build_.push_back({.kind = StepKind::kRaiseLoopback, .target = "lo"});
  build_.push_back({.kind = StepKind::kOpenProc, .slot = proc});
  build_.push_back({.kind = StepKind::kOpenTree, .slot = dev, .target = Keep(store.dev), .value = kReadOnlyDevices});
  const ScratchSize scratch = ScratchSizeOf(root.bytes, root.inodes);
  build_.push_back({.kind = StepKind::kOpenScratch, .slot = tmp, .target = Keep(store.scratch),
                    .text = Keep("mode=0755,size=" + scratch.bytes + ",nr_inodes=" + scratch.inodes)});

  std::vector<Step> attachments;
  for (const char* path : {"/proc", "/dev", "/tmp"}) {
    MakeParents(std::string(path) + "/.", attachments);
  }
  attachments.push_back({.kind = StepKind::kAttach, .slot = proc, .target = "/proc"});
  attachments.push_back({.kind = StepKind::kAttach, .slot = dev, .target = "/dev"});
  attachments.push_back({.kind = StepKind::kAttach, .slot = tmp, .target = "/tmp"});
  attachments.push_back({.kind = StepKind::kAttach, .slot = shm, .target = "/dev/shm"});
  for (const RootStepMessage& step : root.steps) {
    if (Status planned = PlanSource(step, find_tree, attachments); !planned) return planned;
  }
  build_.push_back({.kind = StepKind::kEnterNewRoot, .target = Keep(store.new_root), .text = kRootOptions});
  build_.insert(build_.end(), attachments.begin(), attachments.end());

  for (const std::string& path : store.masked_files) {
    build_.push_back({.kind = StepKind::kMask, .target = Keep(path), .text = "/dev/null"});
  }
  for (const std::string& path : store.masked_directories) {
    build_.push_back({.kind = StepKind::kMaskDirectory, .target = Keep(path)});
  }
  for (const std::string& path : store.read_only) {
    build_.push_back({.kind = StepKind::kBindReadOnly, .target = Keep(path)});
  }
  build_.push_back({.kind = StepKind::kMakeReadOnly, .target = "/"});
  return Success();
}

// One RootStep of types.ts. What is opened goes to the build list, before the pivot; what is made, to `attachments`.
Status SandboxPlan::PlanSource(const RootStepMessage& step, const FindTree& find_tree,
                               std::vector<Step>& attachments) {
  const char* target = Keep(step.target);
  MakeParents(step.target, attachments);
  if (step.kind == "directory") {
    MakeParents(step.target + "/.", attachments);
    return Success();
  }
  if (step.kind == "symlink") {
    attachments.push_back({.kind = StepKind::kMakeSymlink, .target = target, .text = Keep(step.value)});
    return Success();
  }
  if (step.kind == "file") {
    const std::string& content = texts_.emplace_back(step.value);
    attachments.push_back({.kind = StepKind::kMakeFile, .target = target, .value = 0444, .data = content.data(),
                           .size = content.size()});
    return Success();
  }

  std::string source = step.value;
  if (step.kind == "tree") {
    const std::optional<std::string> folder = find_tree(step.value);
    if (!folder.has_value()) return Error{"find tree", step.value, ENOENT, "load it first with loadTree"};
    source = *folder;
  }
  struct stat status = {};
  if (stat(source.c_str(), &status) != 0) return Error{"bind", source, errno, ""};
  if (next_slot_ >= kMaxSlots - 1) return Error{"bind", source, E2BIG, "a root has too many mounts"};
  if (S_ISDIR(status.st_mode)) {
    MakeParents(step.target + "/.", attachments);
  } else {
    attachments.push_back({.kind = StepKind::kMakeFile, .target = target, .value = 0444, .data = ""});
  }
  const int slot = next_slot_++;
  build_.push_back({.kind = StepKind::kOpenTree, .slot = slot, .target = Keep(source), .value = kReadOnlyTree});
  attachments.push_back({.kind = StepKind::kAttach, .slot = slot, .target = target});
  return Success();
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
  for (int slot = 0; slot < zygote::kInitNamespaceCount; slot++) {
    const std::uint64_t flag = zygote::kInitNamespaces[slot].flag;
    // It was born in the init's process namespace.
    if (slot == zygote::kPidSlot || (namespaces & flag) == 0) continue;
    entry_.push_back({.kind = StepKind::kEnterNamespaces, .slot = slot, .value = flag});
  }
  entry_.push_back({.kind = StepKind::kUnshare, .value = namespaces & CLONE_NEWCGROUP});
  entry_.push_back({.kind = StepKind::kInstallCopyDescriptors});
  PlanIdentity(namespaces, user);
  PlanFilter(filter);
}

void SandboxPlan::PlanZygoteEntry(const OpenZygoteMessage& request) {
  entry_.push_back({.kind = StepKind::kJoinCgroups});
  entry_.push_back({.kind = StepKind::kInstallZygoteDescriptors});
  entry_.push_back({.kind = StepKind::kLimitCapabilities, .value = kOfZygoteWithinReach});
  entry_.push_back({.kind = StepKind::kForbidPrivileges});
  entry_.push_back({.kind = StepKind::kExecute, .target = Keep(request.argv.front()), .argv = KeepList(request.argv),
                    .envp = KeepList(request.env)});
}

// The directories above a path, each once; with "/." at its end, the path too.
void SandboxPlan::MakeParents(const std::string& path, std::vector<Step>& steps) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (!made_directories_.insert(parent).second) continue;
    steps.push_back({.kind = StepKind::kMakeDirectory, .target = Keep(parent), .value = 0755});
  }
}

InitPlan SandboxPlan::init() const {
  return {build_.data(), static_cast<int>(build_.size()), entry_.data(),
          is_copy_ ? 0 : static_cast<int>(entry_.size())};
}

std::string SandboxPlan::Describe(int index) const {
  const auto at = static_cast<std::size_t>(index);
  if (at >= build_.size() + entry_.size()) return "start";
  const Step& step = at < build_.size() ? build_[at] : entry_[at - build_.size()];
  const std::string words = StepWords(step.kind);
  return step.target == nullptr ? words : words + " " + step.target;
}

}  // namespace mayfly

// The part of a plan that builds the root.
#include <linux/mount.h>
#include <sched.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <cerrno>

#include "launch/plan.h"
#include "launch/trees.h"

namespace mayfly {
namespace {

// The root holds directories, links and the small files of `file` steps.
constexpr const char* kRootOptions = "mode=0755,size=8m,nr_inodes=4096";

constexpr std::uint64_t kReadOnlyDevices = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;

}  // namespace

std::string BoottimeOffset() {
  timespec now = {};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return "boottime -" + std::to_string(now.tv_sec) + " 0\n";
}

Result<SandboxPlan> SandboxPlan::ForTemplate(const std::vector<RootStepMessage>& root, const std::string& mount_point,
                                             const Store& store, const MountTree& mount_tree) {
  SandboxPlan plan;
  std::vector<Step> attachments;
  plan.PlanMountPoints(attachments);
  const int dev = plan.next_slot_++;
  plan.build_.push_back(
      {.kind = StepKind::kOpenTree, .slot = dev, .target = plan.Keep(store.dev), .value = kReadOnlyDevices});
  attachments.push_back({.kind = StepKind::kAttach, .slot = dev, .target = "/dev"});
  for (const RootStepMessage& step : root) {
    if (Status planned = plan.PlanSource(step, mount_tree, attachments); !planned) return planned.error();
  }
  plan.build_.push_back(
      {.kind = StepKind::kBuildTemplate, .target = plan.Keep(mount_point), .text = kRootOptions});
  plan.build_.insert(plan.build_.end(), attachments.begin(), attachments.end());
  plan.build_.push_back({.kind = StepKind::kMakeReadOnly, .target = "/"});
  return plan;
}

// What is there is the sandbox's alone; the rest was built once for all that are like it.
void SandboxPlan::PlanRootOf(UniqueFd root, const Surroundings& surroundings, const Store& store) {
  const int root_slot = next_slot_++;
  std::vector<Step> attachments;
  PlanNamespaces(surroundings);
  PlanAdoption(root_slot, std::move(root));
  PlanOwnMounts(surroundings, store, attachments);
  build_.push_back({.kind = StepKind::kEnterTemplate, .slot = root_slot, .target = Keep(store.new_root)});
  build_.insert(build_.end(), attachments.begin(), attachments.end());
  PlanMasks(store);
}

Status SandboxPlan::PlanRoot(const std::vector<RootStepMessage>& root, const Surroundings& surroundings,
                             const Store& store, const MountTree& mount_tree) {
  std::vector<Step> attachments;
  PlanMountPoints(attachments);
  const int dev = next_slot_++;
  PlanNamespaces(surroundings);
  build_.push_back({.kind = StepKind::kOpenTree, .slot = dev, .target = Keep(store.dev), .value = kReadOnlyDevices});
  attachments.push_back({.kind = StepKind::kAttach, .slot = dev, .target = "/dev"});
  PlanOwnMounts(surroundings, store, attachments);
  for (const RootStepMessage& step : root) {
    if (Status planned = PlanSource(step, mount_tree, attachments); !planned) return planned;
  }
  build_.push_back({.kind = StepKind::kEnterNewRoot, .target = Keep(store.new_root), .text = kRootOptions});
  build_.insert(build_.end(), attachments.begin(), attachments.end());
  PlanMasks(store);
  build_.push_back({.kind = StepKind::kMakeReadOnly, .target = "/"});
  return Success();
}

void SandboxPlan::PlanMountPoints(std::vector<Step>& attachments) {
  for (const char* path : {"/proc", "/dev", "/tmp"}) MakeParents(std::string(path) + "/.", attachments);
}

void SandboxPlan::PlanNamespaces(const Surroundings& surroundings) {
  build_.push_back({.kind = StepKind::kUnshare, .value = surroundings.namespaces & ~std::uint64_t{CLONE_NEWPID}});
  if ((surroundings.namespaces & CLONE_NEWTIME) != 0) {
    build_.push_back({.kind = StepKind::kWriteFile, .optional = true, .target = "/proc/self/timens_offsets",
                      .text = Keep(BoottimeOffset())});
  }
  build_.push_back({.kind = StepKind::kSetHostname, .target = Keep(surroundings.hostname)});
  build_.push_back({.kind = StepKind::kRaiseLoopback, .target = "lo"});
}

void SandboxPlan::PlanOwnMounts(const Surroundings& surroundings, const Store& store, std::vector<Step>& attachments) {
  const int proc = next_slot_++;
  const int tmp = next_slot_++;
  const int shm = next_slot_++;
  const ScratchSize scratch = ScratchSizeOf(surroundings.tmpfs_bytes, surroundings.tmpfs_inodes);
  if ((surroundings.namespaces & CLONE_NEWPID) != 0) {
    build_.push_back({.kind = StepKind::kOpenProc, .slot = proc});
  } else {
    // Without root, only who owns a process namespace may mount its /proc anew.
    build_.push_back({.kind = StepKind::kOpenTree, .slot = proc, .target = "/proc", .value = MOUNT_ATTR_NOEXEC});
  }
  build_.push_back({.kind = StepKind::kOpenScratch, .slot = tmp, .target = Keep(store.scratch),
                    .text = Keep("mode=0755,size=" + scratch.bytes + ",nr_inodes=" + scratch.inodes)});
  attachments.push_back({.kind = StepKind::kAttach, .slot = proc, .target = "/proc"});
  attachments.push_back({.kind = StepKind::kAttach, .slot = tmp, .target = "/tmp"});
  attachments.push_back({.kind = StepKind::kAttach, .slot = shm, .target = "/dev/shm"});
  for (const std::string& path : store.masked_directories) {
    const int cover = next_slot_++;
    build_.push_back({.kind = StepKind::kOpenTree, .slot = cover, .target = Keep(store.empty),
                      .value = kReadOnlyTree | MOUNT_ATTR_NOEXEC});
    attachments.push_back({.kind = StepKind::kAttach, .slot = cover, .target = Keep(path)});
  }
}

void SandboxPlan::PlanMasks(const Store& store) {
  for (const std::string& path : store.masked_files) {
    build_.push_back({.kind = StepKind::kMask, .target = Keep(path), .text = "/dev/null"});
  }
  for (const std::string& path : store.read_only) {
    build_.push_back({.kind = StepKind::kBindReadOnly, .target = Keep(path)});
  }
}

void SandboxPlan::PlanAdoption(int slot, UniqueFd mount) {
  build_.push_back(
      {.kind = StepKind::kAdoptMount, .slot = slot, .value = static_cast<std::uint64_t>(mount.get())});
  kept_.insert(std::ranges::upper_bound(kept_, mount.get()), mount.get());
  mounts_.push_back(std::move(mount));
}

// One RootStep of types.ts. What is opened goes to the build list, before the pivot; what is made, to `attachments`.
Status SandboxPlan::PlanSource(const RootStepMessage& step, const MountTree& mount_tree,
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
  if (next_slot_ >= kMaxSlots - 1) return Error{"bind", step.value, E2BIG, "a root has too many mounts"};
  const int slot = next_slot_++;
  if (step.kind == "tree") {
    Result<UniqueFd> mount = mount_tree(step.value);
    if (!mount) return mount.error();
    PlanAdoption(slot, std::move(mount.value()));
    MakeParents(step.target + "/.", attachments);
  } else if (Status planned = PlanBind(step, slot, attachments); !planned) {
    return planned;
  }
  attachments.push_back({.kind = StepKind::kAttach, .slot = slot, .target = target});
  return Success();
}

Status SandboxPlan::PlanBind(const RootStepMessage& step, int slot, std::vector<Step>& attachments) {
  struct stat status = {};
  if (stat(step.value.c_str(), &status) != 0) return Error{"bind", step.value, errno, ""};
  if (S_ISDIR(status.st_mode)) {
    MakeParents(step.target + "/.", attachments);
  } else {
    attachments.push_back({.kind = StepKind::kMakeFile, .target = Keep(step.target), .value = 0444, .data = ""});
  }
  build_.push_back({.kind = StepKind::kOpenTree, .slot = slot, .target = Keep(step.value), .value = kReadOnlyTree});
  return Success();
}

// The directories above a path, each once; with "/." at its end, the path too.
void SandboxPlan::MakeParents(const std::string& path, std::vector<Step>& steps) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (!made_directories_.insert(parent).second) continue;
    steps.push_back({.kind = StepKind::kMakeDirectory, .target = Keep(parent), .value = 0755});
  }
}

}  // namespace mayfly

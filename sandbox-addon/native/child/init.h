// The first process of a sandbox: it builds the root, starts the main process, and then reaps whatever is orphaned until
// it is killed, which takes the whole process namespace along. It runs no code of anybody's but ours.
#pragma once

#include <linux/sched.h>

#include <cstdint>

#include "child/step.h"

namespace mayfly {

// The descriptors that an init has; everything else of the launcher is closed at its start. In the main process, the
// first becomes the control channel and the second closes at exec.
constexpr int kLauncherSocket = 3;
constexpr int kStatusPipe = 4;
// A zygote and a parked copy of it have the launcher's socket at the same number, and this one beside it.
constexpr int kReadyPipe = 4;

struct InitPlan {
  const Step* build;
  int build_count;
  // Descriptors that the steps take over, in ascending order, above the two.
  const int* kept;
  int kept_count;
  // None where a zygote makes the main process.
  const Step* entry;
  int entry_count;
};

// launcher → init, once the leaf cgroup is there. With it come the descriptors: stdin, stdout, stderr, control (if
// any), then those to write "0" to, then the one for CLONE_INTO_CGROUP (if any).
struct GoMessage {
  std::int32_t has_control;
  std::int32_t join_count;
  std::int32_t has_clone_into;
};

constexpr int kMaxAttachments = 8;
constexpr int kMaxTargetBytes = 256;

// launcher → the init of a copy, at its hand-over. With it come the mounts, one for each target.
struct AttachMessage {
  char hostname[65];
  // Of the scratch tmpfs, as its options are written.
  char bytes[24];
  char inodes[24];
  std::int32_t count;
  char targets[kMaxAttachments][kMaxTargetBytes];
};

// A namespace of an init that a zygote's copy enters.
struct InitNamespace {
  std::uint64_t flag;
  const char* path;
};
// In this order they are the descriptors of a kBuilt report, and the slots that a copy's steps find filled. Only the init
// itself may open them where there is no root.
constexpr InitNamespace kInitNamespaces[] = {
    {CLONE_NEWPID, "/proc/self/ns/pid"}, {CLONE_NEWNET, "/proc/self/ns/net"},
    {CLONE_NEWIPC, "/proc/self/ns/ipc"}, {CLONE_NEWUTS, "/proc/self/ns/uts"},
    {CLONE_NEWNS, "/proc/self/ns/mnt"},  {CLONE_NEWTIME, "/proc/self/ns/time_for_children"},
};
constexpr int kInitNamespaceCount = 6;
constexpr int kPidSlot = 0;

enum class ReportKind : std::int32_t {
  // The root is complete, and a zygote may fork into it; with it come the namespaces.
  kBuilt,
  // Sent by a copy that stands where its zygote stands, and takes orders: see zygote/snapshot.h.
  kCopied,
  // A step of a copy's entry failed, `index` with `code`.
  kEntryFailed,
  // Sent by a copy: it stands behind its walls and waits for its call.
  kParked,
  // Building the root failed at step `index` with `code`.
  kBuildFailed,
  // The main process could not be forked: `code`.
  kForkFailed,
  // Sent by the main process itself, so that the socket's credentials carry its number.
  kEntered,
  // `code` is the wait status of the main process.
  kExited,
};

struct InitReport {
  ReportKind kind;
  std::int32_t index;
  std::int32_t code;
};

// On the status pipe: a StepFailure if the entry failed, or nothing until exec closes it.

// In the child of clone3(CLONE_NEWPID), with the two descriptors above in place.
[[noreturn]] void RunInit(const InitPlan& plan);

}  // namespace mayfly

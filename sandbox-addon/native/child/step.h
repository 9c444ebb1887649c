// What a sandbox's processes do between clone and exec, as a flat list of typed operations: built and allocated before
// the fork, carried out after it. The same list serves whoever forks: the launcher, an init, or a zygote.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mayfly {

// One list for the enum and the words that an error message uses.
#define MAYFLY_STEPS(X)                                                                                       \
  /* Building the root: sources are opened while the host's tree is still in sight … */                      \
  X(kUnshare, "unshare")                     /* value: CLONE_* */                                             \
  X(kSetHostname, "set hostname")            /* target: the name */                                           \
  X(kRaiseLoopback, "raise interface")       /* target: its name */                                           \
  X(kOpenTree, "open")                       /* target: host path, slot, value: MOUNT_ATTR_* */               \
  X(kAdoptMount, "adopt mount")              /* slot, value: a descriptor that was inherited */               \
  X(kOpenProc, "open new proc")              /* slot */                                                       \
  X(kOpenScratch, "open new tmpfs for")      /* target: mount point, text: options, slot: /tmp, slot+1: shm */ \
  X(kEnterNewRoot, "pivot to")               /* target: mount point, text: options of the tmpfs */            \
  X(kEnterTemplate, "pivot to template at")  /* slot, target: mount point */                                  \
  X(kBuildTemplate, "build template at")     /* target: mount point, text: options of the tmpfs */            \
  /* … and attached in the new root, where no symbolic link can lead out of it. */                           \
  X(kMakeDirectory, "make directory")        /* target, value: mode */                                        \
  X(kMakeSymlink, "make symlink")            /* target, text: where it points */                              \
  X(kMakeFile, "make file")                  /* target, data, value: mode */                                  \
  X(kAttach, "attach")                       /* slot, target */                                               \
  X(kMask, "mask")                           /* target, text: the path that covers it */                      \
  X(kMakeReadOnly, "make read-only")         /* target: a mount */                                            \
  X(kBindReadOnly, "bind read-only")         /* target: a path, bound over itself */                          \
  /* The entry of the main process. */                                                                        \
  X(kJoinCgroups, "join cgroups")                                                                             \
  X(kEnterNamespaces, "enter namespaces")    /* slot: a namespace, value: CLONE_* */                     \
  X(kInstallStdio, "install descriptors")    /* value, other: the owner's uid and gid */                      \
  X(kInstallZygoteDescriptors, "install a zygote's descriptors")                                             \
  X(kInstallCopyDescriptors, "install a copy's descriptors")                                                  \
  X(kSetLimit, "set rlimit")                 /* target: its name, slot: RLIMIT_*, value: soft, other: hard */ \
  X(kWriteFile, "write")                     /* target, text */                                               \
  X(kSetUser, "set user")                    /* value: uid, other: gid */                                     \
  X(kLimitCapabilities, "limit capabilities") /* value: a bit for each that stays within reach */             \
  X(kDropCapabilities, "drop capabilities")                                                                   \
  X(kStartSession, "start session")                                                                           \
  X(kChangeDirectory, "change directory to") /* target */                                                     \
  X(kForbidPrivileges, "set no_new_privs")                                                                    \
  X(kLoadFilter, "load seccomp filter")      /* data: struct sock_filter[] */                                 \
  X(kExecute, "execute")                     /* target, argv, envp */

enum class StepKind : std::uint8_t {
#define MAYFLY_STEP_ENUM(kind, words) kind,
  MAYFLY_STEPS(MAYFLY_STEP_ENUM)
#undef MAYFLY_STEP_ENUM
};

constexpr const char* StepWords(StepKind kind) {
  constexpr const char* kWords[] = {
#define MAYFLY_STEP_WORDS(kind, words) words,
      MAYFLY_STEPS(MAYFLY_STEP_WORDS)
#undef MAYFLY_STEP_WORDS
  };
  return kWords[static_cast<std::size_t>(kind)];
}

// Which members count is said at each kind above. Pointers are to memory that outlives the fork.
struct Step {
  StepKind kind;
  // A host may lack the thing, and the sandbox is no less closed without it.
  bool optional = false;
  int slot = -1;
  const char* target = nullptr;
  const char* text = nullptr;
  std::uint64_t value = 0;
  std::uint64_t other = 0;
  const void* data = nullptr;
  std::size_t size = 0;
  char* const* argv = nullptr;
  char* const* envp = nullptr;
};

constexpr int kMaxSlots = 256;
constexpr int kMaxJoins = 16;

// The descriptors first to last, both included.
struct DescriptorRange {
  int first;
  int last;
};

// What the steps hand to each other, and the descriptors that the main process was given.
struct StepContext {
  int slots[kMaxSlots];
  int stdio[3] = {-1, -1, -1};
  int control = -1;
  int joins[kMaxJoins] = {};
  int join_count = 0;
  // A copy of a zygote: who attaches its code closes the other end of `ready`, and what of the zygote it must not keep.
  int ready = -1;
  const DescriptorRange* close = nullptr;
  int close_count = 0;
};

struct StepFailure {
  // -1: none failed.
  int index = -1;
  int code = 0;
};

// Async-signal-safe. Stops at the first step that fails and is not optional; kExecute returns only if it failed.
[[nodiscard]] StepFailure RunSteps(const Step* steps, int count, StepContext& context);

}  // namespace mayfly

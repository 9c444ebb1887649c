#include "launch/nested_clone.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "child/clone_on_stack.h"
#include "child/syscalls.h"

namespace mayfly {
namespace {

constexpr std::size_t kStackBytes = 256UL * 1024;

// A new namespace is made below the one that its maker is in, and the launcher can leave its own for nobody's sake: so a
// guide that shares the launcher's memory and descriptors says where its children are born, and has a deputy born there,
// which shares them too, and makes the process. Each is a child of its maker's parent, and so the launcher's.
struct Nested {
  int pid_namespace;
  clone_args arguments;
  const std::function<void()>* body;
  long deputy;
  long child;
};

// Of which the launcher waits.
Nested* present = nullptr;

[[noreturn]] void Leave() {
  for (;;) syscall(SYS_exit, 0);
}

char* Stacks() {
  static void* const stacks = mmap(nullptr, 2 * kStackBytes, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  return static_cast<char*>(stacks);
}

long RunShared(void (*entry)(), char* stack, std::uint64_t parent, int exit_signal) {
  clone_args arguments = {};
  arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | parent;
  arguments.stack = reinterpret_cast<std::uint64_t>(stack);
  arguments.stack_size = kStackBytes;
  arguments.exit_signal = static_cast<std::uint64_t>(exit_signal);
  return sys::CloneOnStack(arguments, entry);
}

void MakeChild() {
  const pid_t child = sys::Clone3(present->arguments);
  if (child == 0) (*present->body)();
  present->child = child < 0 ? -errno : child;
  Leave();
}

void GuideDeputy() {
  if (setns(present->pid_namespace, CLONE_NEWPID) != 0) {
    present->deputy = -errno;
  } else {
    present->deputy = RunShared(MakeChild, Stacks() + kStackBytes, CLONE_PARENT, 0);
  }
  Leave();
}

void Reap(long process) {
  while (waitpid(static_cast<pid_t>(process), nullptr, __WALL) < 0 && errno == EINTR) {
  }
}

}  // namespace

pid_t CloneBelow(int pid_namespace, const clone_args& arguments, const std::function<void()>& body) {
  Nested nested = {pid_namespace, arguments, &body, -ECHILD, -ECHILD};
  // Where the maker is not the parent, the parent is told as it is of the maker's end.
  nested.arguments.flags |= CLONE_PARENT;
  nested.arguments.exit_signal = 0;
  present = &nested;
  const long guide = RunShared(GuideDeputy, Stacks(), 0, SIGCHLD);
  if (guide < 0) {
    errno = static_cast<int>(-guide);
    return -1;
  }
  Reap(guide);
  if (nested.deputy > 0) Reap(nested.deputy);
  const long result = nested.deputy < 0 ? nested.deputy : nested.child;
  if (result > 0) return static_cast<pid_t>(result);
  errno = static_cast<int>(-result);
  return -1;
}

}  // namespace mayfly

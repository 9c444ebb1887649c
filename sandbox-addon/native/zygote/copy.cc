#include "zygote/copy.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "child/clone_on_stack.h"

namespace mayfly::zygote {
namespace {

constexpr std::size_t kStackBytes = 128UL * 1024;
// The helper's number in the sandbox. Asking for one leaves the kernel's count alone, so the copy gets 2, which every
// main process has.
constexpr pid_t kHelperNumber = 300;

// Shared between the zygote, its guide and its helper, of which one runs and the others wait for it.
jmp_buf main_stack;
const Copying* present = nullptr;
int failure = 0;

[[noreturn]] void Leave(int code) {
  failure = code;
  for (;;) syscall(SYS_exit, 0);
}

// Starts a process that shares this one's memory, and waits for its end. 0 or an errno.
int RunShared(void (*entry)(), char* stack, pid_t number, int clone_into) {
  clone_args arguments = {};
  arguments.flags = CLONE_VM | CLONE_VFORK | (clone_into >= 0 ? CLONE_INTO_CGROUP : 0);
  arguments.stack = reinterpret_cast<std::uint64_t>(stack);
  arguments.stack_size = kStackBytes;
  if (number != 0) {
    arguments.set_tid = reinterpret_cast<std::uint64_t>(&number);
    arguments.set_tid_size = 1;
  }
  arguments.cgroup = clone_into >= 0 ? static_cast<unsigned>(clone_into) : 0;
  // What stays unsaid where it is killed.
  failure = ECHILD;
  const long child = sys::CloneOnStack(arguments, entry);
  if (child < 0) return static_cast<int>(-child);
  while (waitpid(static_cast<pid_t>(child), nullptr, __WALL) < 0 && errno == EINTR) {
  }
  return failure;
}

char* Stacks() {
  static void* const stacks = mmap(nullptr, 2 * kStackBytes, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  return static_cast<char*>(stacks);
}

// The helper, in the sandbox's process namespace. Its thread pointer is the zygote's, which sleeps meanwhile. The C
// library's own fork, so that what others have asked to be told of a fork is told (libuv then opens a signal pipe of the
// copy's own).
void ForkAndLeave() {
  const pid_t copy = fork();
  if (copy == 0) longjmp(main_stack, 1);
  Leave(copy < 0 ? errno : 0);
}

// The guide, still in the zygote's namespace: where a process's children are born it can choose, and could not choose
// back without root.
void GuideHelper() {
  if (setns(present->pid_namespace, CLONE_NEWPID) != 0) Leave(errno);
  Leave(RunShared(ForkAndLeave, Stacks() + kStackBytes, kHelperNumber, present->clone_into));
}

}  // namespace

Made MakeCopy(const Copying& copying) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  present = &copying;
  if (setjmp(main_stack) != 0) {
    RegisterRestartableSequences();
    return Made::kCopy;
  }
  const int code = RunShared(GuideHelper, Stacks(), 0, -1);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (code == 0) return Made::kOriginal;
  errno = code;
  return Made::kFailed;
}

void RegisterRestartableSequences() {
  if (__rseq_size == 0) return;
  constexpr unsigned kRegisteredBytes = 32;
  auto* area = static_cast<char*>(__builtin_thread_pointer()) + __rseq_offset;
  (void)syscall(SYS_rseq, area, kRegisteredBytes, 0, RSEQ_SIG);
}

void WaitForInit() {
  constexpr timespec kMoment = {0, 20'000};
  while (syscall(SYS_getppid) != 1) nanosleep(&kMoment, nullptr);
}

}  // namespace mayfly::zygote

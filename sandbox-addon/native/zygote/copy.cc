#include "zygote/copy.h"

#include <linux/sched.h>
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

namespace mayfly::zygote {
namespace {

constexpr std::size_t kHelperStackBytes = 256UL * 1024;
// The helper's number in the sandbox. Asking for one leaves the kernel's count alone, so the copy gets 2, which every
// main process has.
constexpr pid_t kHelperNumber = 300;

// Shared between the zygote and its helper, one of which always waits for the other.
jmp_buf main_stack;
int fork_error = 0;

// clone3 with a stack of its own, which has no function in the C library: the child begins in `entry`.
long CloneOnStack(clone_args& arguments, void (*entry)()) {
  long result = 0;
#if defined(__x86_64__)
  register void (*begin)() asm("r12") = entry;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "call *%%r12\n\t"
      "hlt\n"
      "1:"
      : "=a"(result)
      : "0"(static_cast<long>(SYS_clone3)), "D"(&arguments), "S"(sizeof arguments), "r"(begin)
      : "rcx", "r11", "memory");
#elif defined(__aarch64__)
  register long number asm("x8") = SYS_clone3;
  register long first asm("x0") = reinterpret_cast<long>(&arguments);
  register long second asm("x1") = sizeof arguments;
  register void (*begin)() asm("x19") = entry;
  asm volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "blr x19\n\t"
      "brk #0\n"
      "1:"
      : "+r"(first)
      : "r"(number), "r"(second), "r"(begin)
      : "memory", "x30");
  result = first;
#else
#error "forking is not written for this processor"
#endif
  return result;
}

// In the helper: its thread pointer is the zygote's, which sleeps meanwhile. The C library's own fork, so that what
// others have asked to be told of a fork is told (libuv then opens a signal pipe of the copy's own).
void ForkAndLeave() {
  const pid_t copy = fork();
  if (copy == 0) longjmp(main_stack, 1);
  fork_error = copy < 0 ? errno : 0;
  syscall(SYS_exit, 0);
}

void* HelperStack() {
  static void* const stack = mmap(nullptr, kHelperStackBytes, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  return stack;
}

// Starts the helper and waits for its end. 0 or an errno.
int RunHelper(int clone_into) {
  pid_t number = kHelperNumber;
  clone_args arguments = {};
  arguments.flags = CLONE_VM | CLONE_VFORK | (clone_into >= 0 ? CLONE_INTO_CGROUP : 0);
  arguments.stack = reinterpret_cast<std::uint64_t>(HelperStack());
  arguments.stack_size = kHelperStackBytes;
  arguments.set_tid = reinterpret_cast<std::uint64_t>(&number);
  arguments.set_tid_size = 1;
  arguments.cgroup = clone_into >= 0 ? static_cast<unsigned>(clone_into) : 0;
  // What the helper leaves unsaid: it was killed before it forked.
  fork_error = ECHILD;
  const long helper = CloneOnStack(arguments, ForkAndLeave);
  if (helper < 0) return static_cast<int>(-helper);
  while (waitpid(static_cast<pid_t>(helper), nullptr, __WALL) < 0 && errno == EINTR) {
  }
  return fork_error;
}

// The kernel does not carry a registration over to a process that shares memory, and so not to what that forks; glibc
// would go on to believe the processor's number that was last written.
void RegisterRestartableSequences() {
  if (__rseq_size == 0) return;
  constexpr unsigned kRegisteredBytes = 32;
  auto* area = static_cast<char*>(__builtin_thread_pointer()) + __rseq_offset;
  (void)syscall(SYS_rseq, area, kRegisteredBytes, 0, RSEQ_SIG);
}

// The helper ends right after its fork: from then on the parent is the init.
void WaitForInit() {
  constexpr timespec kMoment = {0, 20'000};
  while (syscall(SYS_getppid) != 1) nanosleep(&kMoment, nullptr);
}

}  // namespace

Made MakeCopy(const Copying& copying) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  if (setns(copying.pid_namespace, CLONE_NEWPID) != 0) return Made::kFailed;
  pthread_sigmask(SIG_SETMASK, &all, &before);
  if (setjmp(main_stack) != 0) {
    RegisterRestartableSequences();
    WaitForInit();
    return Made::kCopy;
  }
  const int code = RunHelper(copying.clone_into);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  // Whatever happened, or the next copy would be born in a dead namespace.
  if (setns(copying.own_pid_namespace, CLONE_NEWPID) != 0) _exit(1);
  if (code == 0) return Made::kOriginal;
  errno = code;
  return Made::kFailed;
}

}  // namespace mayfly::zygote

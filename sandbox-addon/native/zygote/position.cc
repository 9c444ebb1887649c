#include "zygote/position.h"

#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "child/clone_on_stack.h"

namespace mayfly::zygote {
namespace {

constexpr std::size_t kGuideStackBytes = 64UL * 1024;
constexpr std::size_t kHolderStackBytes = 128UL * 1024;
// As a helper's in copy.cc: the copy gets 2.
constexpr pid_t kHolderNumber = 300;
constexpr std::uint32_t kHeld = 1;

// Of the one that is being taken; the snapshot waits meanwhile.
Position* present = nullptr;
CopyOrder* present_order = nullptr;
char* present_stack = nullptr;
long holder = 0;
std::uint32_t is_settled = 0;

jmp_buf snapshot_stack;

// A holder has the thread pointer of the snapshot's main thread, and so its errno. While that thread runs, a holder makes
// system calls that touch no memory but what they are given.
long Raw(long number, long first, long second, long third) {
#if defined(__x86_64__)
  long result = 0;
  register long fourth asm("r10") = 0;
  asm volatile("syscall" : "=a"(result) : "0"(number), "D"(first), "S"(second), "d"(third), "r"(fourth)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long call asm("x8") = number;
  register long a asm("x0") = first;
  register long b asm("x1") = second;
  register long c asm("x2") = third;
  register long d asm("x3") = 0;
  asm volatile("svc #0" : "+r"(a) : "r"(call), "r"(b), "r"(c), "r"(d) : "memory");
  return a;
#endif
}

[[noreturn]] void Leave() {
  for (;;) Raw(SYS_exit, 0, 0, 0);
}

// Until it is something else. The kernel wakes who waits for a process's end as if it came from another memory, and so
// nothing here is private.
void WaitWhile(std::uint32_t& word, std::uint32_t value) {
  while (__atomic_load_n(&word, __ATOMIC_ACQUIRE) == value) {
    Raw(SYS_futex, reinterpret_cast<long>(&word), FUTEX_WAIT, value);
  }
}

void Wake(std::uint32_t& word) {
  __atomic_store_n(&word, 1, __ATOMIC_RELEASE);
  Raw(SYS_futex, reinterpret_cast<long>(&word), FUTEX_WAKE, 1);
}

void Hold() {
  Position& position = *present;
  CopyOrder& order = *present_order;
  StepContext& context = order.context();
  const StepFailure failure = RunSteps(order.steps().data(), static_cast<int>(order.steps().size()), context);
  if (failure.index >= 0) {
    Say(context.control, ReportKind::kEntryFailed, failure.index, failure.code);
    Wake(is_settled);
    Leave();
  }
  Say(kLauncherSocket, ReportKind::kParked, 0, 0);
  Wake(is_settled);
  WaitWhile(position.woken, 0);
  // The C library's own, for the same reason as in copy.cc; the snapshot's main thread sleeps.
  if (fork() == 0) longjmp(snapshot_stack, 1);
  Leave();
}

// Where a process's children are born it can choose, and could not choose back. The holder is left to the init, which
// reaps it whenever it ends; until then its number would keep its own namespace from ending.
void Guide() {
  if (setns(present_order->copying().pid_namespace, CLONE_NEWPID) != 0) {
    holder = -errno;
    Leave();
  }
  pid_t number = kHolderNumber;
  clone_args arguments = {};
  // The handlers of signals are shared: those that the function installs hold for its calls.
  arguments.flags = CLONE_VM | CLONE_SIGHAND | CLONE_CHILD_CLEARTID;
  arguments.child_tid = reinterpret_cast<std::uint64_t>(&present->is_held);
  arguments.stack = reinterpret_cast<std::uint64_t>(present_stack);
  arguments.stack_size = kHolderStackBytes;
  arguments.set_tid = reinterpret_cast<std::uint64_t>(&number);
  arguments.set_tid_size = 1;
  if (const int cgroup = present_order->copying().clone_into; cgroup >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<unsigned>(cgroup);
  }
  present->is_held = kHeld;
  holder = sys::CloneOnStack(arguments, Hold);
  if (holder < 0) present->is_held = 0;
  Leave();
}

char* NewStack(std::size_t bytes) {
  void* const stack = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  return stack == MAP_FAILED ? nullptr : static_cast<char*>(stack);
}

void Reap(pid_t process) {
  while (waitpid(process, nullptr, __WALL) < 0 && errno == EINTR) {
  }
}

}  // namespace

int Take(Position& position, CopyOrder& order) {
  static char* const guide_stack = NewStack(kGuideStackBytes);
  present = &position;
  present_order = &order;
  present_stack = NewStack(kHolderStackBytes);
  if (guide_stack == nullptr || present_stack == nullptr) return ENOMEM;
  holder = -ECHILD;
  is_settled = 0;
  clone_args arguments = {};
  arguments.flags = CLONE_VM | CLONE_VFORK;
  arguments.stack = reinterpret_cast<std::uint64_t>(guide_stack);
  arguments.stack_size = kGuideStackBytes;
  const long guide = sys::CloneOnStack(arguments, Guide);
  if (guide < 0) return static_cast<int>(-guide);
  Reap(static_cast<pid_t>(guide));
  if (holder < 0) return static_cast<int>(-holder);
  WaitWhile(is_settled, 0);
  return 0;
}

bool CopyAt(Position& position) {
  if (setjmp(snapshot_stack) != 0) {
    RegisterRestartableSequences();
    // The holder's session is not its own.
    (void)setsid();
    return true;
  }
  Wake(position.woken);
  WaitWhile(position.is_held, kHeld);
  return false;
}

}  // namespace mayfly::zygote

#include "child/init.h"

#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "child/operations.h"
#include "child/syscalls.h"

namespace mayfly {
namespace {

constexpr int kMaxGoDescriptors = 4 + kMaxJoins + 1;
// A zygote's copy is the first process of the namespace after the init.
constexpr pid_t kCopy = 2;

void Report(ReportKind kind, int index, int code) {
  const InitReport report = {kind, index, code};
  // The launcher may be gone: then the parent-death signal is on its way.
  (void)send(kLauncherSocket, &report, sizeof report, MSG_NOSIGNAL);
}

// Where the kernel has no such kind, no step enters it, and another keeps the place.
void ReportBuilt() {
  InitReport report = {ReportKind::kBuilt, 0, 0};
  int fds[kInitNamespaceCount] = {};
  for (int i = 0; i < kInitNamespaceCount; i++) {
    fds[i] = open(kInitNamespaces[i].path, O_RDONLY | O_CLOEXEC);
    if (fds[i] < 0) fds[i] = fds[kPidSlot];
  }
  iovec body = {&report, sizeof report};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fds)] = {};
  msghdr message = {};
  message.msg_iov = &body;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof fds);
  memcpy(CMSG_DATA(rights), fds, sizeof fds);
  (void)sendmsg(kLauncherSocket, &message, MSG_NOSIGNAL);
  sys::CloseRange(kStatusPipe, ~0U);
}

// Blocks. Gives how many descriptors came with it, or -1: the launcher has ended.
int Receive(void* message, std::size_t size, int* fds, int max_fds) {
  iovec body = {message, size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxGoDescriptors)];
  msghdr header = {};
  header.msg_iov = &body;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  if (recvmsg(kLauncherSocket, &header, MSG_CMSG_CLOEXEC) != static_cast<ssize_t>(size)) return -1;
  const cmsghdr* rights = CMSG_FIRSTHDR(&header);
  if (rights == nullptr) return 0;
  const std::size_t bytes = rights->cmsg_len - CMSG_LEN(0);
  if (rights->cmsg_type != SCM_RIGHTS || bytes > sizeof(int) * static_cast<std::size_t>(max_fds)) return -1;
  memcpy(fds, CMSG_DATA(rights), bytes);
  return static_cast<int>(bytes / sizeof(int));
}

// A launcher that ended before the parent-death signal was set sends none, but its end of the socket is closed.
bool LauncherIsThere() {
  char byte = 0;
  return recv(kLauncherSocket, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) != 0;
}

// Blocks until the leaf cgroup is ready. False: the launcher has ended.
bool ReceiveGo(StepContext& context, int& clone_into) {
  GoMessage go = {};
  int fds[kMaxGoDescriptors] = {};
  if (Receive(&go, sizeof go, fds, kMaxGoDescriptors) < 0) return false;
  const int* next = fds;
  for (int& fd : context.stdio) fd = *next++;
  if (go.has_control != 0) context.control = *next++;
  context.join_count = go.join_count;
  for (int i = 0; i < go.join_count; i++) context.joins[i] = *next++;
  clone_into = go.has_clone_into != 0 ? *next : -1;
  return LauncherIsThere();
}

[[noreturn]] void EnterMain(const InitPlan& plan, StepContext& context) {
  Report(ReportKind::kEntered, 0, 0);
  const StepFailure failure = RunSteps(plan.entry, plan.entry_count, context);
  (void)!write(kStatusPipe, &failure, sizeof failure);
  _exit(127);
}

// Orphans become the init's children. Without anybody who waits for them they would stay as zombies, each counted
// against the function's own pidsLimit.
[[noreturn]] void Reap(pid_t main_process) {
  // Without a child there is nothing to wait for but the end of the first: a snapshot's copy may be still to come. Being
  // blocked, the signal is kept, although nobody handles it.
  sigset_t end_of_child;
  sigemptyset(&end_of_child);
  sigaddset(&end_of_child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &end_of_child, nullptr);
  for (;;) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, __WALL);
    if (pid == main_process) Report(ReportKind::kExited, 0, status);
    if (pid < 0 && errno == ECHILD) syscall(SYS_rt_sigtimedwait, &end_of_child, nullptr, nullptr, _NSIG / 8);
  }
}

void CloseAllBut(const int* kept, int count) {
  int next = kStatusPipe + 1;
  for (int i = 0; i < count; i++) {
    if (kept[i] > next) sys::CloseRange(static_cast<unsigned>(next), static_cast<unsigned>(kept[i] - 1));
    next = kept[i] + 1;
  }
  sys::CloseRange(static_cast<unsigned>(next), ~0U);
}

// From here on it holds nothing: no descriptor but the socket, no capability, and no way to gain one.
void GiveUpPrivileges() {
  sys::CloseRange(0, kLauncherSocket - 1);
  sys::CloseRange(kLauncherSocket + 1, ~0U);
  (void)DropCapabilities();
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

[[noreturn]] void StartMain(const InitPlan& plan, StepContext& context) {
  int clone_into = -1;
  if (!ReceiveGo(context, clone_into)) _exit(1);
  clone_args arguments = {};
  arguments.flags = clone_into >= 0 ? CLONE_INTO_CGROUP : 0;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = clone_into >= 0 ? static_cast<unsigned>(clone_into) : 0;
  const pid_t main_process = sys::Clone3(arguments);
  if (main_process == 0) EnterMain(plan, context);
  if (main_process < 0) {
    Report(ReportKind::kForkFailed, 0, errno);
    _exit(1);
  }
  GiveUpPrivileges();
  Reap(main_process);
}

int PrepareCall(const AttachMessage& call, int* mounts) {
  if (sethostname(call.hostname, strnlen(call.hostname, sizeof call.hostname)) != 0) return errno;
  if (const int code = ResizeScratch("/tmp", call.bytes, call.inodes); code != 0) return code;
  for (int i = 0; i < call.count; i++) {
    if (const int code = Attach(mounts[i], call.targets[i]); code != 0) return code;
  }
  return 0;
}

// A zygote puts the main process here. What its call needs of the root comes later, and is in place before the copy is
// let go: it waits for the end of the pipe whose other end is the first descriptor.
[[noreturn]] void AwaitCopy() {
  // To complete the root, and then to drop the rest for good.
  constexpr std::uint64_t kStillNeeded = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SETPCAP;
  if (const int code = KeepCapabilities(kStillNeeded); code != 0) {
    Report(ReportKind::kBuildFailed, -1, code);
    _exit(1);
  }
  ReportBuilt();
  AttachMessage call = {};
  int fds[1 + kMaxAttachments] = {};
  const int count = Receive(&call, sizeof call, fds, 1 + kMaxAttachments);
  if (count != 1 + call.count || !LauncherIsThere()) _exit(1);
  if (const int code = PrepareCall(call, fds + 1); code != 0) {
    Report(ReportKind::kBuildFailed, -1, code);
    _exit(1);
  }
  const char go = 1;
  (void)!write(fds[0], &go, sizeof go);
  GiveUpPrivileges();
  Reap(kCopy);
}

}  // namespace

void RunInit(const InitPlan& plan) {
  // No handler is there, so the first process of a namespace is deaf to every signal from inside it; from outside, the
  // launcher's end kills it.
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  prctl(PR_SET_NAME, "mayfly-init", 0, 0, 0);
  CloseAllBut(plan.kept, plan.kept_count);

  StepContext context;
  const StepFailure failure = RunSteps(plan.build, plan.build_count, context);
  if (failure.index >= 0) {
    Report(ReportKind::kBuildFailed, failure.index, failure.code);
    _exit(1);
  }
  if (plan.entry_count == 0) AwaitCopy();
  StartMain(plan, context);
}

}  // namespace mayfly

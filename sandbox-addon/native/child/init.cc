#include "child/init.h"

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

void Report(ReportKind kind, int index, int code) {
  const InitReport report = {kind, index, code};
  // The launcher may be gone: then the parent-death signal is on its way.
  (void)send(kLauncherSocket, &report, sizeof report, MSG_NOSIGNAL);
}

// Blocks until the leaf cgroup is ready. False: the launcher has ended.
bool ReceiveGo(StepContext& context, int& clone_into) {
  GoMessage go = {};
  iovec body = {&go, sizeof go};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxGoDescriptors)];
  msghdr message = {};
  message.msg_iov = &body;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (recvmsg(kLauncherSocket, &message, MSG_CMSG_CLOEXEC) != sizeof go) return false;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return false;
  int fds[kMaxGoDescriptors];
  const std::size_t size = header->cmsg_len - CMSG_LEN(0);
  if (size > sizeof fds) return false;
  memcpy(fds, CMSG_DATA(header), size);
  const int* next = fds;
  for (int& fd : context.stdio) fd = *next++;
  if (go.has_control != 0) context.control = *next++;
  context.join_count = go.join_count;
  for (int i = 0; i < go.join_count; i++) context.joins[i] = *next++;
  clone_into = go.has_clone_into != 0 ? *next : -1;
  // A launcher that ended before the parent-death signal was set sends none, but its end of the socket is closed.
  char byte = 0;
  return recv(kLauncherSocket, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) != 0;
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
  for (;;) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, __WALL);
    if (pid == main_process) Report(ReportKind::kExited, 0, status);
    if (pid < 0 && errno == ECHILD) pause();
  }
}

}  // namespace

void RunInit(const InitPlan& plan) {
  // No handler is there, so the first process of a namespace is deaf to every signal from inside it; from outside, the
  // launcher's end kills it.
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  prctl(PR_SET_NAME, "mayfly-init", 0, 0, 0);
  sys::CloseRange(kStatusPipe + 1, ~0U);

  StepContext context;
  const StepFailure failure = RunSteps(plan.build, plan.build_count, context);
  if (failure.index >= 0) {
    Report(ReportKind::kBuildFailed, failure.index, failure.code);
    _exit(1);
  }
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
  // From here on it holds nothing: no descriptor but the socket, no capability, and no way to gain one.
  sys::CloseRange(0, kLauncherSocket - 1);
  sys::CloseRange(kStatusPipe, ~0U);
  (void)DropCapabilities();
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  Reap(main_process);
}

}  // namespace mayfly

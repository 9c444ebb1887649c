#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "child/init.h"
#include "child/operations.h"
#include "child/syscalls.h"

namespace mayfly {

// "0" means the writer. Moving oneself is cheap; moving another waits for an RCU grace period.
int JoinCgroups(StepContext& context) {
  for (int i = 0; i < context.join_count; i++) {
    ssize_t written = -1;
    // The memory controller answers EINTR where a signal comes in between.
    do written = write(context.joins[i], "0", 1);
    while (written < 0 && errno == EINTR);
    if (written < 0) return errno;
  }
  return 0;
}

// 0, 1 and 2, at 3 the control channel where there is one, and nothing else: what the process was not given is closed.
int InstallStdio(const StepContext& context, std::uint64_t uid, std::uint64_t gid) {
  for (int fd = 0; fd < 3; fd++) {
    // A pipe belongs to who made it, and opening /dev/stdout again is checked like opening any file.
    if (fchown(context.stdio[fd], static_cast<uid_t>(uid), static_cast<gid_t>(gid)) != 0) return errno;
    if (dup2(context.stdio[fd], fd) < 0) return errno;
  }
  if (context.control < 0) {
    close(kLauncherSocket);
  } else if (dup2(context.control, kLauncherSocket) < 0) {
    return errno;
  }
  static_assert(kStatusPipe == kLauncherSocket + 1, "the status pipe closes at exec by itself");
  return sys::CloseRange(kStatusPipe + 1, ~0U) == 0 ? 0 : errno;
}

// A zygote has nothing to read from and says nothing but what is wrong. Nothing else may take the numbers that its
// copies need, so the fifth is held until one of them puts its own there.
int InstallZygoteDescriptors(const StepContext& context) {
  for (int fd = 0; fd < 3; fd++) {
    if (dup2(context.stdio[fd], fd) < 0) return errno;
  }
  if (dup2(context.control, kLauncherSocket) < 0 || dup2(context.stdio[0], kReadyPipe) < 0) return errno;
  return sys::CloseRange(kReadyPipe + 1, ~0U) == 0 ? 0 : errno;
}

// What it inherited is closed before the runtime opens anything of its own in the copy. The zygote's stderr is the
// worker's: until the call's own comes it has none.
int InstallCopyDescriptors(const StepContext& context) {
  if (dup2(0, 2) < 0 || dup2(context.control, kLauncherSocket) < 0 || dup2(context.ready, kReadyPipe) < 0) return errno;
  for (int i = 0; i < context.close_count; i++) {
    const DescriptorRange& range = context.close[i];
    if (sys::CloseRange(static_cast<unsigned>(range.first), static_cast<unsigned>(range.last)) != 0) return errno;
  }
  return 0;
}

int SetLimit(int resource, std::uint64_t soft, std::uint64_t hard) {
  const rlimit limit = {soft, hard};
  return setrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0 ? 0 : errno;
}

int StartSession() {
  umask(022);
  // The launcher and its inits go before other programs, so that deadlines hold and orphans are reaped at once.
  if (setpriority(PRIO_PROCESS, 0, 0) != 0) return errno;
  if (setsid() < 0) return errno;
  sigset_t none;
  sigemptyset(&none);
  return sigprocmask(SIG_SETMASK, &none, nullptr) == 0 ? 0 : errno;
}

}  // namespace mayfly

// The launcher's start: it takes its one descriptor, leaves the host's mounts, and serves until the worker ends.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstring>

#include "child/init.h"
#include "child/syscalls.h"
#include "launch/host.h"
#include "launch/launcher.h"

namespace {

constexpr int kPriority = -10;

// What is ignored or blocked here would stay so in every function, across exec.
void ResetSignals() {
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

int Fail(const mayfly::Error& error) {
  std::fprintf(stderr, "mayfly-launcher: %s: %s\n", error.what.c_str(), std::strerror(error.code));
  return 1;
}

}  // namespace

int main() {
  ResetSignals();
  // Modes of what is made for a sandbox are meant as they are written.
  umask(0);
  mayfly::sys::CloseRange(mayfly::kLauncherSocket + 1, ~0U);
  // It uses little CPU and holds every deadline: on a machine that is busy, with sandboxes not least, it goes first. The
  // main processes go back to 0. Without CAP_SYS_NICE it stays there, too.
  (void)setpriority(PRIO_PROCESS, 0, kPriority);
  mayfly::Launcher launcher(mayfly::UniqueFd(mayfly::kLauncherSocket), mayfly::LeaveHostMounts());
  // Nobody but root looks into the launcher or its inits, through ptrace or /proc. Not earlier: its id maps are there.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (mayfly::Status ran = launcher.Run(); !ran) return Fail(ran.error());
  return 0;
}

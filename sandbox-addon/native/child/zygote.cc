#include "child/zygote.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace mayfly {

void RunZygote(const InitPlan& plan, StepContext& context) {
  // Kept over the exec; and the end of the launcher's socket says the same.
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  const int socket = context.control;
  StepFailure failure = RunSteps(plan.build, plan.build_count, context);
  if (failure.index < 0) {
    failure = RunSteps(plan.entry, plan.entry_count, context);
    failure.index += plan.build_count;
  }
  const ZygoteReport report = {ZygoteReportKind::kStartFailed, failure.code, static_cast<std::uint64_t>(failure.index)};
  if (send(socket, &report, sizeof report, MSG_NOSIGNAL) < 0) {
    (void)send(kLauncherSocket, &report, sizeof report, MSG_NOSIGNAL);
  }
  _exit(127);
}

}  // namespace mayfly

// The launcher's side of an init: starting it, telling it to go on, hearing from it, and its end.
#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "base/result.h"
#include "base/socket.h"
#include "base/unique_fd.h"
#include "child/init.h"
#include "launch/plan.h"

namespace mayfly {

struct InitProcess {
  pid_t pid = -1;
  // Readable once it has ended.
  UniqueFd pidfd;
  // Carries InitReport.
  UniqueFd socket;
  // Carries a StepFailure, or ends at the exec of the main process.
  UniqueFd status;
};

// `pid_namespace`: below which its own is; -1: below the launcher's. Its number is right once it has reported.
[[nodiscard]] Result<InitProcess> StartInit(const SandboxPlan& plan, int pid_namespace = -1);

struct EntryDescriptors {
  const std::vector<UniqueFd>& stdio;
  bool has_control = false;
  std::vector<int> joins;
  int clone_into = -1;
};
[[nodiscard]] Status SendGo(const InitProcess& init, const EntryDescriptors& descriptors);

struct HeardReport {
  InitReport report = {};
  pid_t sender = 0;
  std::vector<UniqueFd> fds;
};
// Never waits. Closed: who speaks there has ended, or has gone on to the call.
[[nodiscard]] Received HearReport(const UniqueFd& socket, HeardReport& heard);

}  // namespace mayfly

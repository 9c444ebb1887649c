// A main process that boots a program of its own: the init forks and executes it.
#include <unistd.h>

#include "launch/sandbox.h"

namespace mayfly {

void Sandbox::Start(Result<SandboxPlan> plan, const StartMessage& request, std::vector<UniqueFd>&& stdio) {
  has_caller_ = true;
  requested_ns_ = request.requested_ns;
  timeout_ms_ = request.timeout_ms;
  cpu_time_ms_ = request.cpu_time_ms;
  if (!plan) return Attempt(plan.error());
  plan_ = std::move(plan.value());
  Attempt(LaunchExec(request, std::move(stdio)));
}

// What the sandbox has from then on, nobody else shall hold: the readers of these pipes wait for their end.
Status Sandbox::LaunchExec(const StartMessage& request, std::vector<UniqueFd>&& given) {
  const std::vector<UniqueFd> stdio = std::move(given);
  if (Status begun = BeginInit(); !begun) return begun;
  if (Status status = world_.loop.Watch(init_.status.get(), [this] { OnStatus(); }); !status) return status;
  if (Status made = MakeLeaf(request.cgroup_writes); !made) return made;
  const EntryDescriptors descriptors = {stdio, request.has_control, leaf_->join_fds(), leaf_->clone_into_fd()};
  if (Status sent = SendGo(init_, descriptors); !sent) return sent;
  leaf_->CloseJoinFds();
  return Success();
}

void Sandbox::OnStatus() {
  StepFailure failure;
  const ssize_t size = read(init_.status.get(), &failure, sizeof failure);
  world_.loop.Unwatch(init_.status.get());
  // The number of the main process was sent before; it may still be unread.
  OnReport();
  if (size == sizeof failure) {
    FailAtStep(plan_->IndexOfEntryStep(failure.index), failure.code);
  } else if (main_pid_ != 0) {
    MarkStarted();
  }
}

}  // namespace mayfly

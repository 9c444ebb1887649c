#include "launch/root_template.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "child/operations.h"
#include "child/syscalls.h"

namespace mayfly {
namespace {

// In a child, for what is built is entered to be filled. Its failure comes back through a pipe.
Status BuildInChild(const SandboxPlan& plan) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Error{"pipe", "", errno, ""};
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  clone_args arguments = {};
  arguments.exit_signal = SIGCHLD;
  const InitPlan steps = plan.init();
  const pid_t child = sys::Clone3(arguments);
  if (child < 0) return Error{"clone", "template", errno, ""};
  if (child == 0) {
    StepContext context;
    const StepFailure failure = RunSteps(steps.build, steps.build_count, context);
    (void)!write(writer.get(), &failure, sizeof failure);
    _exit(0);
  }
  writer.Reset();
  StepFailure failure = {0, ECHILD};
  (void)!read(reader.get(), &failure, sizeof failure);
  (void)waitpid(child, nullptr, 0);
  if (failure.index >= 0) return Error{plan.Describe(failure.index), "", failure.code, ""};
  return Success();
}

}  // namespace

Result<std::unique_ptr<RootTemplate>> RootTemplate::Build(const std::vector<RootStepMessage>& root, const Store& store,
                                                          const HostView& view,
                                                          const SandboxPlan::MountTree& mount_tree) {
  static std::uint64_t next = 1;
  const std::string path = store.directory + "/template-" + std::to_string(next++);
  Result<SandboxPlan> plan = SandboxPlan::ForTemplate(root, path, store, mount_tree);
  if (!plan) return plan.error();
  if (mkdir(path.c_str(), 0700) != 0) return Error{"mkdir", path, errno, ""};
  std::unique_ptr<RootTemplate> made(new RootTemplate(view, path));
  const HostView::Visit visit(view);
  if (Status built = BuildInChild(plan.value()); !built) return built.error();
  return made;
}

RootTemplate::~RootTemplate() {
  {
    const HostView::Visit visit(view_);
    // Sandboxes that still stand on it hold mounts of their own.
    (void)umount2(path_.c_str(), MNT_DETACH);
  }
  (void)rmdir(path_.c_str());
}

Result<UniqueFd> RootTemplate::Mount() const {
  const HostView::Visit visit(view_);
  int mount = -1;
  if (const int code = OpenTree(path_.c_str(), 0, mount); code != 0) return Error{"open template", path_, code, ""};
  return UniqueFd(mount);
}

}  // namespace mayfly

#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "child/operations.h"

namespace mayfly {
namespace {

int Errno(int result) { return result == 0 ? 0 : errno; }

int RunStep(const Step& step, StepContext& context) {
  int unused = -1;
  const bool has_slots = step.slot >= 0 && step.slot + 1 < kMaxSlots;
  int& slot = has_slots ? context.slots[step.slot] : unused;
  switch (step.kind) {
    case StepKind::kUnshare:
      return Errno(unshare(static_cast<int>(step.value)));
    case StepKind::kSetHostname:
      return Errno(sethostname(step.target, strlen(step.target)));
    case StepKind::kRaiseLoopback:
      return RaiseInterface(step.target);
    case StepKind::kOpenTree:
      return OpenTree(step.target, step.value, slot);
    case StepKind::kAdoptMount:
      slot = static_cast<int>(step.value);
      return 0;
    case StepKind::kOpenProc:
      return OpenProc(slot);
    case StepKind::kOpenScratch:
      return has_slots ? OpenScratch(step.target, step.text, slot, context.slots[step.slot + 1]) : EINVAL;
    case StepKind::kEnterNewRoot:
      return EnterNewRoot(step.target, step.text);
    case StepKind::kEnterTemplate:
      return EnterTemplate(slot, step.target);
    case StepKind::kBuildTemplate:
      return BuildTemplate(step.target, step.text);
    case StepKind::kMakeDirectory:
      return MakeDirectory(step.target, step.value);
    case StepKind::kMakeSymlink:
      return MakeSymlink(step.target, step.text);
    case StepKind::kMakeFile:
      return MakeFile(step.target, step.data, step.size, step.value);
    case StepKind::kAttach:
      return Attach(slot, step.target);
    case StepKind::kMask:
      return Mask(step.target, step.text);
    case StepKind::kMakeReadOnly:
      return MakeReadOnly(step.target);
    case StepKind::kBindReadOnly:
      return BindReadOnly(step.target);
    case StepKind::kJoinCgroups:
      return JoinCgroups(context);
    case StepKind::kEnterNamespaces:
      return Errno(setns(slot, static_cast<int>(step.value)));
    case StepKind::kInstallZygoteDescriptors:
      return InstallZygoteDescriptors(context);
    case StepKind::kInstallCopyDescriptors:
      return InstallCopyDescriptors(context);
    case StepKind::kInstallStdio:
      return InstallStdio(context, step.value, step.other);
    case StepKind::kSetLimit:
      return SetLimit(step.slot, step.value, step.other);
    case StepKind::kWriteFile:
      return WriteFile(step.target, step.text);
    case StepKind::kSetUser:
      return SetUser(step.value, step.other);
    case StepKind::kLimitCapabilities:
      return LimitCapabilities(step.value);
    case StepKind::kDropCapabilities:
      return DropCapabilities();
    case StepKind::kStartSession:
      return StartSession();
    case StepKind::kChangeDirectory:
      return Errno(chdir(step.target));
    case StepKind::kForbidPrivileges:
      return Errno(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    case StepKind::kLoadFilter:
      return LoadFilter(step.data, step.size);
    case StepKind::kExecute:
      execve(step.target, step.argv, step.envp);
      return errno;
  }
  return EINVAL;
}

}  // namespace

StepFailure RunSteps(const Step* steps, int count, StepContext& context) {
  for (int index = 0; index < count; index++) {
    const int code = RunStep(steps[index], context);
    if (code != 0 && !steps[index].optional) return {index, code};
  }
  return {};
}

}  // namespace mayfly

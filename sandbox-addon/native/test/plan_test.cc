// The order of a sandbox's steps, which is what makes it safe.
#include "launch/plan.h"

#include <fcntl.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>

#include "child/step.h"
#include "test/tap.h"

using mayfly::InitPlan;
using mayfly::PlanSettings;
using mayfly::Result;
using mayfly::SandboxPlan;
using mayfly::StartMessage;
using mayfly::Step;
using mayfly::StepKind;
using mayfly::UniqueFd;
using mayfly::tap::Check;

namespace {

PlanSettings Settings() {
  PlanSettings settings;
  settings.store = {.directory = "/store",
                    .new_root = "/store/root",
                    .scratch = "/store/scratch",
                    .dev = "/store/dev",
                    .empty = "/store/empty",
                    .masked_files = {"/proc/kcore"},
                    .masked_directories = {},
                    .read_only = {"/proc/sys"}};
  settings.namespaces = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUSER | CLONE_NEWCGROUP;
  return settings;
}

StartMessage Request() {
  StartMessage request;
  request.argv = {"/bin/true"};
  request.cwd = "/tmp";
  request.hostname = "box";
  request.root = {{"bind", "/a/b/usr", "/usr"}, {"tree", "/a/b/code", "code"}, {"file", "/etc/hosts", "x"}};
  return request;
}

Result<SandboxPlan> Build(const StartMessage& request) {
  const auto mount = [](const std::string& name) -> Result<UniqueFd> {
    if (name == "code") return UniqueFd(open("/usr", O_PATH | O_CLOEXEC));
    return mayfly::Error{"find tree", name, ENOENT, ""};
  };
  return SandboxPlan::ForExec(request, Settings(), {65'533, 65'533}, mount, "filter");
}

std::ptrdiff_t IndexOf(const Step* steps, int count, StepKind kind) {
  return std::ranges::find(steps, steps + count, kind, &Step::kind) - steps;
}

void Order() {
  const Result<SandboxPlan> built = Build(Request());
  Check(built.ok(), "a plain request becomes a plan");
  const InitPlan plan = built.value().init();
  const auto pivot = IndexOf(plan.build, plan.build_count, StepKind::kEnterNewRoot);
  const auto is_before = [&](const Step& step) { return &step - plan.build < pivot; };
  bool opened_before = true;
  bool attached_after = true;
  for (const Step* step = plan.build; step < plan.build + plan.build_count; step++) {
    if (step->kind == StepKind::kOpenTree) opened_before = opened_before && is_before(*step);
    if (step->kind == StepKind::kAttach || step->kind == StepKind::kMakeFile) attached_after = attached_after && !is_before(*step);
  }
  Check(opened_before, "every source is opened while the host is in sight");
  Check(attached_after, "and attached where no link can lead to the host");
  Check(plan.build[plan.build_count - 1].kind == StepKind::kMakeReadOnly, "the root becomes read-only last");

  const auto entry = [&](StepKind kind) { return IndexOf(plan.entry, plan.entry_count, kind); };
  Check(entry(StepKind::kJoinCgroups) == 0, "the cgroup is joined before anything can be used up");
  Check(entry(StepKind::kSetUser) < entry(StepKind::kDropCapabilities), "capabilities go after the user has changed");
  Check(entry(StepKind::kForbidPrivileges) < entry(StepKind::kLoadFilter), "the filter comes after no_new_privs");
  Check(entry(StepKind::kLoadFilter) == plan.entry_count - 2 && entry(StepKind::kExecute) == plan.entry_count - 1,
        "and only the execution after the filter");
}

void Directories() {
  const Result<SandboxPlan> built = Build(Request());
  const InitPlan plan = built.value().init();
  const auto count = std::count_if(plan.build, plan.build + plan.build_count, [](const Step& step) {
    return step.kind == StepKind::kMakeDirectory && std::string(step.target) == "/a/b";
  });
  Check(count == 1, "a directory above two targets is made once");
  Check(built.value().Describe(built.value().IndexOfEntryStep(0)) == "join cgroups", "the entry's steps are counted on from the build's");
  Check(built.value().Describe(1'000) == "start", "an index out of range names no step");
}

void Refusals() {
  StartMessage unknown = Request();
  unknown.root = {{"tree", "/x", "nowhere"}};
  Check(!Build(unknown).ok(), "a tree that was not loaded is refused before anything is forked");
  StartMessage missing = Request();
  missing.root = {{"bind", "/x", "/no/such/path"}};
  Check(!Build(missing).ok(), "so is a path that is not there");
  StartMessage many = Request();
  many.root.assign(mayfly::kMaxSlots, {"bind", "/x", "/usr"});
  Check(!Build(many).ok(), "and a root of more mounts than there are slots");
}

}  // namespace

int main() {
  Order();
  Directories();
  Refusals();
  return mayfly::tap::Finish();
}

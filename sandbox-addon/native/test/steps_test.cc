// How a list of steps is carried out, and how it fails.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "child/step.h"
#include "test/tap.h"

using mayfly::RunSteps;
using mayfly::Step;
using mayfly::StepContext;
using mayfly::StepFailure;
using mayfly::StepKind;
using mayfly::StepWords;
using mayfly::tap::Check;

namespace {

void InOrder(const std::string& folder) {
  const std::string directory = folder + "/sub";
  const std::string file = directory + "/file";
  const std::array steps = {
      Step{.kind = StepKind::kMakeDirectory, .target = directory.c_str(), .value = 0755},
      Step{.kind = StepKind::kMakeDirectory, .target = directory.c_str(), .value = 0755},
      Step{.kind = StepKind::kMakeFile, .target = file.c_str(), .value = 0444, .data = "hello", .size = 5},
  };
  StepContext context;
  const StepFailure failure = RunSteps(steps.data(), steps.size(), context);
  Check(failure.index == -1 && std::filesystem::file_size(file) == 5, "steps are carried out in order; a directory may be there");
  const StepFailure again = RunSteps(steps.data(), steps.size(), context);
  Check(again.index == 2 && again.code == EEXIST, "a file may not be there: the failing step is told by index and errno");
}

void Optional(const std::string& folder) {
  const std::string missing = folder + "/none/x";
  const std::string present = folder + "/after";
  std::array steps = {
      Step{.kind = StepKind::kWriteFile, .optional = true, .target = missing.c_str(), .text = "x"},
      Step{.kind = StepKind::kMakeDirectory, .target = present.c_str(), .value = 0755},
  };
  StepContext context;
  Check(RunSteps(steps.data(), steps.size(), context).index == -1 && std::filesystem::exists(present),
        "a step that is optional may fail, and the next is carried out");
  steps[0].optional = false;
  Check(RunSteps(steps.data(), steps.size(), context).index == 0, "a step that is not may not");
}

void Execution() {
  const std::array<const char*, 2> argv = {"none", nullptr};
  const Step step = {.kind = StepKind::kExecute,
                     .target = "/no/such/program",
                     .argv = const_cast<char* const*>(argv.data()),
                     .envp = const_cast<char* const*>(argv.data() + 1)};
  StepContext context;
  const StepFailure failure = RunSteps(&step, 1, context);
  Check(failure.index == 0 && failure.code == ENOENT, "an execution that fails comes back with its errno");
  const Step no_slot = {.kind = StepKind::kOpenScratch, .slot = mayfly::kMaxSlots - 1};
  Check(RunSteps(&no_slot, 1, context).code == EINVAL, "a slot out of range is an error, and no write out of bounds");
}

// In a child: a user cannot be changed back.
void Identity() {
  if (geteuid() != 0) return mayfly::tap::Skip("capabilities are dropped with the user", "needs root");
  const pid_t child = fork();
  if (child == 0) {
    const std::array steps = {Step{.kind = StepKind::kSetUser, .value = 65'533, .other = 65'533},
                              Step{.kind = StepKind::kForbidPrivileges}};
    StepContext context;
    if (RunSteps(steps.data(), steps.size(), context).index != -1) _exit(1);
    const Step back = {.kind = StepKind::kSetUser};
    _exit(RunSteps(&back, 1, context).code == EPERM && getuid() == 65'533 ? 0 : 2);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a user that was given up cannot be had back");
}

}  // namespace

int main() {
  std::string folder = "/tmp/mayfly-steps-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return 1;
  InOrder(folder);
  Optional(folder);
  Execution();
  Identity();
  Check(std::string(StepWords(StepKind::kExecute)) == "execute", "every kind has its words");
  std::filesystem::remove_all(folder);
  return mayfly::tap::Finish();
}

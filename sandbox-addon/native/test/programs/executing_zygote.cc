// The smallest zygote there can be, for tests: its copy executes what its call's environment names, so that whatever is
// true of a program that was booted can be asked of one that was forked.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "zygote/fork_server.h"
#include "zygote/snapshot.h"

namespace {

constexpr const char* kArguments = "MAYFLY_TEST_ARGUMENTS";
// In the environment of a snapshot, and of what its copies execute.
constexpr const char* kRemembered = "MAYFLY_TEST_REMEMBERED";
// Of a snapshot: a shell's script.
constexpr const char* kOnce = "MAYFLY_TEST_ONCE";
constexpr int kControl = 3;
constexpr char kSeparator = '\x1f';

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char letter : text) {
    if (letter == kSeparator) {
      parts.emplace_back();
    } else {
      parts.back() += letter;
    }
  }
  return parts;
}

// Of a snapshot: what its copies find in their memory, and what it was told to do once.
std::string remembered;

// True in a copy of the snapshot. It says on its control channel that it can be copied.
bool BecomeSnapshot() {
  using namespace mayfly::zygote;
  if (!EnterAsSnapshot() || !AwaitCall()) return false;
  remembered = std::string(getenv(kRemembered) == nullptr ? "" : getenv(kRemembered));
  if (const char* script = getenv(kOnce); script != nullptr) (void)!system(script);
  const char ready = 1;
  return write(kControl, &ready, sizeof ready) == 1 && ServeCopies();
}

}  // namespace

int main() {
  using mayfly::zygote::Served;
  const Served served = mayfly::zygote::Serve({});
  if (served == Served::kLauncherGone) return 0;
  if (served == Served::kSnapshot && !BecomeSnapshot()) return 0;
  if (!mayfly::zygote::AwaitCall()) return 1;
  if (!remembered.empty()) setenv(kRemembered, remembered.c_str(), 1);
  const char* given = getenv(kArguments);
  if (given == nullptr) return 1;
  std::vector<std::string> arguments = Split(given);
  unsetenv(kArguments);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  // The program is given no control channel.
  fcntl(kControl, F_SETFD, FD_CLOEXEC);
  execv(argv.front(), argv.data());
  return 127;
}

// The smallest zygote there can be, for tests: its copy executes what its call's environment names, so that whatever is
// true of a program that was booted can be asked of one that was forked.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "zygote/fork_server.h"

namespace {

constexpr const char* kArguments = "MAYFLY_TEST_ARGUMENTS";
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

}  // namespace

int main() {
  if (mayfly::zygote::Serve({}) != mayfly::zygote::Served::kForked) return 0;
  if (!mayfly::zygote::AwaitCall()) return 1;
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

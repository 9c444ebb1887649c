#include "threads.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace mayfly::zygote {
namespace {

// The names that Node gives to its pool, as the kernel keeps them.
constexpr std::array<std::string_view, 2> kIdle = {"V8Worker", "DelayedTaskSche"};

}  // namespace

Refusal CheckThreads() {
  std::error_code error;
  const std::string main = std::to_string(getpid());
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
    if (task.path().filename() == main) continue;
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    if (std::find(kIdle.begin(), kIdle.end(), name) == kIdle.end())
      return "an unexpected thread runs: " + name;
  }
  if (error) return "the threads of this process cannot be listed";
  return {};
}

}  // namespace mayfly::zygote

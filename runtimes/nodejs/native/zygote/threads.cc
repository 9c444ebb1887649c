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

// A thread bears the name of its maker until it has run for the first time.
constexpr int kPatienceMs = 2000;

std::string NameOf(const std::filesystem::path& task) {
  std::string name;
  std::getline(std::ifstream(task / "comm"), name);
  return name;
}

// The name of a thread that is none of the known ones; empty where there is none.
std::string FindUnexpected(std::error_code& error) {
  const std::string main = std::to_string(getpid());
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
    if (task.path().filename() == main) continue;
    std::string name = NameOf(task.path());
    if (std::find(kIdle.begin(), kIdle.end(), name) == kIdle.end()) return name;
  }
  return {};
}

}  // namespace

Refusal CheckThreads() {
  std::error_code error;
  const std::string own_name = NameOf("/proc/self");
  std::string unexpected = FindUnexpected(error);
  for (int ms = 0; ms < kPatienceMs && unexpected == own_name; ms++) {
    usleep(1000);
    unexpected = FindUnexpected(error);
  }
  if (error) return "the threads of this process cannot be listed";
  if (!unexpected.empty()) return "an unexpected thread runs: " + unexpected;
  return {};
}

}  // namespace mayfly::zygote

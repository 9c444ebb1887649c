#include "cgroup/removal.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "cgroup/files.h"

namespace mayfly::cgroup {

namespace {

void SleepMs(long milliseconds) {
  const timespec pause = {.tv_sec = 0, .tv_nsec = milliseconds * 1'000'000};
  nanosleep(&pause, nullptr);
}

}  // namespace

std::int64_t MonotonicMs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void KillProcesses(int directory_fd) {
  if (WriteText(directory_fd, "cgroup.kill", "1").ok()) return;
  // v1, or a kernel before 5.14. Processes that fork meanwhile are met in the next round.
  const Result<std::string> processes = ReadText(directory_fd, "cgroup.procs");
  if (!processes.ok()) return;
  for (const std::string_view line : Split(processes.value(), '\n')) {
    // 0 is a process of another pid namespace, and kill(0) would end our own group.
    const auto pid = ParseNumber(line);
    if (pid && *pid > 1) kill(static_cast<pid_t>(*pid), SIGKILL);
  }
  // A frozen process dies only once it is thawed; the file is missing in all hierarchies but the freezer's.
  (void)WriteText(directory_fd, "freezer.state", "THAWED");
}

int RemoveTree(int parent_fd, const std::string& name, std::int64_t deadline_ms) {
  int left = 0;
  {
    const Result<UniqueFd> directory = OpenDirectory(parent_fd, name);
    if (!directory.ok()) return directory.error().code == ENOENT ? 0 : 1;
    left = RemoveChildren(directory.value().get(), deadline_ms);
    if (left > 0) return left + 1;
  }
  while (unlinkat(parent_fd, name.c_str(), AT_REMOVEDIR) == -1) {
    if (errno == ENOENT) return 0;
    if (errno != EBUSY || MonotonicMs() >= deadline_ms) return 1;
    const Result<UniqueFd> directory = OpenDirectory(parent_fd, name);
    if (directory.ok()) KillProcesses(directory.value().get());
    SleepMs(2);
  }
  return 0;
}

int RemoveChildren(int directory_fd, std::int64_t deadline_ms) {
  int left = 0;
  for (const std::string& child : Children(directory_fd)) left += RemoveTree(directory_fd, child, deadline_ms);
  return left;
}

}  // namespace mayfly::cgroup

#include "descriptors.h"

#include <fcntl.h>
#include <node.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <filesystem>

namespace mayfly::zygote {
namespace {

// The standard streams, the control channel, and the number that is the ready pipe's: see the fork server.
constexpr int kLastKept = 4;

bool Same(const OpenDescriptors& open, int fd, const std::string& target) {
  const auto found = open.find(fd);
  return found != open.end() && found->second == target;
}

[[noreturn]] void TellLeftovers(uv_loop_t* loop, const OpenDescriptors& before, int to) {
  const OpenDescriptors forked = ListDescriptors();
  if (uv_loop_fork(loop) != 0) _exit(1);
  const OpenDescriptors repaired = ListDescriptors();
  for (const auto& [fd, target] : before) {
    if (fd <= kLastKept || fd == to || !Same(forked, fd, target) || !Same(repaired, fd, target)) continue;
    if (write(to, &fd, sizeof fd) != sizeof fd) _exit(1);
  }
  _exit(0);
}

void Add(std::vector<DescriptorRange>& ranges, int fd) {
  if (!ranges.empty() && ranges.back().last == fd - 1) ranges.back().last = fd;
  else ranges.push_back({fd, fd});
}

}  // namespace

OpenDescriptors ListDescriptors() {
  OpenDescriptors open;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const int fd = std::atoi(entry.path().filename().c_str());
    // The listing's own descriptor is gone by the time it is looked at.
    const auto target = std::filesystem::read_symlink(entry.path(), error);
    if (!error) open.emplace(fd, target.string());
  }
  return open;
}

Refusal FindLeftovers(v8::Isolate* isolate, std::vector<DescriptorRange>& leftovers) {
  uv_loop_t* const loop = node::GetCurrentEventLoop(isolate);
  const OpenDescriptors before = ListDescriptors();
  int ends[2] = {};
  if (pipe2(ends, O_CLOEXEC) != 0) return "no pipe can be opened";
  const pid_t copy = fork();
  if (copy < 0) return "this process cannot be forked";
  if (copy == 0) TellLeftovers(loop, before, ends[1]);
  close(ends[1]);
  for (int fd = 0; read(ends[0], &fd, sizeof fd) == sizeof fd;) Add(leftovers, fd);
  close(ends[0]);
  int status = 0;
  while (waitpid(copy, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return "a first copy of this process did not get through";
  return {};
}

}  // namespace mayfly::zygote

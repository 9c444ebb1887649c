#include "cgroup/controllers.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "cgroup/files.h"
#include "cgroup/ownership.h"

namespace mayfly::cgroup {

namespace {

constexpr std::array kWanted = {"memory", "pids", "cpu", "cpuset", "io"};

// systemd marks what it delegates; a container's root is its own by construction: it is the mount's root and still no
// root cgroup (only the host's has no cgroup.type).
bool IsDelegated(int directory_fd, bool is_mount_root) {
  if (is_mount_root && Exists(directory_fd, "cgroup.type")) return true;
  for (const char* attribute : {"trusted.delegate", "user.delegate"}) {
    char value = '0';
    if (fgetxattr(directory_fd, attribute, &value, 1) == 1 && value == '1') return true;
  }
  return IsOurs(directory_fd);
}

void MoveProcessesAside(int directory_fd) {
  if (mkdirat(directory_fd, kProcessesChild, 0755) == -1 && errno != EEXIST) return;
  const Result<UniqueFd> aside = OpenDirectory(directory_fd, kProcessesChild);
  const Result<std::string> processes = ReadText(directory_fd, "cgroup.procs");
  if (!aside.ok() || !processes.ok()) return;
  for (const std::string_view pid : Split(processes.value(), '\n')) {
    // One that has ended meanwhile has moved far enough.
    (void)WriteText(aside.value().get(), "cgroup.procs", pid);
  }
}

std::string ReasonOf(int code, const std::string& path) {
  if (code == EBUSY) {
    return path +
           " holds processes of others, so cgroup v2 refuses it children with controllers. Start the worker with "
           "`systemd-run --scope -p Delegate=yes`, or as root with MAYFLY_CGROUP_PARENT=/mayfly";
  }
  if (code == EACCES || code == EPERM || code == EROFS) {
    return path + "/cgroup.subtree_control cannot be written (" + std::strerror(code) +
           "). Run as root, or in a delegated cgroup (`systemd-run --user --scope -p Delegate=yes`)";
  }
  return path + "/cgroup.subtree_control: " + std::strerror(code);
}

// Processes may appear (fork) while others move: a few rounds are enough for all but a fork bomb.
int Enable(int directory_fd, const std::string& controller, bool may_move) {
  constexpr int kRounds = 10;
  int code = 0;
  for (int round = 0; round < kRounds; round++) {
    const Status enabled = WriteText(directory_fd, "cgroup.subtree_control", "+" + controller);
    if (enabled.ok()) return 0;
    code = enabled.error().code;
    if (code != EBUSY || !may_move) return code;
    MoveProcessesAside(directory_fd);
  }
  return code;
}

bool Lists(const std::string& words, std::string_view word) {
  const std::vector<std::string_view> listed = Split(words, ' ');
  return std::ranges::any_of(listed, [&](std::string_view one) { return one == word || one == std::string(word) + "\n"; });
}

}  // namespace

std::vector<MissingController> EnableControllers(int directory_fd, const std::string& path, bool is_mount_root) {
  std::vector<MissingController> missing;
  const Result<std::string> offered = ReadText(directory_fd, "cgroup.controllers");
  const Result<std::string> enabled = ReadText(directory_fd, "cgroup.subtree_control");
  const bool may_move = IsDelegated(directory_fd, is_mount_root);
  for (const char* controller : kWanted) {
    if (!offered.ok() || !Lists(offered.value(), controller)) {
      missing.push_back({controller, "not among " + path + "/cgroup.controllers"});
      continue;
    }
    // Above what was delegated to us nothing can be written, and nothing needs to be.
    if (enabled.ok() && Lists(enabled.value(), controller)) continue;
    const int code = Enable(directory_fd, controller, may_move);
    if (code != 0) missing.push_back({controller, ReasonOf(code, path)});
  }
  return missing;
}

Status InheritCpuset(int parent_fd, int child_fd) {
  for (const char* file : {"cpuset.cpus", "cpuset.mems"}) {
    const Result<std::string> own = ReadText(child_fd, file);
    if (own.ok() && !own.value().empty() && own.value() != "\n") continue;
    const Result<std::string> parents = ReadText(parent_fd, file);
    if (!parents.ok()) return parents.error();
    const Status written = WriteText(child_fd, file, parents.value());
    if (!written.ok()) return written;
  }
  return Success();
}

}  // namespace mayfly::cgroup

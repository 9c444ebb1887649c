#include "launch/capabilities.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "child/operations.h"

namespace mayfly {
namespace {

// Gives the errno with which `attempt` ended in a child of its own; 0: it succeeded.
template <typename Attempt>
int TryInChild(Attempt attempt) {
  const pid_t child = fork();
  if (child < 0) return errno;
  if (child == 0) _exit(attempt());
  int status = 0;
  if (waitpid(child, &status, 0) < 0) return errno;
  return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

int LoadFilterThatAllows() {
  const std::array<sock_filter, 1> program = {sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  return LoadFilter(program.data(), sizeof program);
}

}  // namespace

const std::vector<NamespaceKind>& NamespaceKinds() {
  static const std::vector<NamespaceKind> kinds = {{"cgroup", CLONE_NEWCGROUP}, {"ipc", CLONE_NEWIPC},
                                                   {"mnt", CLONE_NEWNS},        {"net", CLONE_NEWNET},
                                                   {"pid", CLONE_NEWPID},       {"time", CLONE_NEWTIME},
                                                   {"user", CLONE_NEWUSER},     {"uts", CLONE_NEWUTS}};
  return kinds;
}

std::vector<MissingMessage> FindMissingNamespaces() {
  std::vector<MissingMessage> missing;
  for (const NamespaceKind& kind : NamespaceKinds()) {
    const int code = TryInChild([&] { return unshare(static_cast<int>(kind.flag)) == 0 ? 0 : errno; });
    if (code != 0) missing.push_back({.name = kind.name, .reason = strerror(code)});
  }
  return missing;
}

std::vector<MissingMessage> FindMissingSeccomp() {
  const int code = TryInChild(LoadFilterThatAllows);
  if (code == 0) return {};
  return {{.name = "seccomp", .reason = strerror(code)}};
}

}  // namespace mayfly

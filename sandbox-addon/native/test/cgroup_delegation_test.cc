// Where a worker's directory goes on v2 when its own cgroup holds processes, which may have no children with controllers.
// Needs root and a host with nothing but v2 (the machine of test/v2-machine).
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "cgroup/cgroup.h"
#include "test/tap.h"

using namespace mayfly;  // NOLINT(google-build-using-namespace): a test reads better so
using mayfly::tap::Check;

namespace {

const std::string kRoot = "/sys/fs/cgroup";
const std::string kScope = "mayfly-test-scope-" + std::to_string(getpid());
const std::string kParent = "mayfly-test-delegated-" + std::to_string(getpid());

std::string Read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

bool Write(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file.good();
}

Result<std::unique_ptr<CgroupTree>> OpenTree(const std::string& parent) {
  const Result<CgroupLayout> layout = DetectCgroups("");
  if (!layout.ok()) return layout.error();
  return CgroupTree::Open(layout.value(), {.parent = parent, .worker_id = "worker-1", .allow_without = {}});
}

// Runs `body` in a process that stands in a cgroup of its own below the root, as a service or a scope does.
template <typename Body>
void InScope(bool delegated, Body body) {
  const std::string scope = kRoot + "/" + kScope;
  // As systemd does for those to which it delegates.
  Write(kRoot + "/cgroup.subtree_control", "+memory +pids +cpu +cpuset +io");
  mkdir(scope.c_str(), 0755);
  if (delegated) setxattr(scope.c_str(), "trusted.delegate", "1", 1, 0);
  const pid_t pid = fork();
  if (pid == 0) {
    Write(scope + "/cgroup.procs", "0");
    const int failed_before = tap::g_failed;
    body(scope);
    // The count of checks is told by the exit status, since the process is another.
    _exit(tap::g_failed - failed_before);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  Check(status == 0, "all of that held");
  rmdir((scope + "/mayfly-processes").c_str());
  rmdir(scope.c_str());
}

void DelegatedScope(const std::string& scope) {
  Result<std::unique_ptr<CgroupTree>> tree = OpenTree(kParent);
  Check(tree.ok() && tree.value()->missing().empty(), "a delegated cgroup with processes gives all controllers");
  if (!tree.ok()) return;
  Check(tree.value()->Paths()[0].directory == scope + "/" + kParent + "/worker-1", "the worker's directory is below it");
  Check(Read("/proc/self/cgroup") == "0::/" + kScope + "/mayfly-processes\n", "its processes moved aside");
  // As a second worker, which starts in the cgroup that the first one moved it to.
  const Result<CgroupLayout> layout = DetectCgroups("");
  Result<std::unique_ptr<CgroupTree>> second =
      CgroupTree::Open(layout.value(), {.parent = kParent, .worker_id = "worker-2", .allow_without = {}});
  Check(second.ok() && second.value()->Paths()[0].directory == scope + "/" + kParent + "/worker-2",
        "a second worker finds its place beside the first");
  Check(second.ok() && second.value()->Close(1000) == 0 && tree.value()->Close(1000) == 0, "both close");
}

void ForeignScope(const std::string& scope) {
  Result<std::unique_ptr<CgroupTree>> tree = OpenTree(kParent);
  Check(tree.ok() && tree.value()->missing().empty(), "root whose cgroup is not its own to divide gets all controllers");
  if (!tree.ok()) return;
  Check(tree.value()->Paths()[0].directory == kRoot + "/" + kParent + "/worker-1", "below the root");
  Check(Read(scope + "/cgroup.procs").find(std::to_string(getpid())) != std::string::npos, "and nobody was moved");
  Check(access((scope + "/" + kParent).c_str(), F_OK) == -1, "and nothing stays in its own cgroup");
  Check(tree.value()->Close(1000) == 0, "it closes");
}

void ForeignParent(const std::string& scope) {
  Result<std::unique_ptr<CgroupTree>> tree = OpenTree("/" + kScope);
  Check(tree.ok() && !tree.value()->missing().empty(), "an absolute parent that holds processes lacks controllers");
  if (!tree.ok()) return;
  Check(tree.value()->missing()[0].reason.find("Delegate=yes") != std::string::npos, "the reason names the remedy");
  const auto leaf = tree.value()->CreateLeaf("unlimited", {{"memory", "memory.max", "1000000", false}});
  Check(!leaf.ok() && leaf.error().code == ENODEV, "and nothing runs there without its limit");
  Check(tree.value()->Close(1000) == 0 && access(scope.c_str(), F_OK) == 0, "a parent of others stays at the end");
}

}  // namespace

int main() {
  const Result<CgroupLayout> layout = DetectCgroups("");
  if (!layout.ok() || layout.value().mode != CgroupMode::kV2) {
    // The whole file is of v2, and test/v2-machine runs it there.
    std::printf("1..0 # SKIP this host is not pure cgroup v2\n");
    return 0;
  }
  InScope(true, DelegatedScope);
  InScope(false, ForeignScope);
  InScope(false, ForeignParent);
  return tap::Finish();
}

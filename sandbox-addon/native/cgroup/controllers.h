// What makes a directory's children usable: controllers enabled for them (v2), CPUs and memory nodes given (v1 cpuset).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cgroup/cgroup.h"

namespace mayfly::cgroup {

// v2: enables memory, pids, cpu, cpuset and io for the children of a directory, as far as it has them.
//
// The kernel gives controllers only to the children of a cgroup that holds no process itself ("no internal processes",
// the root excepted). Where the directory was delegated to us with processes in it (a container's root, a scope of
// `systemd-run --scope -p Delegate=yes`), they move into a child of it; in a directory that belongs to someone else they
// stay, and the controllers are missing with that as the reason. Returns what is missing.
[[nodiscard]] std::vector<MissingController> EnableControllers(int directory_fd, const std::string& path,
                                                               bool is_mount_root);

// The child into which the processes of a delegated cgroup move. A worker that finds itself in one looks for its parent
// directory beside it.
inline constexpr const char* kProcessesChild = "mayfly-processes";

// v1: a fresh cpuset has no CPUs and no memory nodes, and whoever joins it gets ENOSPC. Gives it its parent's.
[[nodiscard]] Status InheritCpuset(int parent_fd, int child_fd);

}  // namespace mayfly::cgroup

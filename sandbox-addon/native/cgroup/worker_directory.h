// <parent>/<worker id> in one hierarchy.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "cgroup/cgroup.h"

namespace mayfly::cgroup {

struct WorkerDirectory {
  CgroupHierarchy hierarchy;
  // Absolute, for people and for GET /invocations/:id.
  std::string path;
  // Where the parent's path begins, and its parts.
  UniqueFd base;
  std::vector<std::string> parent_parts;
  UniqueFd parent;
  UniqueFd worker;
  // v2 alone; a v1 hierarchy is its controllers.
  std::vector<MissingController> missing;
};

// What a worker needs of a hierarchy.
struct HierarchyUse {
  // The worker's directory in this one carries the lock.
  bool holds_lock = false;
  // False for hybrid's v2 hierarchy, which has none to enable.
  bool gives_controllers = true;
};

// Makes the parent and the worker's directory, locks it, and enables the controllers on v2.
//
// v2: where the own cgroup cannot have children with controllers (see EnableControllers), root takes the hierarchy's
// root for a relative parent instead.
[[nodiscard]] Result<WorkerDirectory> OpenWorkerDirectory(const CgroupHierarchy& hierarchy,
                                                          const CgroupTreeOptions& options, HierarchyUse use);

// Removes the parent's directories from the deepest up, as far as they are empty and ours.
void RemoveEmptyParents(const WorkerDirectory& directory);

}  // namespace mayfly::cgroup

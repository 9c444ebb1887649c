// Whose a cgroup directory is: made by Mayfly at all, and if so, by a worker that lives.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace mayfly::cgroup {

// A directory that we made carries an extended attribute, so that a parent shared with others (a slice of systemd, by a
// mistake in MAYFLY_CGROUP_PARENT) never has its other children taken for dead workers. Where the filesystem refuses
// attributes the directory stays without, and only a worker of the same id takes it over.
void MarkAsOurs(int directory_fd);
[[nodiscard]] bool IsOurs(int directory_fd);

// Makes the directory if needed and takes an exclusive flock(2) on it, which ends with the process.
//
// Gives EWOULDBLOCK where a living worker holds it. The lock belongs to the open file: a child of the holder must close
// its copy of the descriptor, or the dead worker looks alive for as long as the child runs.
[[nodiscard]] Result<UniqueFd> LockDirectory(int parent_fd, const std::string& name);

}  // namespace mayfly::cgroup

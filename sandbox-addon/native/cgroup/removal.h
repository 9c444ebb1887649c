// Ending what runs in a directory that is to go, and removing it: for what was left behind, not for a leaf at its
// ordinary end (the launcher kills that through its init).
#pragma once

#include <cstdint>
#include <string>

namespace mayfly::cgroup {

// Kills every process in a directory, frozen ones as well. They may take a moment to go.
void KillProcesses(int directory_fd);

// Kills and removes the children of a directory, until `deadline_ms` (of MonotonicMs). Returns how many are left.
[[nodiscard]] int RemoveChildren(int directory_fd, std::int64_t deadline_ms);

// Removes one directory, its children first. Returns how many directories are left.
[[nodiscard]] int RemoveTree(int parent_fd, const std::string& name, std::int64_t deadline_ms);

[[nodiscard]] std::int64_t MonotonicMs();

}  // namespace mayfly::cgroup

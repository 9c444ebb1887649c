// What the launcher knows of a snapshot, beside the sandbox that it is in: see native/zygote/snapshot.h.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "launch/zygote.h"

namespace mayfly {

struct Snapshot {
  // Whose copy it is: its copies stand on the same root.
  std::shared_ptr<Zygote> zygote;
  std::uint32_t wanted = 0;
  // Its function's, and so those of its copies.
  std::vector<CgroupWriteMessage> cgroup_writes = {};
  std::vector<RlimitMessage> rlimits = {};
  // Sandboxes in which a copy of it can stand, by their ids; and one on its way to them, or 0.
  std::vector<std::uint64_t> positions = {};
  std::uint64_t preparing = 0;
  // It has entered its own sandbox, and takes no more positions.
  bool has_entered = false;
  // What it had used of the CPU when it began to serve.
  std::uint64_t served_at_us = 0;
  // It ends with the last of its copies, for its process namespace contains theirs.
  bool is_closing = false;
};

}  // namespace mayfly

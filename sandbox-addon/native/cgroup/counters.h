// The kernel's own counters of a cgroup, read as they stand.
#pragma once

#include "cgroup/cgroup.h"

namespace mayfly::cgroup {

// A leaf's directories by what they count; -1 where it has none.
struct V1Sources {
  int cpuacct_fd = -1;
  int cpu_fd = -1;
  int memory_fd = -1;
  int pids_fd = -1;
  int blkio_fd = -1;
  bool has_quota = false;
  bool has_throttle = false;
};

[[nodiscard]] CgroupCounters ReadV1Counters(const V1Sources& sources);
[[nodiscard]] CgroupCounters ReadV2Counters(int directory_fd, bool has_quota);

// User and system time of a v2 directory, which needs no controller for them.
void ReadV2CpuTimes(int directory_fd, CgroupCounters& counters);

}  // namespace mayfly::cgroup

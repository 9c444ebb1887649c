// What the launcher tells the addon.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cgroup/cgroup.h"

namespace mayfly {

struct MissingMessage {
  // A cgroup controller, a kind of namespace, or "seccomp".
  std::string name;
  std::string reason;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("name", self.name);
    visit("reason", self.reason);
  }
};

struct ProbedMessage {
  std::vector<MissingMessage> missing_namespaces;
  std::vector<MissingMessage> missing_seccomp;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("missingNamespaces", self.missing_namespaces);
    visit("missingSeccomp", self.missing_seccomp);
  }
};

struct OpenedMessage {
  std::string cgroup_mode;
  std::vector<MissingMessage> missing_controllers;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("cgroupMode", self.cgroup_mode);
    visit("missingControllers", self.missing_controllers);
  }
};

// A LoadTree or DropTree was carried out.
struct DoneMessage {
  std::uint64_t id = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("id", self.id);
  }
};

// The answer to any request that failed. Nothing is left behind.
struct FailedMessage {
  std::uint64_t id = 0;
  // Such as "mount /proc"; `index` counts the steps of a sandbox's set-up, -1 where it was none of them.
  std::string step;
  std::int32_t index = -1;
  std::int32_t error = 0;
  std::string hint;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("id", self.id);
    visit("step", self.step);
    visit("index", self.index);
    visit("error", self.error);
    visit("hint", self.hint);
  }
};

struct PathMessage {
  std::string hierarchy;
  std::string directory;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("hierarchy", self.hierarchy);
    visit("directory", self.directory);
  }
};

struct StartedMessage {
  std::uint64_t id = 0;
  std::int32_t pid = 0;
  std::vector<PathMessage> cgroups;
  std::uint64_t setup_us = 0;
  bool was_parked = false;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("id", self.id);
    visit("pid", self.pid);
    visit("cgroups", self.cgroups);
    visit("setupUs", self.setup_us);
    visit("wasParked", self.was_parked);
  }
};

struct ZygoteReadyMessage {
  std::uint64_t id = 0;
  std::int32_t pid = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("id", self.id);
    visit("pid", self.pid);
  }
};

// It was ready before; a zygote that never was is told of by FailedMessage.
struct ZygoteEndedMessage {
  std::uint64_t id = 0;
  std::string reason;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("id", self.id);
    visit("reason", self.reason);
  }
};

struct CountersMessage : CgroupCounters {
  std::optional<std::uint64_t> network_rx_bytes;
  std::optional<std::uint64_t> network_tx_bytes;
  std::optional<std::uint64_t> tmpfs_peak_bytes;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("cpuUsageUs", self.cpu_usage_us);
    visit("cpuUserUs", self.cpu_user_us);
    visit("cpuSystemUs", self.cpu_system_us);
    visit("cpuPeriods", self.cpu_periods);
    visit("cpuThrottledPeriods", self.cpu_throttled_periods);
    visit("cpuThrottledUs", self.cpu_throttled_us);
    visit("memoryPeakBytes", self.memory_peak_bytes);
    visit("oomKills", self.oom_kills);
    visit("majorFaults", self.major_faults);
    visit("pidsPeak", self.pids_peak);
    visit("pidsRefused", self.pids_refused);
    visit("ioReadBytes", self.io_read_bytes);
    visit("ioWriteBytes", self.io_write_bytes);
    visit("ioReadOps", self.io_read_ops);
    visit("ioWriteOps", self.io_write_ops);
    visit("networkRxBytes", self.network_rx_bytes);
    visit("networkTxBytes", self.network_tx_bytes);
    visit("tmpfsPeakBytes", self.tmpfs_peak_bytes);
  }
};

// What could not be cleaned up, since the opening.
struct LeakedMessage {
  std::uint64_t processes = 0;
  std::uint64_t cgroups = 0;
  std::uint64_t mounts = 0;
  std::uint64_t netns = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("processes", self.processes);
    visit("cgroups", self.cgroups);
    visit("mounts", self.mounts);
    visit("netns", self.netns);
  }
};

struct EndedMessage {
  std::uint64_t id = 0;
  // waitpid(2)'s status of the main process, taken apart: exactly one of the two is set.
  std::optional<std::int32_t> exit_code;
  std::optional<std::int32_t> signal;
  std::optional<std::string> killed_by;
  bool main_oom_killed = false;
  CountersMessage counters;
  std::uint64_t setup_us = 0;
  std::uint64_t teardown_us = 0;
  LeakedMessage leaked;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("id", self.id);
    visit("exitCode", self.exit_code);
    visit("signal", self.signal);
    visit("killedBy", self.killed_by);
    visit("mainOomKilled", self.main_oom_killed);
    visit("counters", self.counters);
    visit("setupUs", self.setup_us);
    visit("teardownUs", self.teardown_us);
    visit("leaked", self.leaked);
  }
};

struct ClosedMessage {
  LeakedMessage leaked;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("leaked", self.leaked);
  }
};

}  // namespace mayfly

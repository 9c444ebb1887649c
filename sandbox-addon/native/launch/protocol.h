// What the addon and the launcher say to each other. One packet is one message: its kind, then its members.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/wire.h"

namespace mayfly {

// addon → launcher: X(Kind, "name in JavaScript")
#define MAYFLY_REQUESTS(X)   \
  X(Open, "open")            \
  X(LoadTree, "loadTree")    \
  X(DropTree, "dropTree")    \
  X(Start, "start")          \
  X(Kill, "kill")            \
  X(Close, "close")

// launcher → addon
#define MAYFLY_ANSWERS(X)    \
  X(Opened, "opened")        \
  X(Done, "done")            \
  X(Failed, "failed")        \
  X(Started, "started")      \
  X(Ended, "ended")          \
  X(Closed, "closed")

enum class MessageKind : std::uint8_t {
#define MAYFLY_MESSAGE_ENUM(Kind, name) k##Kind,
  MAYFLY_REQUESTS(MAYFLY_MESSAGE_ENUM) MAYFLY_ANSWERS(MAYFLY_MESSAGE_ENUM)
#undef MAYFLY_MESSAGE_ENUM
};

struct FilterMessage {
  std::string name;
  // struct sock_filter[]
  std::string program;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("name", self.name);
    visit("program", self.program);
  }
};

struct OpenMessage {
  std::string cgroup_parent;
  std::string worker_id;
  // Tests only: reads a hybrid host as "v1". Empty: as it is.
  std::string cgroup_mode;
  std::uint32_t host_uid = 0;
  std::uint32_t host_gid = 0;
  std::uint32_t debug_hold_ms = 0;
  std::vector<FilterMessage> filters;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("cgroupParent", self.cgroup_parent);
    visit("workerId", self.worker_id);
    visit("cgroupMode", self.cgroup_mode);
    visit("hostUid", self.host_uid);
    visit("hostGid", self.host_gid);
    visit("debugHoldMs", self.debug_hold_ms);
    visit("filters", self.filters);
  }
};

struct LoadTreeMessage {
  std::uint64_t id = 0;
  std::string name;
  std::string path;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("id", self.id);
    visit("name", self.name);
    visit("path", self.path);
  }
};

struct DropTreeMessage {
  std::uint64_t id = 0;
  std::string name;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("id", self.id);
    visit("name", self.name);
  }
};

struct RootStepMessage {
  // "bind", "tree", "directory", "symlink" or "file", as in RootStep of types.ts.
  std::string kind;
  std::string target;
  // The bind's source, the tree's name, where the symlink points, or the file's content.
  std::string value;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("kind", self.kind);
    visit("target", self.target);
    visit("value", self.value);
  }
};

struct CgroupWriteMessage {
  std::string controller;
  std::string file;
  std::string value;
  bool best_effort = false;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("controller", self.controller);
    visit("file", self.file);
    visit("value", self.value);
    visit("bestEffort", self.best_effort);
  }
};

struct RlimitMessage {
  std::string name;
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("name", self.name);
    visit("soft", self.soft);
    visit("hard", self.hard);
  }
};

// With it come the descriptors: stdin, stdout, stderr and, where `has_control`, what becomes descriptor 3.
struct StartMessage {
  std::uint64_t id = 0;
  // CLOCK_MONOTONIC of the request, so that set-up counts from where the caller waits.
  std::uint64_t requested_ns = 0;
  std::vector<std::string> argv;
  // NAME=value
  std::vector<std::string> env;
  std::string cwd;
  std::string hostname;
  std::vector<RootStepMessage> root;
  std::vector<CgroupWriteMessage> cgroup_writes;
  std::vector<RlimitMessage> rlimits;
  std::uint64_t tmpfs_bytes = 0;
  std::uint64_t tmpfs_inodes = 0;
  std::uint64_t timeout_ms = 0;
  std::optional<std::uint64_t> cpu_time_ms;
  bool has_control = false;
  // The name of a filter of OpenMessage; empty: none.
  std::string filter;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("id", self.id);
    visit("requestedNs", self.requested_ns);
    visit("argv", self.argv);
    visit("env", self.env);
    visit("cwd", self.cwd);
    visit("hostname", self.hostname);
    visit("root", self.root);
    visit("cgroupWrites", self.cgroup_writes);
    visit("rlimits", self.rlimits);
    visit("tmpfsBytes", self.tmpfs_bytes);
    visit("tmpfsInodes", self.tmpfs_inodes);
    visit("timeoutMs", self.timeout_ms);
    visit("cpuTimeMs", self.cpu_time_ms);
    visit("hasControl", self.has_control);
    visit("filter", self.filter);
  }
};

struct KillMessage {
  std::uint64_t id = 0;
  // A KillReason of types.ts; the launcher adds its own: timedOut and cpuTimeExceeded.
  std::string reason;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("id", self.id);
    visit("reason", self.reason);
  }
};

struct CloseMessage {
  template <typename Self, typename Visitor>
  static void Visit(Self& /*self*/, Visitor& /*visit*/) {}
};

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

struct OpenedMessage {
  std::string cgroup_mode;
  std::vector<MissingMessage> missing_controllers;
  std::vector<MissingMessage> missing_namespaces;
  std::vector<MissingMessage> missing_seccomp;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("cgroupMode", self.cgroup_mode);
    visit("missingControllers", self.missing_controllers);
    visit("missingNamespaces", self.missing_namespaces);
    visit("missingSeccomp", self.missing_seccomp);
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

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("id", self.id);
    visit("pid", self.pid);
    visit("cgroups", self.cgroups);
    visit("setupUs", self.setup_us);
  }
};

struct CountersMessage {
  std::optional<std::uint64_t> cpu_usage_us;
  std::optional<std::uint64_t> cpu_user_us;
  std::optional<std::uint64_t> cpu_system_us;
  std::optional<std::uint64_t> cpu_periods;
  std::optional<std::uint64_t> cpu_throttled_periods;
  std::optional<std::uint64_t> cpu_throttled_us;
  std::optional<std::uint64_t> memory_peak_bytes;
  std::optional<std::uint64_t> oom_kills;
  std::optional<std::uint64_t> major_faults;
  std::optional<std::uint64_t> pids_peak;
  std::optional<std::uint64_t> pids_refused;
  std::optional<std::uint64_t> io_read_bytes;
  std::optional<std::uint64_t> io_write_bytes;
  std::optional<std::uint64_t> io_read_ops;
  std::optional<std::uint64_t> io_write_ops;
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

template <typename Message>
constexpr MessageKind KindOf();
#define MAYFLY_KIND_OF(Kind, name)                  \
  template <>                                       \
  constexpr MessageKind KindOf<Kind##Message>() {   \
    return MessageKind::k##Kind;                    \
  }
MAYFLY_REQUESTS(MAYFLY_KIND_OF)
MAYFLY_ANSWERS(MAYFLY_KIND_OF)
#undef MAYFLY_KIND_OF

template <typename Message>
[[nodiscard]] std::string Encode(const Message& message) {
  WireWriter writer;
  Message::Visit(message, writer);
  return std::string(1, static_cast<char>(KindOf<Message>())) + writer.Take();
}

}  // namespace mayfly

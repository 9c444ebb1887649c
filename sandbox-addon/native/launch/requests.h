// What the addon asks of the launcher.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mayfly {

// Asks what the kernel allows, without opening anything.
struct ProbeMessage {
  template <typename Self, typename Visitor>
  static void Visit(Self& /*self*/, Visitor& /*visit*/) {}
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
  // Controllers that may be missing.
  std::vector<std::string> allow_without;
  std::uint32_t host_uid = 0;
  std::uint32_t host_gid = 0;
  std::uint32_t debug_hold_ms = 0;
  std::vector<FilterMessage> filters;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("cgroupParent", self.cgroup_parent);
    visit("workerId", self.worker_id);
    visit("cgroupMode", self.cgroup_mode);
    visit("allowWithout", self.allow_without);
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

// What every call brings along, however its process comes about.
struct CallMessage {
  std::uint64_t id = 0;
  // CLOCK_MONOTONIC of the request, so that set-up counts from where the caller waits.
  std::uint64_t requested_ns = 0;
  // NAME=value
  std::vector<std::string> env;
  std::string cwd;
  std::string hostname;
  std::vector<CgroupWriteMessage> cgroup_writes;
  std::vector<RlimitMessage> rlimits;
  std::uint64_t tmpfs_bytes = 0;
  std::uint64_t tmpfs_inodes = 0;
  std::uint64_t timeout_ms = 0;
  std::optional<std::uint64_t> cpu_time_ms;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("id", self.id);
    visit("requestedNs", self.requested_ns);
    visit("env", self.env);
    visit("cwd", self.cwd);
    visit("hostname", self.hostname);
    visit("cgroupWrites", self.cgroup_writes);
    visit("rlimits", self.rlimits);
    visit("tmpfsBytes", self.tmpfs_bytes);
    visit("tmpfsInodes", self.tmpfs_inodes);
    visit("timeoutMs", self.timeout_ms);
    visit("cpuTimeMs", self.cpu_time_ms);
  }
};

// With it come the descriptors: stdin, stdout, stderr and, where `has_control`, what becomes descriptor 3.
struct StartMessage : CallMessage {
  std::vector<std::string> argv;
  std::vector<RootStepMessage> root;
  bool has_control = false;
  // The name of a filter of OpenMessage; empty: none.
  std::string filter;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    CallMessage::Visit(self, visit);
    visit("argv", self.argv);
    visit("root", self.root);
    visit("hasControl", self.has_control);
    visit("filter", self.filter);
  }
};

struct OpenZygoteMessage {
  std::uint64_t id = 0;
  std::vector<std::string> argv;
  // NAME=value
  std::vector<std::string> env;
  // Of the zygote, and of each of its copies.
  std::vector<RootStepMessage> root;
  // The name of a filter of OpenMessage, for the copies; empty: none.
  std::string filter;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("id", self.id);
    visit("argv", self.argv);
    visit("env", self.env);
    visit("root", self.root);
    visit("filter", self.filter);
  }
};

struct ParkMessage {
  std::uint64_t zygote = 0;
  // How many copies wait for a call from now on.
  std::uint32_t count = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("zygote", self.zygote);
    visit("count", self.count);
  }
};

struct CloseZygoteMessage {
  std::uint64_t zygote = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("zygote", self.zygote);
  }
};

struct AttachmentMessage {
  // A tree's name, and a directory of the zygote's root.
  std::string tree;
  std::string target;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("tree", self.tree);
    visit("target", self.target);
  }
};

// With it come the descriptors: stdin, stdout, stderr and what becomes descriptor 3.
struct ForkMessage : CallMessage {
  std::uint64_t zygote = 0;
  std::vector<AttachmentMessage> attach;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    CallMessage::Visit(self, visit);
    visit("zygote", self.zygote);
    visit("attach", self.attach);
  }
};

// A copy of the zygote that is copied itself, with places for so many copies. With it comes what comes with a fork.
struct OpenSnapshotMessage : ForkMessage {
  std::uint32_t positions = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    ForkMessage::Visit(self, visit);
    visit("positions", self.positions);
  }
};

// It has come so far that it can be copied.
struct ServeSnapshotMessage {
  std::uint64_t id = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("id", self.id);
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

}  // namespace mayfly

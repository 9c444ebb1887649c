// The cgroups of one worker: <parent>/<worker id>/<leaf>, one leaf per invocation, in every hierarchy that enforces or
// counts something for it. One interface; the differences between cgroup v1, v2 and hybrid end here.
//
// Everything in this folder runs in the launcher (one thread, may allocate) and never in the child between clone and
// exec. What the child needs of it are descriptors: LeafCgroup::join_fds() and LeafCgroup::clone_into_fd().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace mayfly {

// v1: every controller has a hierarchy of its own kind. Hybrid: the same, and a v2 hierarchy without controllers beside
// them (older systemd), which still gives cgroup.kill, cgroup.freeze and an exact cpu.stat. v2: one hierarchy.
enum class CgroupMode : std::uint8_t { kV1, kHybrid, kV2 };

[[nodiscard]] std::string_view ToString(CgroupMode mode);

// One mounted hierarchy, as this process sees it.
struct CgroupHierarchy {
  int version = 1;
  // As a receipt and GET /invocations/:id name it: the controllers joined by commas, or "unified".
  std::string name;
  // v1: the controllers mounted together. v2: none; each directory there says what it offers.
  std::vector<std::string> controllers;
  std::string mount_point;
  // The caller's own cgroup, relative to the mount point, without slashes at its ends; empty: the root.
  std::string own;

  [[nodiscard]] bool Has(std::string_view controller) const;
};

struct CgroupLayout {
  CgroupMode mode = CgroupMode::kV2;
  std::vector<CgroupHierarchy> hierarchies;
};

// Finds the hierarchies in /proc/self/mountinfo and the own place in them in /proc/self/cgroup.
//
// `force` (tests only) is empty, or the mode that is wanted: a hybrid host can be read as v1, by leaving its v2 hierarchy
// alone. Any other mode that the host is not in is an error, for it cannot be had by wishing.
[[nodiscard]] Result<CgroupLayout> DetectCgroups(std::string_view force);

// The same from the texts of the two files, but for what a v2 hierarchy offers: that stands in its mount.
[[nodiscard]] Result<CgroupLayout> ParseCgroups(std::string_view mountinfo, std::string_view self_cgroup,
                                                std::string_view force);

// One line of the conversion table in contract/src/cgroup-files.ts: a limit that became a file. A file that the kernel
// lacks is an error, except where `best_effort` says that the limit may go unenforced.
struct LimitWrite {
  std::string controller;
  std::string file;
  std::string value;
  bool best_effort = false;
};

// Null: this kernel or mode has no such counter, or nothing makes it count.
struct CgroupCounters {
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
};

struct CgroupPath {
  std::string hierarchy;
  std::string directory;
};

enum class Removal : std::uint8_t {
  kRemoved,
  // Some process is not quite gone. Come back a little later; what is gone stays gone.
  kBusy,
};

// The cgroup of one invocation, never used a second time: since 6.12 a process cloned into a cgroup that was once
// killed dies at once.
//
// Destroying the object closes its descriptors and leaves the directories to the worker's directory (see
// CgroupTree::Close): only Remove() says that they are gone.
class LeafCgroup {
 public:
  virtual ~LeafCgroup() = default;

  // By CgroupTree, which knows what is missing here.
  [[nodiscard]] virtual Status SetLimits(const std::vector<LimitWrite>& writes) = 0;

  // v1 and hybrid: open `tasks` files. The single-threaded child writes "0" to each, which costs a fraction of what it
  // costs when another process writes its number to cgroup.procs (that waits for an RCU grace period).
  [[nodiscard]] virtual std::vector<int> join_fds() const = 0;
  // v2 and hybrid: the directory for clone3's CLONE_INTO_CGROUP. -1 on v1.
  [[nodiscard]] virtual int clone_into_fd() const = 0;
  // The `tasks` descriptors are of no use once the child has joined.
  virtual void CloseJoinFds() = 0;

  [[nodiscard]] virtual std::vector<CgroupPath> Paths() const = 0;

  // True when no process is left in any hierarchy.
  [[nodiscard]] virtual Result<bool> Empty() const = 0;
  // CPU used so far, cheap enough to poll for `cpuTimeMs`.
  [[nodiscard]] virtual Result<std::uint64_t> CpuUsageUs() const = 0;
  [[nodiscard]] virtual CgroupCounters Read() const = 0;

  // Stops and continues every process. A frozen v1 cgroup must be thawed before its processes can be killed.
  [[nodiscard]] virtual Status Freeze() = 0;
  [[nodiscard]] virtual Status Thaw() = 0;

  // Gives its page cache back, so that no dying memory cgroup stays behind, and removes the directory in every
  // hierarchy. Never waits.
  [[nodiscard]] virtual Result<Removal> Remove() = 0;
};

struct CgroupTreeOptions {
  // MAYFLY_CGROUP_PARENT: relative to the own cgroup in each hierarchy; with a leading "/" from its root.
  std::string parent;
  std::string worker_id;
  // Controllers that the operator allows to do without (MAYFLY_ALLOW_WITHOUT). A limit of any other controller that is
  // missing makes CreateLeaf fail: nothing runs unlimited by accident.
  std::vector<std::string> allow_without;
};

// Why a controller cannot be used. `doctor` and a refusal to start print it.
struct MissingController {
  std::string controller;
  std::string reason;
};

// The worker's own directory in every hierarchy. It holds an flock on that directory for as long as it lives: a worker
// whose directory nobody has locked is dead, in whatever mount namespace or container it ran, and what it left behind
// may be removed. Children of this process must not keep the lock's descriptor (it is O_CLOEXEC; who forks without exec
// closes it).
class CgroupTree {
 public:
  // Makes `<parent>/<worker id>` in each hierarchy, enables the controllers on v2, and takes the lock.
  [[nodiscard]] static Result<std::unique_ptr<CgroupTree>> Open(const CgroupLayout& layout,
                                                                const CgroupTreeOptions& options);
  virtual ~CgroupTree() = default;

  [[nodiscard]] virtual CgroupMode mode() const = 0;
  // Of memory, pids, cpu, cpuacct (v1), cpuset and io: those that cannot be used here.
  [[nodiscard]] virtual const std::vector<MissingController>& missing() const = 0;
  // The worker's directory in each hierarchy.
  [[nodiscard]] virtual std::vector<CgroupPath> Paths() const = 0;

  // Makes a leaf with its limits written; nothing is left behind where it fails. `writes` decides which of the optional
  // v1 hierarchies (cpuset, blkio) the leaf stands in.
  [[nodiscard]] virtual Result<std::unique_ptr<LeafCgroup>> CreateLeaf(const std::string& name,
                                                                       const std::vector<LimitWrite>& writes) = 0;

  // Whether a leaf that was made without limits can be given these: on v1, one that needs a hierarchy of its own kind
  // must be known when the leaf is made.
  [[nodiscard]] virtual bool CanLimitLater(const std::vector<LimitWrite>& writes) const = 0;
  [[nodiscard]] virtual Status LimitLater(LeafCgroup& leaf, const std::vector<LimitWrite>& writes) const = 0;

  // Kills and removes what dead workers left below the parent, and what an earlier one of the same id left: to be called
  // before the first leaf is made. Waits up to `patience_ms` for the dying; returns how many cgroups could not be
  // removed.
  [[nodiscard]] virtual int ReapLeftovers(int patience_ms) = 0;

  // Kills what is left in the worker's directory, removes it, and the parent where it is empty. Returns how many cgroups
  // could not be removed within `patience_ms`.
  [[nodiscard]] virtual int Close(int patience_ms) = 0;
};

}  // namespace mayfly

// One sandbox, from its request to the removal of its cgroup.
//
//   building ─▶ [parked ─▶] running ─▶ dying ─▶ removing ─▶ gone
//       └─────────┴────────────────────▲        a failed step, a kill or a deadline goes the same way out
//
// sandbox.cc is its life and end, start_exec.cc and start_copy.cc are the two ways in which its main process comes about.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "cgroup/cgroup.h"
#include "launch/event_loop.h"
#include "launch/init_process.h"
#include "launch/plan.h"
#include "launch/protocol.h"
#include "launch/zygote.h"

namespace mayfly {

// What all sandboxes of a launcher share.
struct SandboxWorld {
  EventLoop& loop;
  CgroupTree& cgroups;
  std::uint32_t debug_hold_ms = 0;
  LeakedMessage& leaked;
  // Hands a message to the addon.
  std::function<void(std::string message)> send;
  // The sandbox is gone, and may be destroyed once the present callback has returned.
  std::function<void(std::uint64_t id)> forget;
};

// A call on its way to a copy.
struct CopyCall {
  ForkMessage message;
  // stdin, stdout, stderr, control
  std::vector<UniqueFd> descriptors;
  // The code, as mounts that are nowhere yet, in the order of message.attach.
  std::vector<UniqueFd> mounts;
};

// Who is copied for it, and how.
struct CopyWay {
  std::function<Status(const zygote::CopyMessage& message, const std::vector<int>& fds)> ask;
  zygote::Order order = zygote::Order::kCopy;
  // Below which its own is; -1: below the launcher's.
  int pid_namespace = -1;
  // Of a position: those of its function. Code of the function's may reach whoever stands there before its call comes.
  std::vector<CgroupWriteMessage> cgroup_writes = {};
  std::vector<RlimitMessage> rlimits = {};
  // Of a snapshot: it takes positions now; and its main process has ended, after which it is told to Bury.
  std::function<void()> on_copied = {};
  std::function<void()> on_exited = {};
};

class Sandbox {
 public:
  // `name` becomes its leaf cgroup's.
  Sandbox(SandboxWorld& world, std::uint64_t id, std::string name);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // Boots a program of its own.
  void Start(Result<SandboxPlan> plan, const StartMessage& request, std::vector<UniqueFd>&& stdio);

  // For a copy: others are being served at the moment.
  void Hurry() { is_hurried_ = true; }
  // Has a zygote copy itself into it, and parks; `on_parked` is called then. `number` is what FailCopy finds it by.
  void Prepare(Result<SandboxPlan> plan, CopyWay way, HostUser user, std::uint64_t number,
               std::function<void()> on_parked);
  // It is parked, as far as is known.
  [[nodiscard]] bool CanTakeCall() const { return phase_ == Phase::kParked; }
  // Its one call, under the caller's own id: before Prepare, or while it is parked.
  void TakeCall(CopyCall call);

  // Ends the whole tree. The first reason counts, and none does after the main process has ended by itself.
  void Kill(const std::string& reason);

  // The zygote could not make the copy.
  void FailCopy(int code);

  // Of a snapshot. Its own process namespace, and what it is asked through its own socket.
  [[nodiscard]] int pid_namespace() const { return pid_namespace_.get(); }
  [[nodiscard]] Status Ask(const zygote::CopyMessage& message, const std::vector<int>& fds) const;
  // Its module scope has run: no clock of a call counts any more.
  void StopClocks();
  // Of a position: what its copy forks is there from now on, and waits for its call.
  [[nodiscard]] Status Wake();
  // Since the leaf was made; 0 where that cannot be told.
  [[nodiscard]] std::uint64_t CpuUsageUs() const;
  void Bury();

 private:
  enum class Phase : std::uint8_t { kBuilding, kParked, kRunning, kDying, kRemoving };

  [[nodiscard]] Status BeginInit();
  [[nodiscard]] Status MakeLeaf(const std::vector<CgroupWriteMessage>& writes);
  void Attempt(const Status& status);
  void OnReport();
  void OnInitGone();

  // start_exec.cc
  [[nodiscard]] Status LaunchExec(const StartMessage& request, std::vector<UniqueFd>&& given);
  void OnStatus();

  // start_copy.cc
  [[nodiscard]] Status LaunchCopy();
  [[nodiscard]] Status AskForCopy(const std::vector<UniqueFd>& namespaces);
  void OnCopyReport();
  void OnParked();
  [[nodiscard]] Status HandOver();
  [[nodiscard]] Status SendCall() const;
  [[nodiscard]] Status SendAttachments();

  void MarkStarted();
  void WatchCpuTime();
  void Fail(const std::string& step, int index, int code, const std::string& hint);
  void FailAtStep(int index, int code);

  void TakeCounters();
  void RemoveLeaf(std::uint64_t retry_ms);
  void Finish();
  [[nodiscard]] EndedMessage Ending() const;

  SandboxWorld& world_;
  std::uint64_t id_;
  const std::string name_;
  // The caller's limits on time.
  std::uint64_t requested_ns_ = 0;
  std::uint64_t timeout_ms_ = 0;
  std::optional<std::uint64_t> cpu_time_ms_;

  std::optional<SandboxPlan> plan_;
  std::unique_ptr<LeafCgroup> leaf_;
  InitProcess init_;

  // Of a copy.
  CopyWay way_;
  UniqueFd pid_namespace_;
  int reports_ = 0;
  bool is_awake_ = false;
  HostUser user_;
  std::uint64_t number_ = 0;
  std::function<void()> on_parked_;
  std::optional<CopyCall> call_;
  bool has_caller_ = false;
  bool was_parked_ = false;
  bool is_hurried_ = false;
  bool limits_are_set_ = false;
  UniqueFd copy_;
  UniqueFd copys_socket_;
  UniqueFd copys_ready_;
  UniqueFd ready_;

  Phase phase_ = Phase::kBuilding;
  pid_t main_pid_ = 0;
  std::optional<FailedMessage> failure_;
  std::optional<std::string> killed_by_;
  std::optional<int> wait_status_;
  CountersMessage counters_;
  bool reported_ = false;

  std::uint64_t started_ns_ = 0;
  std::uint64_t ended_ns_ = 0;
  std::uint64_t removal_ends_ns_ = 0;
  EventLoop::TimerId deadline_;
  EventLoop::TimerId cpu_poll_;
  EventLoop::TimerId patience_;
  EventLoop::TimerId removal_;
};

}  // namespace mayfly

// One sandbox, from its request to the removal of its cgroup.
//
//   building ─▶ running ─▶ dying ─▶ removing ─▶ gone
//       └──────────────────▲            a failed step, a kill or a deadline goes the same way out
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

class Sandbox {
 public:
  Sandbox(SandboxWorld& world, StartMessage request, std::vector<UniqueFd> stdio);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  void Start(Result<SandboxPlan> plan);

  // Ends the whole tree. The first reason counts, and none does after the main process has ended by itself.
  void Kill(const std::string& reason);

 private:
  enum class Phase : std::uint8_t { kBuilding, kRunning, kDying, kRemoving };

  [[nodiscard]] Status Launch();
  [[nodiscard]] Status WatchInit();
  void OnReport();
  void OnStatus();
  void OnInitGone();

  void MarkStarted();
  void WatchCpuTime();
  void Fail(const std::string& step, int index, int code, const std::string& hint);
  void FailAtStep(int index, int code);

  void Bury();
  void TakeCounters();
  void RemoveLeaf(std::uint64_t retry_ms);
  void Finish();
  [[nodiscard]] EndedMessage Ending() const;

  SandboxWorld& world_;
  const StartMessage request_;
  std::vector<UniqueFd> stdio_;
  std::optional<SandboxPlan> plan_;
  std::unique_ptr<LeafCgroup> leaf_;
  InitProcess init_;

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

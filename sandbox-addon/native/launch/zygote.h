// A process that is copied, from its start to its end, and the copies of it that stand ready.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "cgroup/cgroup.h"
#include "launch/event_loop.h"
#include "launch/plan.h"
#include "launch/root_template.h"
#include "zygote/messages.h"

namespace mayfly {

// The step by which a failed copy is told from a failed set-up.
constexpr const char* kZygoteStep = "zygote";

class Zygote {
 public:
  struct Events {
    std::function<void(pid_t pid)> on_ready;
    std::function<void(std::uint64_t copy, int code)> on_copy_failed;
    // It is dead. `was_ready` tells whether it ever could fork.
    std::function<void(bool was_ready, Error why)> on_gone;
  };

  Zygote(EventLoop& loop, CgroupTree& cgroups, OpenZygoteMessage request, std::unique_ptr<RootTemplate> root,
         Events events)
      : loop_(loop),
        cgroups_(cgroups),
        request_(std::move(request)),
        root_(std::move(root)),
        events_(std::move(events)) {}
  ~Zygote();
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;

  [[nodiscard]] Status Start(const PlanSettings& settings);
  [[nodiscard]] Result<SandboxPlan> PlanCopy(const PlanSettings& settings, HostUser user,
                                             const std::string& filter) const;
  [[nodiscard]] Status Ask(const zygote::CopyMessage& message, const std::vector<int>& fds) const;
  void Kill();

  [[nodiscard]] const OpenZygoteMessage& request() const { return request_; }
  [[nodiscard]] bool can_fork() const { return is_ready_ && !is_ending_; }

  // Copies that have no call yet, by their ids. The first that was parked is the first to go.
  std::vector<std::uint64_t> parked;
  // One on its way to them, or 0.
  std::uint64_t preparing = 0;
  std::uint32_t wanted = 0;

 private:
  [[nodiscard]] Status Launch();
  void OnReadable();
  void OnGone();
  void RemoveLeaf(int tries_left);

  EventLoop& loop_;
  CgroupTree& cgroups_;
  const OpenZygoteMessage request_;
  const std::unique_ptr<RootTemplate> root_;
  const Events events_;
  std::optional<SandboxPlan> plan_;
  std::unique_ptr<LeafCgroup> leaf_;
  UniqueFd pidfd_;
  UniqueFd socket_;
  pid_t pid_ = 0;
  bool is_ready_ = false;
  bool is_ending_ = false;
  Error why_ = {"zygote", "", ECHILD, "it has ended"};
  EventLoop::TimerId patience_;
  EventLoop::TimerId removal_;
};

}  // namespace mayfly

// The process between a worker and its sandboxes. It owns all that is privileged, and holds every clock, so that neither
// a busy event loop nor the death of the worker can keep a sandbox alive.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/socket.h"
#include "base/unique_fd.h"
#include "cgroup/cgroup.h"
#include "launch/event_loop.h"
#include "launch/plan.h"
#include "launch/protocol.h"
#include "launch/sandbox.h"
#include "launch/snapshot.h"
#include "launch/trees.h"
#include "launch/zygote.h"

namespace mayfly {

class Launcher {
 public:
  // `host`: whether the host's mounts could be left; if not, every request is answered with the reason.
  Launcher(UniqueFd socket, Result<Privilege> host) : socket_(std::move(socket)), host_(std::move(host)) {}

  // Until the worker asks for the end, or has ended itself; either way nothing of ours is left then.
  [[nodiscard]] Status Run();

 private:
  // Sandboxes that run at the same time have different host users, for the kernel counts pipes, watches and the like by
  // user: what one of them uses up is missing to no other.
  struct Resident {
    std::uint32_t user_offset = 0;
    std::unique_ptr<Sandbox> sandbox;
    // Where it is a copy: of which zygote, and its number among all copies.
    std::uint64_t zygote = 0;
    std::uint64_t copy = 0;
    // Where it is of a snapshot: which sandbox that is in.
    std::uint64_t snapshot = 0;
  };
  // A copy without a caller goes by a number that no caller uses.
  static constexpr std::uint64_t kFirstCopy = 1ULL << 62;
  using ZygotePointer = std::shared_ptr<Zygote>;

  void OnReadable();
  void Dispatch(Packet packet);

  void Handle(const ProbeMessage& message, Packet& packet);
  void Handle(const OpenMessage& message, Packet& packet);
  void Handle(const LoadTreeMessage& message, Packet& packet);
  void Handle(const DropTreeMessage& message, Packet& packet);
  void Handle(const StartMessage& message, Packet& packet);
  void Handle(const OpenZygoteMessage& message, Packet& packet);
  void Handle(const ParkMessage& message, Packet& packet);
  void Handle(const CloseZygoteMessage& message, Packet& packet);
  void Handle(const ForkMessage& message, Packet& packet);
  void Handle(const OpenSnapshotMessage& message, Packet& packet);
  void Handle(const ServeSnapshotMessage& message, Packet& packet);
  void Handle(const KillMessage& message, Packet& packet);
  void Handle(const CloseMessage& message, Packet& packet);

  [[nodiscard]] Status Open(const OpenMessage& message);
  [[nodiscard]] Resident& MoveIn(std::uint64_t id, std::string leaf);
  [[nodiscard]] SandboxPlan::MountTree MountTree() const;
  [[nodiscard]] const std::string& Filter(const std::string& name) const;

  // launcher_zygotes.cc
  [[nodiscard]] ZygotePointer FindZygote(std::uint64_t id) const;
  void PrepareCopy(const ZygotePointer& zygote, std::uint64_t id, std::optional<CopyCall> call);
  void DropDead(std::vector<std::uint64_t>& waiting) const;
  void HandToParked(Zygote& zygote, CopyCall call);
  [[nodiscard]] std::size_t CallsAtWork() const;
  void TakeInParked(std::uint64_t zygote, std::uint64_t id);
  void DismissParked(Zygote& zygote);
  void Refill(std::uint64_t zygote);
  void RefillSoon(std::uint64_t zygote);
  void FailCopy(std::uint64_t copy, int code);
  void ForgetCopy(std::uint64_t id, const Resident& resident);
  void BuryZygote(std::uint64_t id, bool was_ready, const Error& why);

  [[nodiscard]] Result<CopyCall> TakeIn(const ForkMessage& message, Packet& packet) const;

  // launcher_snapshots.cc
  void TakePosition(std::uint64_t snapshot);
  void TakeInPosition(std::uint64_t snapshot, std::uint64_t id);
  void CopySnapshot(const ForkMessage& message, Packet& packet);
  void CloseSnapshot(std::uint64_t id);
  void ForgetPosition(std::uint64_t id, std::uint64_t snapshot);
  void DismissPositions(std::uint64_t snapshot);
  void BuryIfAlone(std::uint64_t snapshot);
  void WakeSome(std::uint64_t snapshot);
  void CheckIdle(std::uint64_t snapshot);

  [[nodiscard]] std::uint32_t FreeUserOffset() const;
  [[nodiscard]] HostUser UserAt(std::uint32_t offset) const;
  void Answer(std::uint64_t id, const Status& status);
  void Send(std::string message);
  void Flush();

  void BeginClose();
  void Forget(std::uint64_t id);
  void CompleteIfEmpty();
  void CompleteClose();

  UniqueFd socket_;
  Result<Privilege> host_;
  EventLoop loop_;
  PlanSettings settings_;
  HostUser first_user_;
  std::map<std::string, std::string> filters_;
  std::unique_ptr<CgroupTree> cgroups_;
  HostView view_;
  std::unique_ptr<Trees> trees_;
  std::unique_ptr<SandboxWorld> world_;
  std::map<std::uint64_t, Resident> sandboxes_;
  std::map<std::uint64_t, ZygotePointer> zygotes_;
  std::map<std::uint64_t, Snapshot> snapshots_;
  std::uint64_t next_copy_ = 1;
  LeakedMessage leaked_;
  // Messages that the socket had no room for.
  std::vector<std::string> unsent_;
  bool closing_ = false;
};

}  // namespace mayfly

// The launcher's snapshots, and the places of their copies.
#include <algorithm>
#include <cerrno>

#include "launch/launcher.h"

namespace mayfly {
namespace {

// So many copies stand ready for their call.
constexpr std::size_t kAwake = 4;
constexpr std::uint64_t kWakeDelayMs = 1;
// Who only waits uses nothing; to fork and to settle takes a copy some milliseconds, and the snapshot as much for each.
constexpr std::uint64_t kIdleCheckMs = 2'000;
constexpr std::uint64_t kMostOfPositionUs = 500'000;
constexpr std::uint64_t kMostOfSnapshotUs = 5'000'000;

}  // namespace

void Launcher::Handle(const OpenSnapshotMessage& message, Packet& packet) {
  if (closing_) return Answer(message.id, Error{"start", "", ESHUTDOWN, "the launcher is closing"});
  const ZygotePointer zygote = FindZygote(message.zygote);
  if (zygote == nullptr || !zygote->can_fork()) {
    return Answer(message.id, Error{kZygoteStep, "", ECHILD, "the zygote has ended"});
  }
  Result<CopyCall> call = TakeIn(message, packet);
  if (!call) return Answer(message.id, call.error());
  const std::uint64_t id = message.id;
  const std::uint64_t copy = next_copy_++;
  Resident& resident = MoveIn(id, "snapshot-" + std::to_string(copy));
  resident.copy = copy;
  snapshots_[id] = {.zygote = zygote,
                    .wanted = message.positions,
                    .cgroup_writes = message.cgroup_writes,
                    .rlimits = message.rlimits};
  const HostUser user = UserAt(resident.user_offset);
  resident.sandbox->TakeCall(std::move(call.value()));
  resident.sandbox->Prepare(
      zygote->PlanCopy(settings_, user, Filter(zygote->request().filter)),
      {.ask = [zygote](const auto& order, const auto& fds) { return zygote->Ask(order, fds); },
       .order = zygote::Order::kSnapshot,
       .on_copied = [this, id] { TakePosition(id); },
       .on_exited = [this, id] { CloseSnapshot(id); }},
      user, copy, [] {});
}

void Launcher::Handle(const ServeSnapshotMessage& message, Packet& /*packet*/) {
  const auto found = sandboxes_.find(message.id);
  if (found == sandboxes_.end() || !snapshots_.contains(message.id)) return;
  found->second.sandbox->StopClocks();
  snapshots_[message.id].served_at_us = found->second.sandbox->CpuUsageUs();
  WakeSome(message.id);
  CheckIdle(message.id);
}

void Launcher::WakeSome(std::uint64_t snapshot_id) {
  const auto known = snapshots_.find(snapshot_id);
  if (known == snapshots_.end() || known->second.is_closing) return;
  const std::vector<std::uint64_t> positions = known->second.positions;
  for (std::size_t i = 0; i < std::min(kAwake, positions.size()); i++) {
    // One that cannot be woken says so when its call comes.
    (void)sandboxes_.at(positions[i]).sandbox->Wake();
  }
}

// No clock of a call counts for who waits, and the function's code may be what runs there: it ends with its snapshot.
void Launcher::CheckIdle(std::uint64_t snapshot_id) {
  const auto known = snapshots_.find(snapshot_id);
  const auto found = sandboxes_.find(snapshot_id);
  if (known == snapshots_.end() || found == sandboxes_.end()) return;
  const bool has_run =
      found->second.sandbox->CpuUsageUs() > known->second.served_at_us + kMostOfSnapshotUs ||
      std::ranges::any_of(known->second.positions, [this](std::uint64_t id) {
        return sandboxes_.at(id).sandbox->CpuUsageUs() > kMostOfPositionUs;
      });
  if (has_run) {
    CloseSnapshot(snapshot_id);
    return found->second.sandbox->Kill("cpuTimeExceeded");
  }
  loop_.After(kIdleCheckMs, [this, snapshot_id] { CheckIdle(snapshot_id); });
}

// One after the other; after the last it goes behind its own walls.
void Launcher::TakePosition(std::uint64_t snapshot_id) {
  const auto found = sandboxes_.find(snapshot_id);
  const auto known = snapshots_.find(snapshot_id);
  if (found == sandboxes_.end() || known == snapshots_.end() || known->second.has_entered) return;
  Snapshot& snapshot = known->second;
  Sandbox* const sandbox = found->second.sandbox.get();
  if (closing_ || snapshot.is_closing || snapshot.positions.size() >= snapshot.wanted) {
    zygote::CopyMessage enter;
    enter.order = static_cast<std::uint8_t>(zygote::Order::kEnter);
    snapshot.has_entered = true;
    if (!sandbox->Ask(enter, {})) sandbox->FailCopy(ECHILD);
    return;
  }
  const std::uint64_t copy = next_copy_++;
  const std::uint64_t id = kFirstCopy + copy;
  snapshot.preparing = id;
  Resident& resident = MoveIn(id, "copy-" + std::to_string(copy));
  resident.copy = copy;
  resident.snapshot = snapshot_id;
  const HostUser user = UserAt(resident.user_offset);
  resident.sandbox->Prepare(
      snapshot.zygote->PlanCopy(settings_, user, Filter(snapshot.zygote->request().filter)),
      {.ask =
           [this, snapshot_id](const auto& order, const auto& fds) -> Status {
             const auto there = sandboxes_.find(snapshot_id);
             if (there == sandboxes_.end()) return Error{kZygoteStep, "", ECHILD, "the snapshot has ended"};
             return there->second.sandbox->Ask(order, fds);
           },
       .order = zygote::Order::kPosition,
       .pid_namespace = sandbox->pid_namespace(),
       .cgroup_writes = snapshot.cgroup_writes,
       .rlimits = snapshot.rlimits},
      user, copy, [this, snapshot_id, id] { TakeInPosition(snapshot_id, id); });
}

void Launcher::TakeInPosition(std::uint64_t snapshot_id, std::uint64_t id) {
  const auto known = snapshots_.find(snapshot_id);
  if (known == snapshots_.end()) return;
  known->second.preparing = 0;
  known->second.positions.push_back(id);
  TakePosition(snapshot_id);
}

void Launcher::CopySnapshot(const ForkMessage& message, Packet& packet) {
  Snapshot& snapshot = snapshots_[message.zygote];
  DropDead(snapshot.positions);
  if (snapshot.positions.empty() || snapshot.is_closing) {
    return Answer(message.id, Error{kZygoteStep, "", ECHILD, "the snapshot has no place left for a copy"});
  }
  Result<CopyCall> call = TakeIn(message, packet);
  if (!call) return Answer(message.id, call.error());
  auto resident = sandboxes_.extract(snapshot.positions.front());
  snapshot.positions.erase(snapshot.positions.begin());
  resident.key() = message.id;
  sandboxes_.insert(std::move(resident)).position->second.sandbox->TakeCall(std::move(call.value()));
  loop_.After(kWakeDelayMs, [this, id = message.zygote] { WakeSome(id); });
}

void Launcher::CloseSnapshot(std::uint64_t id) {
  const auto known = snapshots_.find(id);
  if (known == snapshots_.end()) return;
  known->second.is_closing = true;
  DismissPositions(id);
  BuryIfAlone(id);
}

void Launcher::DismissPositions(std::uint64_t snapshot_id) {
  std::vector<std::uint64_t> dismissed;
  dismissed.swap(snapshots_[snapshot_id].positions);
  for (const std::uint64_t id : dismissed) sandboxes_.at(id).sandbox->Kill("workerStopping");
}

// One that failed before its snapshot had entered is the last that was tried.
void Launcher::ForgetPosition(std::uint64_t id, std::uint64_t snapshot_id) {
  const auto known = snapshots_.find(snapshot_id);
  if (known == snapshots_.end()) return;
  Snapshot& snapshot = known->second;
  std::erase(snapshot.positions, id);
  if (snapshot.preparing == id) {
    snapshot.preparing = 0;
    snapshot.wanted = 0;
    TakePosition(snapshot_id);
  }
  // It is still among the residents.
  loop_.After(0, [this, snapshot_id] { BuryIfAlone(snapshot_id); });
}

void Launcher::BuryIfAlone(std::uint64_t snapshot_id) {
  const auto known = snapshots_.find(snapshot_id);
  if (known == snapshots_.end() || !known->second.is_closing) return;
  const bool has_copies = std::ranges::any_of(
      sandboxes_, [&](const auto& one) { return one.second.snapshot == snapshot_id; });
  if (!has_copies) sandboxes_.at(snapshot_id).sandbox->Kill("settled");
}

}  // namespace mayfly

// The launcher's zygotes, and the copies that stand ready.
#include <algorithm>
#include <cerrno>
#include <iterator>

#include "launch/launcher.h"
#include "launch/limit_writes.h"

namespace mayfly {
namespace {

constexpr std::uint64_t kRefillDelayMs = 1;

CopyWay WayOf(const std::shared_ptr<Zygote>& zygote) {
  return {.ask = [zygote](const auto& message, const auto& fds) { return zygote->Ask(message, fds); }};
}

}  // namespace

void Launcher::Handle(const OpenZygoteMessage& message, Packet& /*packet*/) {
  if (closing_) return Answer(message.id, Error{"start", "", ESHUTDOWN, "the launcher is closing"});
  const std::uint64_t id = message.id;
  Result<std::unique_ptr<RootTemplate>> root = RootTemplate::Build(message.root, settings_.store, view_, MountTree());
  if (!root) return Answer(id, root.error());
  const auto zygote = std::make_shared<Zygote>(
      loop_, *cgroups_, message, std::move(root.value()),
      Zygote::Events{.on_ready = [this, id](pid_t pid) { Send(Encode(ZygoteReadyMessage{.id = id, .pid = pid})); },
                     .on_copy_failed = [this](std::uint64_t copy, int code) { FailCopy(copy, code); },
                     .on_gone = [this, id](bool was_ready, const Error& why) { BuryZygote(id, was_ready, why); }});
  if (Status started = zygote->Start(settings_); !started) {
    return Answer(id, started);
  }
  zygotes_[id] = zygote;
}

Launcher::ZygotePointer Launcher::FindZygote(std::uint64_t id) const {
  const auto found = zygotes_.find(id);
  return found == zygotes_.end() ? nullptr : found->second;
}

void Launcher::Handle(const ParkMessage& message, Packet& /*packet*/) {
  const ZygotePointer zygote = FindZygote(message.zygote);
  if (zygote == nullptr) return;
  zygote->wanted = message.count;
  while (zygote->parked.size() > zygote->wanted) DismissParked(*zygote);
  Refill(message.zygote);
}

void Launcher::Handle(const CloseZygoteMessage& message, Packet& /*packet*/) {
  if (snapshots_.contains(message.zygote)) return CloseSnapshot(message.zygote);
  const ZygotePointer zygote = FindZygote(message.zygote);
  if (zygote == nullptr) return;
  zygote->wanted = 0;
  while (!zygote->parked.empty()) DismissParked(*zygote);
  zygote->Kill();
}

void Launcher::Handle(const ForkMessage& message, Packet& packet) {
  if (closing_) return Answer(message.id, Error{"start", "", ESHUTDOWN, "the launcher is closing"});
  if (snapshots_.contains(message.zygote)) return CopySnapshot(message, packet);
  const ZygotePointer zygote = FindZygote(message.zygote);
  if (zygote == nullptr || !zygote->can_fork()) {
    return Answer(message.id, Error{kZygoteStep, "", ECHILD, "the zygote has ended"});
  }
  Result<CopyCall> taken = TakeIn(message, packet);
  if (!taken) return Answer(message.id, taken.error());
  CopyCall& call = taken.value();
  DropDead(zygote->parked);
  if (zygote->parked.empty() || !cgroups_->CanLimitLater(ToLimitWrites(message.cgroup_writes))) {
    PrepareCopy(zygote, message.id, std::move(call));
  } else {
    HandToParked(*zygote, std::move(call));
  }
  RefillSoon(message.zygote);
}

Result<CopyCall> Launcher::TakeIn(const ForkMessage& message, Packet& packet) const {
  CopyCall call = {message, std::move(packet.fds), {}};
  for (const AttachmentMessage& one : message.attach) {
    Result<UniqueFd> mount = trees_->Mount(one.tree);
    if (!mount) return mount.error();
    call.mounts.push_back(std::move(mount.value()));
  }
  return call;
}

// Those that have ended and are still to be forgotten: a call must not be given to them.
void Launcher::DropDead(std::vector<std::uint64_t>& waiting) const {
  std::erase_if(waiting, [this](std::uint64_t id) {
    const auto found = sandboxes_.find(id);
    return found == sandboxes_.end() || !found->second.sandbox->CanTakeCall();
  });
}

// From now on it goes by its caller's number.
void Launcher::HandToParked(Zygote& zygote, CopyCall call) {
  auto resident = sandboxes_.extract(zygote.parked.front());
  zygote.parked.erase(zygote.parked.begin());
  resident.key() = call.message.id;
  sandboxes_.insert(std::move(resident)).position->second.sandbox->TakeCall(std::move(call));
}

void Launcher::PrepareCopy(const ZygotePointer& zygote, std::uint64_t id, std::optional<CopyCall> call) {
  const std::uint64_t copy = next_copy_++;
  const OpenZygoteMessage& request = zygote->request();
  Resident& resident = MoveIn(id, "copy-" + std::to_string(copy));
  resident.zygote = request.id;
  resident.copy = copy;
  const HostUser user = UserAt(resident.user_offset);
  if (CallsAtWork() > 1) resident.sandbox->Hurry();
  if (call.has_value()) resident.sandbox->TakeCall(std::move(*call));
  resident.sandbox->Prepare(zygote->PlanCopy(settings_, user, Filter(request.filter)), WayOf(zygote), user, copy,
                            [this, id, zygote_id = request.id] { TakeInParked(zygote_id, id); });
}

// Copies without a caller have the highest numbers.
std::size_t Launcher::CallsAtWork() const {
  return static_cast<std::size_t>(std::distance(sandboxes_.begin(), sandboxes_.lower_bound(kFirstCopy)));
}

void Launcher::TakeInParked(std::uint64_t zygote_id, std::uint64_t id) {
  const ZygotePointer zygote = FindZygote(zygote_id);
  if (zygote == nullptr) return;
  zygote->preparing = 0;
  zygote->parked.push_back(id);
  if (zygote->parked.size() > zygote->wanted) DismissParked(*zygote);
  RefillSoon(zygote_id);
}

void Launcher::DismissParked(Zygote& zygote) {
  const auto found = sandboxes_.find(zygote.parked.back());
  zygote.parked.pop_back();
  if (found != sandboxes_.end()) found->second.sandbox->Kill("workerStopping");
}

// One at a time, and after the calls that are waited for.
void Launcher::RefillSoon(std::uint64_t zygote_id) {
  loop_.After(kRefillDelayMs, [this, zygote_id] { Refill(zygote_id); });
}

void Launcher::Refill(std::uint64_t zygote_id) {
  const ZygotePointer zygote = FindZygote(zygote_id);
  if (zygote == nullptr || closing_ || !zygote->can_fork()) return;
  if (zygote->preparing != 0 || zygote->parked.size() >= zygote->wanted) return;
  zygote->preparing = kFirstCopy + next_copy_;
  PrepareCopy(zygote, zygote->preparing, std::nullopt);
}

void Launcher::FailCopy(std::uint64_t copy, int code) {
  for (const auto& [id, resident] : sandboxes_) {
    if (resident.copy == copy) return resident.sandbox->FailCopy(code);
  }
}

// One that ended before it had a call is not made again at once: what made it fail may last. The next call tries.
void Launcher::ForgetCopy(std::uint64_t id, const Resident& resident) {
  if (resident.snapshot != 0) ForgetPosition(id, resident.snapshot);
  if (snapshots_.erase(id) > 0) Send(Encode(ZygoteEndedMessage{.id = id, .reason = "the snapshot has ended"}));
  const ZygotePointer zygote = FindZygote(resident.zygote);
  if (zygote == nullptr) return;
  if (zygote->preparing == id) zygote->preparing = 0;
  std::erase(zygote->parked, id);
}

void Launcher::BuryZygote(std::uint64_t id, bool was_ready, const Error& why) {
  loop_.After(0, [this, id, was_ready, why] {
    const ZygotePointer zygote = FindZygote(id);
    if (zygote == nullptr) return;
    while (!zygote->parked.empty()) DismissParked(*zygote);
    zygotes_.erase(id);
    if (was_ready) {
      Send(Encode(ZygoteEndedMessage{.id = id, .reason = why.hint}));
    } else {
      Answer(id, why);
    }
    CompleteIfEmpty();
  });
}

}  // namespace mayfly

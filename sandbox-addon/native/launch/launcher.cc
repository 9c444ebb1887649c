#include "launch/launcher.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include "launch/capabilities.h"

namespace mayfly {
namespace {

constexpr int kReapPatienceMs = 3'000;
constexpr int kClosePatienceMs = 5'000;
constexpr std::uint64_t kFlushRetryMs = 1;

std::vector<MissingMessage> ToMessages(const std::vector<MissingController>& missing) {
  std::vector<MissingMessage> messages;
  messages.reserve(missing.size());
  for (const MissingController& one : missing) messages.push_back({.name = one.controller, .reason = one.reason});
  return messages;
}

std::uint64_t AvailableNamespaces(const std::vector<MissingMessage>& missing) {
  std::uint64_t available = 0;
  for (const NamespaceKind& kind : NamespaceKinds()) {
    const bool is_missing = std::ranges::any_of(missing, [&](const auto& one) { return one.name == kind.name; });
    if (!is_missing) available |= kind.flag;
  }
  return available;
}

}  // namespace

Status Launcher::Run() {
  if (Status opened = loop_.Open(); !opened) return opened;
  if (Status watched = loop_.Watch(socket_.get(), [this] { OnReadable(); }); !watched) return watched;
  loop_.Run();
  return Success();
}

void Launcher::OnReadable() {
  Packet packet;
  switch (ReceivePacket(socket_.get(), packet)) {
    case Received::kNothingYet:
      return;
    case Received::kClosed:
      loop_.Unwatch(socket_.get());
      return BeginClose();
    case Received::kPacket:
      return Dispatch(std::move(packet));
  }
}

void Launcher::Dispatch(Packet packet) {
  if (packet.bytes.empty()) return;
  const auto kind = static_cast<MessageKind>(packet.bytes.front());
  WireReader reader(std::string_view(packet.bytes).substr(1));
  switch (kind) {
#define MAYFLY_DISPATCH(Kind, name)                       \
  case MessageKind::k##Kind: {                            \
    Kind##Message message;                                \
    Kind##Message::Visit(message, reader);                \
    if (reader.ok()) Handle(std::move(message), packet);  \
    return;                                               \
  }
    MAYFLY_REQUESTS(MAYFLY_DISPATCH)
#undef MAYFLY_DISPATCH
    default:
      return;
  }
}

void Launcher::Handle(const ProbeMessage& /*message*/, Packet& /*packet*/) {
  if (!host_) return Answer(0, host_.error());
  Send(Encode(ProbedMessage{.missing_namespaces = FindMissingNamespaces(), .missing_seccomp = FindMissingSeccomp()}));
}

void Launcher::Handle(const OpenMessage& message, Packet& /*packet*/) {
  if (Status opened = Open(message); !opened) return Answer(0, opened);
  Send(Encode(OpenedMessage{.cgroup_mode = std::string(ToString(cgroups_->mode())),
                            .missing_controllers = ToMessages(cgroups_->missing())}));
}

Status Launcher::Open(const OpenMessage& message) {
  if (!host_) return host_.error();
  settings_.privilege = host_.value();
  settings_.namespaces = AvailableNamespaces(FindMissingNamespaces());
  first_user_ = {message.host_uid, message.host_gid};
  for (const FilterMessage& filter : message.filters) filters_[filter.name] = filter.program;

  const Result<CgroupLayout> layout = DetectCgroups(message.cgroup_mode);
  if (!layout) return layout.error();
  const CgroupTreeOptions options = {.parent = message.cgroup_parent,
                                     .worker_id = message.worker_id,
                                     .allow_without = message.allow_without};
  Result<std::unique_ptr<CgroupTree>> tree = CgroupTree::Open(layout.value(), options);
  if (!tree) return tree.error();
  cgroups_ = std::move(tree.value());
  leaked_.cgroups += static_cast<std::uint64_t>(cgroups_->ReapLeftovers(kReapPatienceMs));

  Result<Store> store = CreateStore();
  if (!store) return store.error();
  settings_.store = std::move(store.value());
  Result<HostView> view = HostView::Open();
  if (!view) return view.error();
  view_ = std::move(view.value());
  trees_ = std::make_unique<Trees>(loop_, view_, settings_.store.directory);
  world_ = std::make_unique<SandboxWorld>(
      SandboxWorld{.loop = loop_,
                   .cgroups = *cgroups_,
                   .debug_hold_ms = message.debug_hold_ms,
                   .leaked = leaked_,
                   .send = [this](std::string bytes) { Send(std::move(bytes)); },
                   .forget = [this](std::uint64_t id) { Forget(id); }});
  return Success();
}

void Launcher::Handle(const LoadTreeMessage& message, Packet& /*packet*/) {
  trees_->Load(message.name, message.path, [this, id = message.id](const Status& status) { Answer(id, status); });
}

void Launcher::Handle(const DropTreeMessage& message, Packet& /*packet*/) {
  Answer(message.id, trees_->Drop(message.name));
}

void Launcher::Handle(const StartMessage& message, Packet& packet) {
  if (closing_) return Answer(message.id, Error{"start", "", ESHUTDOWN, "the launcher is closing"});
  Resident& resident = MoveIn(message.id, "call-" + std::to_string(message.id));
  resident.sandbox->Start(
      SandboxPlan::ForExec(message, settings_, UserAt(resident.user_offset), MountTree(), Filter(message.filter)), message,
      std::move(packet.fds));
}

Launcher::Resident& Launcher::MoveIn(std::uint64_t id, std::string leaf) {
  const std::uint32_t user_offset = FreeUserOffset();
  Resident& resident = sandboxes_[id];
  resident = {user_offset, std::make_unique<Sandbox>(*world_, id, std::move(leaf))};
  return resident;
}

SandboxPlan::MountTree Launcher::MountTree() const {
  return [this](const std::string& name) { return trees_->Mount(name); };
}

const std::string& Launcher::Filter(const std::string& name) const {
  static const std::string none;
  const auto filter = filters_.find(name);
  return filter == filters_.end() ? none : filter->second;
}

std::uint32_t Launcher::FreeUserOffset() const {
  std::set<std::uint32_t> taken;
  for (const auto& [id, resident] : sandboxes_) taken.insert(resident.user_offset);
  std::uint32_t offset = 0;
  while (taken.contains(offset)) offset++;
  return offset;
}

// Without root there is one user only, which the launcher's own user namespace calls 0.
HostUser Launcher::UserAt(std::uint32_t offset) const {
  if (host_.value() == Privilege::kRootless) return {};
  return {first_user_.uid + offset, first_user_.gid + offset};
}

void Launcher::Handle(const KillMessage& message, Packet& /*packet*/) {
  const auto found = sandboxes_.find(message.id);
  if (found != sandboxes_.end()) found->second.sandbox->Kill(message.reason);
}

void Launcher::Handle(const CloseMessage& /*message*/, Packet& /*packet*/) { BeginClose(); }

void Launcher::Answer(std::uint64_t id, const Status& status) {
  if (status) return Send(Encode(DoneMessage{.id = id}));
  const Error& error = status.error();
  Send(Encode(FailedMessage{.id = id,
                            .step = error.path.empty() ? error.what : error.what + " " + error.path,
                            .error = error.code,
                            .hint = error.hint}));
}

void Launcher::Send(std::string message) {
  unsent_.push_back(std::move(message));
  if (unsent_.size() == 1) Flush();
}

// A worker that does not read is behind by thousands of messages; they wait here, and nothing else does.
void Launcher::Flush() {
  std::size_t sent = 0;
  while (sent < unsent_.size()) {
    const Status status = SendPacket(socket_.get(), unsent_[sent], {});
    if (!status && status.error().code == EAGAIN) {
      loop_.After(kFlushRetryMs, [this] { Flush(); });
      break;
    }
    sent++;
  }
  unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
}

void Launcher::Forget(std::uint64_t id) {
  loop_.After(0, [this, id] {
    const auto found = sandboxes_.find(id);
    if (found == sandboxes_.end()) return;
    ForgetCopy(id, found->second);
    sandboxes_.erase(found);
    CompleteIfEmpty();
  });
}

void Launcher::CompleteIfEmpty() {
  if (closing_ && sandboxes_.empty() && zygotes_.empty()) CompleteClose();
}

void Launcher::BeginClose() {
  if (closing_) return;
  closing_ = true;
  for (const auto& [id, resident] : sandboxes_) resident.sandbox->Kill("workerStopping");
  for (const auto& [id, zygote] : zygotes_) zygote->Kill();
  if (sandboxes_.empty() && zygotes_.empty()) return CompleteClose();
  // What does not die holds up the end no longer than this; removing the cgroups is tried in any case.
  loop_.After(kClosePatienceMs, [this] { CompleteClose(); });
}

void Launcher::CompleteClose() {
  if (cgroups_ != nullptr) leaked_.cgroups += static_cast<std::uint64_t>(cgroups_->Close(kClosePatienceMs));
  Send(Encode(ClosedMessage{.leaked = leaked_}));
  loop_.Stop();
}

}  // namespace mayfly

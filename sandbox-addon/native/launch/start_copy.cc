// A main process that is a copy of a zygote: it stands behind its walls before it knows its call.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "launch/limit_writes.h"
#include "launch/rlimits.h"
#include "launch/sandbox.h"
#include "zygote/messages.h"

namespace mayfly {
namespace {

constexpr std::uint64_t kHandOverPatienceMs = 10'000;
// kCopied or kParked, then kEntered or kEntryFailed; and one to spare.
constexpr int kMostReports = 4;

// Who takes a position makes its copy's time namespace itself, and has no right to set it.
void StartBoottime(pid_t holder) {
  const std::string path = "/proc/" + std::to_string(holder) + "/timens_offsets";
  const UniqueFd offsets(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!offsets.valid()) return;
  const std::string offset = BoottimeOffset();
  (void)!write(offsets.get(), offset.data(), offset.size());
}

zygote::StepMessage ToMessage(const Step& step) {
  zygote::StepMessage message = {.kind = static_cast<std::uint8_t>(step.kind),
                                 .optional = step.optional,
                                 .slot = step.slot,
                                 .target = step.target == nullptr ? "" : step.target,
                                 .content = {},
                                 .value = step.value,
                                 .other = step.other};
  if (step.text != nullptr) message.content = step.text;
  if (step.data != nullptr) message.content.assign(static_cast<const char*>(step.data), step.size);
  return message;
}

// The name is kept short enough by the addon.
template <std::size_t kSize>
void Copy(const std::string& text, char (&to)[kSize]) {
  std::memcpy(to, text.data(), std::min(text.size(), kSize - 1));
}

}  // namespace

void Sandbox::Prepare(Result<SandboxPlan> plan, CopyWay way, HostUser user, std::uint64_t number,
                      std::function<void()> on_parked) {
  way_ = std::move(way);
  user_ = user;
  number_ = number;
  on_parked_ = std::move(on_parked);
  if (!plan) return Attempt(plan.error());
  plan_ = std::move(plan.value());
  Attempt(LaunchCopy());
}

Status Sandbox::LaunchCopy() {
  if (Status begun = BeginInit(); !begun) return begun;
  init_.status.Reset();
  // A copy that is made for its call has its limits from the start.
  limits_are_set_ = call_.has_value() || way_.order == zygote::Order::kPosition;
  if (Status made = MakeLeaf(call_.has_value() ? call_->message.cgroup_writes : way_.cgroup_writes); !made) return made;
  Result<SocketPair> sockets = CreateSocketPair();
  if (!sockets) return sockets.error();
  copy_ = std::move(sockets.value().ours);
  copys_socket_ = std::move(sockets.value().theirs);
  RefuseDescriptors(copy_.get());
  const int on = 1;
  if (setsockopt(copy_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
    return Error{"setsockopt", "SO_PASSCRED", errno, ""};
  }
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) return Error{"pipe", "", errno, ""};
  copys_ready_.Reset(ready[0]);
  ready_.Reset(ready[1]);
  return world_.loop.Watch(copy_.get(), [this] { OnCopyReport(); });
}

// The root is complete.
Status Sandbox::AskForCopy(const std::vector<UniqueFd>& namespaces) {
  if (namespaces.size() != kInitNamespaceCount) return Error{"open namespaces", "", ENOENT, "mount procfs at /proc"};
  zygote::CopyMessage message;
  message.id = number_;
  message.is_hurried = is_hurried_ || call_.has_value();
  message.order = static_cast<std::uint8_t>(way_.order);
  message.has_clone_into = leaf_->clone_into_fd() >= 0;
  for (const Step& step : plan_->entry()) message.steps.push_back(ToMessage(step));
  for (const RlimitMessage& limit : way_.rlimits) {
    const std::optional<Rlimit> allowed = AllowedRlimit(limit);
    if (!allowed.has_value()) continue;
    message.steps.push_back(ToMessage({.kind = StepKind::kSetLimit, .slot = allowed->resource,
                                       .target = limit.name.c_str(), .value = allowed->soft,
                                       .other = allowed->hard}));
  }
  std::vector<int> fds;
  fds.reserve(zygote::kFixedCopyDescriptors + kMaxJoins + 1);
  for (const UniqueFd& one : namespaces) fds.push_back(one.get());
  fds.push_back(copys_socket_.get());
  fds.push_back(copys_ready_.get());
  for (const int fd : leaf_->join_fds()) fds.push_back(fd);
  if (message.has_clone_into) fds.push_back(leaf_->clone_into_fd());
  if (Status asked = way_.ask(message, fds); !asked) return asked;
  if (way_.order == zygote::Order::kSnapshot) pid_namespace_.Reset(fcntl(fds[kPidSlot], F_DUPFD_CLOEXEC, 0));
  // From here on the end of the zygote is the end of this socket, too.
  copys_socket_.Reset();
  copys_ready_.Reset();
  leaf_->CloseJoinFds();
  return Success();
}

void Sandbox::OnCopyReport() {
  HeardReport heard;
  Received received = HearReport(copy_, heard);
  for (; received == Received::kPacket; received = HearReport(copy_, heard)) {
    // At a position the code of a function may stand: who does not keep to the few words that there are is ended.
    if (way_.order != zygote::Order::kCopy && ++reports_ > kMostReports) return FailAtStep(-1, EPROTO);
    switch (heard.report.kind) {
      case ReportKind::kCopied:
        if (way_.on_copied) way_.on_copied();
        break;
      case ReportKind::kParked:
        main_pid_ = heard.sender;
        OnParked();
        break;
      case ReportKind::kEntered:
        main_pid_ = heard.sender;
        if (!has_caller_) return FailAtStep(-1, EPROTO);
        MarkStarted();
        if (way_.order != zygote::Order::kCopy) return world_.loop.Unwatch(copy_.get());
        break;
      case ReportKind::kEntryFailed:
        FailAtStep(heard.report.index < 0 ? -1 : plan_->IndexOfEntryStep(heard.report.index), heard.report.code);
        break;
      default:
        break;
    }
  }
  if (received != Received::kClosed) return;
  world_.loop.Unwatch(copy_.get());
  if (started_ns_ == 0) {
    Fail(kZygoteStep, -1, ECHILD, "a copy ended before it had begun");
    Bury();
  }
}

Status Sandbox::Ask(const zygote::CopyMessage& message, const std::vector<int>& fds) const {
  const Status sent = SendPacket(copy_.get(), zygote::Pack(message), fds);
  if (!sent) return Error{kZygoteStep, "", sent.error().code, "the snapshot could not be asked"};
  return sent;
}

Status Sandbox::Wake() {
  if (is_awake_) return Success();
  is_awake_ = true;
  StartBoottime(main_pid_);
  zygote::CopyMessage message;
  message.id = number_;
  message.order = static_cast<std::uint8_t>(zygote::Order::kFork);
  return way_.ask(message, {});
}

std::uint64_t Sandbox::CpuUsageUs() const {
  if (leaf_ == nullptr) return 0;
  const Result<std::uint64_t> used = leaf_->CpuUsageUs();
  return used ? used.value() : 0;
}

void Sandbox::StopClocks() {
  for (const auto& timer : {deadline_, cpu_poll_}) world_.loop.Cancel(timer);
}

void Sandbox::FailCopy(int code) {
  Fail(kZygoteStep, -1, code, "");
  Bury();
}

void Sandbox::OnParked() {
  if (phase_ != Phase::kBuilding) return;
  phase_ = Phase::kParked;
  world_.loop.Cancel(patience_);
  if (call_.has_value()) {
    Attempt(HandOver());
  } else {
    on_parked_();
  }
}

void Sandbox::TakeCall(CopyCall call) {
  call_ = std::move(call);
  has_caller_ = true;
  id_ = call_->message.id;
  requested_ns_ = call_->message.requested_ns;
  timeout_ms_ = call_->message.timeout_ms;
  cpu_time_ms_ = call_->message.cpu_time_ms;
  if (phase_ == Phase::kParked) {
    was_parked_ = true;
    Attempt(HandOver());
  } else if (phase_ != Phase::kBuilding) {
    Fail(kZygoteStep, -1, ECHILD, "a parked copy has ended");
    failure_->id = id_;
  }
}

// The copy takes in its call while the limits are written; it goes on once the init says that the root is complete.
Status Sandbox::HandOver() {
  patience_ = world_.loop.After(kHandOverPatienceMs, [this] { FailAtStep(-1, ETIMEDOUT); });
  if (Status sent = SendCall(); !sent) return sent;
  if (!limits_are_set_) {
    const std::vector<LimitWrite> limits = ToLimitWrites(call_->message.cgroup_writes);
    if (Status limited = world_.cgroups.LimitLater(*leaf_, limits); !limited) return limited;
  }
  if (Status sent = SendAttachments(); !sent) return sent;
  if (way_.order == zygote::Order::kPosition) {
    if (Status awake = Wake(); !awake) return awake;
  }
  // Nobody else shall hold the ends of its pipes.
  call_.reset();
  ready_.Reset();
  return Success();
}

Status Sandbox::SendCall() const {
  zygote::CallMessage call = {.env = call_->message.env, .cwd = call_->message.cwd, .limits = {}};
  for (const RlimitMessage& limit : call_->message.rlimits) {
    const std::optional<Rlimit> allowed = AllowedRlimit(limit);
    if (allowed.has_value()) call.limits.push_back({allowed->resource, allowed->soft, allowed->hard});
  }
  std::vector<int> fds;
  fds.reserve(call_->descriptors.size());
  for (const UniqueFd& fd : call_->descriptors) fds.push_back(fd.get());
  // A pipe belongs to who made it, and opening /dev/stdout again is checked like opening any file.
  for (std::size_t i = 0; i < 3 && i < fds.size(); i++) {
    if (fchown(fds[i], user_.uid, user_.gid) != 0) return Error{"fchown", "stdio", errno, ""};
  }
  return SendPacket(copy_.get(), zygote::Pack(call), fds);
}

Status Sandbox::SendAttachments() {
  const ForkMessage& message = call_->message;
  AttachMessage attach = {};
  if (message.attach.size() > kMaxAttachments) return Error{"attach", "", E2BIG, "a copy is given too many trees"};
  Copy(message.hostname, attach.hostname);
  const ScratchSize scratch = ScratchSizeOf(message.tmpfs_bytes, message.tmpfs_inodes);
  Copy(scratch.bytes, attach.bytes);
  Copy(scratch.inodes, attach.inodes);
  std::vector<int> fds = {ready_.get()};
  for (const AttachmentMessage& one : message.attach) {
    if (one.target.size() >= kMaxTargetBytes) return Error{"attach", one.target, ENAMETOOLONG, ""};
    Copy(one.target, attach.targets[attach.count++]);
  }
  for (const UniqueFd& mount : call_->mounts) fds.push_back(mount.get());
  return SendPacket(init_.socket.get(), {reinterpret_cast<const char*>(&attach), sizeof attach}, fds);
}

}  // namespace mayfly

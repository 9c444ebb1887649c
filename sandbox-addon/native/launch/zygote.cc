#include "launch/zygote.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/socket.h"
#include "child/syscalls.h"
#include "child/zygote.h"
#include "launch/pidfd.h"

namespace mayfly {
namespace {

constexpr std::uint64_t kStartPatienceMs = 20'000;
constexpr std::uint64_t kRemovalRetryMs = 5;
constexpr int kRemovalTries = 200;

}  // namespace

Zygote::~Zygote() {
  loop_.Cancel(patience_);
  loop_.Cancel(removal_);
  for (const UniqueFd* fd : {&pidfd_, &socket_}) loop_.Unwatch(fd->get());
}

Status Zygote::Start(const PlanSettings& settings) {
  Result<UniqueFd> root = root_->Mount();
  if (!root) return root.error();
  plan_ = SandboxPlan::ForZygote(request_, std::move(root.value()), settings);
  const Status launched = Launch();
  if (!launched && leaf_ != nullptr) (void)leaf_->Remove();
  return launched;
}

Status Zygote::Launch() {
  Result<std::unique_ptr<LeafCgroup>> leaf = cgroups_.CreateLeaf("zygote-" + std::to_string(request_.id), {});
  if (!leaf) return leaf.error();
  leaf_ = std::move(leaf.value());
  Result<SocketPair> sockets = CreateSocketPair();
  if (!sockets) return sockets.error();
  const UniqueFd theirs = std::move(sockets.value().theirs);
  socket_ = std::move(sockets.value().ours);
  const UniqueFd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!nothing.valid()) return Error{"open", "/dev/null", errno, ""};

  StepContext context;
  context.stdio[0] = context.stdio[1] = nothing.get();
  context.stdio[2] = STDERR_FILENO;
  context.control = theirs.get();
  for (const int fd : leaf_->join_fds()) context.joins[context.join_count++] = fd;
  int pidfd = -1;
  clone_args arguments = {};
  arguments.flags = CLONE_NEWNS | CLONE_PIDFD | (leaf_->clone_into_fd() >= 0 ? CLONE_INTO_CGROUP : 0);
  arguments.cgroup = leaf_->clone_into_fd() >= 0 ? static_cast<unsigned>(leaf_->clone_into_fd()) : 0;
  arguments.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  const InitPlan steps = plan_->init();
  pid_ = sys::Clone3(arguments);
  if (pid_ == 0) RunZygote(steps, context);
  if (pid_ < 0) return Error{"clone", "zygote", errno, ""};
  pidfd_.Reset(pidfd);
  plan_->CloseMounts();
  leaf_->CloseJoinFds();
  patience_ = loop_.After(kStartPatienceMs, [this] {
    why_ = {"zygote", "", ETIMEDOUT, "it took too long to start"};
    Kill();
  });
  if (Status gone = loop_.Watch(pidfd_.get(), [this] { OnGone(); }); !gone) return gone;
  return loop_.Watch(socket_.get(), [this] { OnReadable(); });
}

Result<SandboxPlan> Zygote::PlanCopy(const PlanSettings& settings, HostUser user, const std::string& filter) const {
  Result<UniqueFd> root = root_->Mount();
  if (!root) return root.error();
  return SandboxPlan::ForCopy(std::move(root.value()), settings, user, filter);
}

Status Zygote::Ask(const zygote::CopyMessage& message, const std::vector<int>& fds) const {
  if (!can_fork()) return Error{kZygoteStep, "", ECHILD, "it has ended"};
  const Status sent = SendPacket(socket_.get(), zygote::Pack(message), fds);
  // It may be dead, and nobody has heard of it yet.
  if (!sent) return Error{kZygoteStep, "", sent.error().code, "it could not be asked"};
  return sent;
}

void Zygote::Kill() {
  is_ending_ = true;
  SendSigkill(pidfd_.get());
}

void Zygote::OnReadable() {
  Packet packet;
  Received received = ReceivePacket(socket_.get(), packet);
  for (; received == Received::kPacket; received = ReceivePacket(socket_.get(), packet)) {
    ZygoteReport report;
    if (packet.bytes.size() != sizeof report) continue;
    std::memcpy(&report, packet.bytes.data(), sizeof report);
    switch (report.kind) {
      case ZygoteReportKind::kStartFailed:
        why_ = {plan_->Describe(static_cast<int>(report.id)), "", report.code, ""};
        break;
      case ZygoteReportKind::kReady:
        loop_.Cancel(patience_);
        is_ready_ = true;
        events_.on_ready(pid_);
        break;
      case ZygoteReportKind::kCopyFailed:
        events_.on_copy_failed(report.id, report.code);
        break;
    }
  }
  if (received == Received::kClosed) loop_.Unwatch(socket_.get());
}

void Zygote::OnGone() {
  OnReadable();
  is_ending_ = true;
  loop_.Cancel(patience_);
  for (const UniqueFd* fd : {&pidfd_, &socket_}) loop_.Unwatch(fd->get());
  siginfo_t info = {};
  (void)WaitFor(pidfd_.get(), info);
  if (!is_ready_ && info.si_code == CLD_EXITED && why_.code == ECHILD) {
    why_.hint = "it left with status " + std::to_string(info.si_status) + " and said why on stderr";
  }
  socket_.Reset();
  RemoveLeaf(kRemovalTries);
}

void Zygote::RemoveLeaf(int tries_left) {
  const Result<Removal> removal = leaf_->Remove();
  const bool is_busy = removal && removal.value() == Removal::kBusy;
  if (!is_busy || tries_left == 0) return events_.on_gone(is_ready_, why_);
  removal_ = loop_.After(kRemovalRetryMs, [this, tries_left] { RemoveLeaf(tries_left - 1); });
}

}  // namespace mayfly

#include "launch/sandbox.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "launch/limit_writes.h"
#include "launch/network_counters.h"
#include "launch/pidfd.h"
#include "launch/tmpfs_usage.h"

namespace mayfly {
namespace {

constexpr std::uint64_t kNsPerUs = 1000;
constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr std::uint64_t kUsPerMs = 1000;

constexpr std::uint64_t kSetupPatienceMs = 30'000;
// A process in an uninterruptible sleep outlives its SIGKILL; past this it counts as leaked.
constexpr std::uint64_t kDeathPatienceMs = 10'000;
constexpr std::uint64_t kRemovalPatienceMs = 5'000;
constexpr std::uint64_t kFirstRetryMs = 1;
constexpr std::uint64_t kLongestRetryMs = 50;
constexpr std::uint64_t kShortestCpuPollMs = 5;
constexpr std::uint64_t kLongestCpuPollMs = 1'000;

std::uint64_t MicrosecondsBetween(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns > from_ns ? (to_ns - from_ns) / kNsPerUs : 0;
}

// At the earliest it is used up when every CPU works for it alone.
std::uint64_t MsUntilUsedUp(std::uint64_t left_us) {
  static const long online_cpus = std::max(1L, sysconf(_SC_NPROCESSORS_ONLN));
  const std::uint64_t soonest = left_us / static_cast<std::uint64_t>(online_cpus) / kUsPerMs;
  return std::clamp(soonest, kShortestCpuPollMs, kLongestCpuPollMs);
}

std::vector<PathMessage> ToPathMessages(const std::vector<CgroupPath>& paths) {
  std::vector<PathMessage> messages;
  messages.reserve(paths.size());
  for (const CgroupPath& path : paths) messages.push_back({.hierarchy = path.hierarchy, .directory = path.directory});
  return messages;
}

}  // namespace

Sandbox::Sandbox(SandboxWorld& world, std::uint64_t id, std::string name)
    : world_(world), id_(id), name_(std::move(name)) {}

Sandbox::~Sandbox() {
  for (const auto& timer : {deadline_, cpu_poll_, patience_, removal_}) world_.loop.Cancel(timer);
  for (const UniqueFd* fd : {&init_.pidfd, &init_.socket, &init_.status, &copy_}) world_.loop.Unwatch(fd->get());
}

// The init builds its root while the leaf is made here; it waits for the go-ahead.
Status Sandbox::BeginInit() {
  Result<InitProcess> init = StartInit(*plan_, way_.pid_namespace);
  if (!init) return init.error();
  init_ = std::move(init.value());
  plan_->CloseMounts();
  if (Status gone = world_.loop.Watch(init_.pidfd.get(), [this] { OnInitGone(); }); !gone) return gone;
  if (Status report = world_.loop.Watch(init_.socket.get(), [this] { OnReport(); }); !report) return report;
  patience_ = world_.loop.After(kSetupPatienceMs, [this] { FailAtStep(-1, ETIMEDOUT); });
  return Success();
}

Status Sandbox::MakeLeaf(const std::vector<CgroupWriteMessage>& writes) {
  Result<std::unique_ptr<LeafCgroup>> leaf = world_.cgroups.CreateLeaf(name_, ToLimitWrites(writes));
  if (!leaf) return leaf.error();
  leaf_ = std::move(leaf.value());
  return Success();
}

void Sandbox::Attempt(const Status& status) {
  if (status) return;
  const Error& error = status.error();
  Fail(error.path.empty() ? error.what : error.what + " " + error.path, -1, error.code, error.hint);
  if (phase_ == Phase::kDying || phase_ == Phase::kRemoving) return;
  init_.pidfd.valid() ? Bury() : RemoveLeaf(kFirstRetryMs);
}

void Sandbox::OnReport() {
  HeardReport heard;
  Received received = HearReport(init_.socket, heard);
  for (; received == Received::kPacket; received = HearReport(init_.socket, heard)) {
    switch (heard.report.kind) {
      case ReportKind::kBuilt:
        init_.pid = heard.sender;
        Attempt(AskForCopy(heard.fds));
        break;
      case ReportKind::kEntryFailed:
      case ReportKind::kCopied:
      case ReportKind::kParked:
        // A copy has a socket of its own for them.
        break;
      case ReportKind::kBuildFailed:
        FailAtStep(heard.report.index, heard.report.code);
        break;
      case ReportKind::kForkFailed:
        Fail("fork", -1, heard.report.code, "");
        Bury();
        break;
      case ReportKind::kEntered:
        main_pid_ = heard.sender;
        break;
      case ReportKind::kExited:
        wait_status_ = heard.report.code;
        if (started_ns_ != 0 && way_.on_exited) {
          way_.on_exited();
        } else {
          Bury();
        }
        break;
    }
  }
  // Its end stays readable, and the init's own end is still to come: watching on would be a busy loop until then.
  if (received == Received::kClosed) world_.loop.Unwatch(init_.socket.get());
}

void Sandbox::MarkStarted() {
  if (started_ns_ != 0 || failure_.has_value()) return;
  started_ns_ = NowNs();
  world_.loop.Cancel(patience_);
  world_.send(Encode(StartedMessage{.id = id_,
                                    .pid = main_pid_,
                                    .cgroups = ToPathMessages(leaf_->Paths()),
                                    .setup_us = MicrosecondsBetween(requested_ns_, started_ns_),
                                    .was_parked = was_parked_}));
  if (phase_ != Phase::kBuilding && phase_ != Phase::kParked) return;
  phase_ = Phase::kRunning;
  deadline_ = world_.loop.At(started_ns_ + timeout_ms_ * kNsPerMs, [this] { Kill("timedOut"); });
  if (cpu_time_ms_.has_value()) WatchCpuTime();
}

void Sandbox::WatchCpuTime() {
  const std::uint64_t limit_us = *cpu_time_ms_ * kUsPerMs;
  const Result<std::uint64_t> used = leaf_->CpuUsageUs();
  const std::uint64_t used_us = used ? used.value() : 0;
  if (used_us >= limit_us) return Kill("cpuTimeExceeded");
  cpu_poll_ = world_.loop.After(MsUntilUsedUp(limit_us - used_us), [this] { WatchCpuTime(); });
}

void Sandbox::Kill(const std::string& reason) {
  if (started_ns_ == 0) {
    Fail("start", -1, ECANCELED, "");
  } else if (phase_ == Phase::kRunning) {
    killed_by_ = reason;
  }
  Bury();
}

void Sandbox::FailAtStep(int index, int code) {
  Fail(index < 0 ? "set-up" : plan_->Describe(index), index, code, "");
  Bury();
}

void Sandbox::Fail(const std::string& step, int index, int code, const std::string& hint) {
  // Once it has been told that it started, only its end can be told.
  if (failure_.has_value() || started_ns_ != 0) return;
  failure_ = FailedMessage{.id = id_, .step = step, .index = index, .error = code, .hint = hint};
}

// Killing the init kills its process namespace, and its end waits until every process in it is gone.
void Sandbox::Bury() {
  if (phase_ == Phase::kDying || phase_ == Phase::kRemoving) return;
  phase_ = Phase::kDying;
  ended_ns_ = NowNs();
  for (const auto& timer : {deadline_, cpu_poll_, patience_}) world_.loop.Cancel(timer);
  if (const std::optional<NetworkBytes> network = ReadNetworkBytes(init_.pid)) {
    counters_.network_rx_bytes = network->received;
    counters_.network_tx_bytes = network->sent;
  }
  // The one sample that is taken: what was left when the main process had ended.
  counters_.tmpfs_peak_bytes = ReadTmpfsBytes(init_.pid);
  SendSigkill(init_.pidfd.get());
  patience_ = world_.loop.After(kDeathPatienceMs, [this] {
    world_.leaked.processes++;
    world_.leaked.mounts++;
    world_.leaked.netns++;
    world_.leaked.cgroups++;
    Finish();
  });
}

void Sandbox::OnInitGone() {
  // The main process may have ended by itself in the last moment: what the init wrote about it is still to be read.
  OnReport();
  Bury();
  if (wait_status_.has_value()) killed_by_.reset();
  world_.loop.Cancel(patience_);
  for (const UniqueFd* fd : {&init_.pidfd, &init_.socket, &init_.status, &copy_}) world_.loop.Unwatch(fd->get());
  siginfo_t info = {};
  (void)WaitFor(init_.pidfd.get(), info);
  phase_ = Phase::kRemoving;
  TakeCounters();
  removal_ends_ns_ = NowNs() + (world_.debug_hold_ms + kRemovalPatienceMs) * kNsPerMs;
  if (world_.debug_hold_ms == 0) return RemoveLeaf(kFirstRetryMs);
  removal_ = world_.loop.After(world_.debug_hold_ms, [this] { RemoveLeaf(kFirstRetryMs); });
}

void Sandbox::TakeCounters() {
  if (leaf_ == nullptr) return;
  static_cast<CgroupCounters&>(counters_) = leaf_->Read();
}

void Sandbox::RemoveLeaf(std::uint64_t retry_ms) {
  if (leaf_ == nullptr) return Finish();
  const Result<Removal> removal = leaf_->Remove();
  if (removal && removal.value() == Removal::kRemoved) return Finish();
  if (NowNs() >= removal_ends_ns_) {
    world_.leaked.cgroups++;
    return Finish();
  }
  removal_ = world_.loop.After(retry_ms, [this, retry_ms] { RemoveLeaf(std::min(retry_ms * 2, kLongestRetryMs)); });
}

void Sandbox::Finish() {
  if (started_ns_ == 0) Fail("start", -1, ECHILD, "it ended before it had begun");
  if (!reported_ && has_caller_) {
    world_.send(failure_.has_value() ? Encode(*failure_) : Encode(Ending()));
    reported_ = true;
  }
  // After a leak was reported the watch goes on: what dies late is still buried.
  if (phase_ != Phase::kDying) world_.forget(id_);
}

EndedMessage Sandbox::Ending() const {
  EndedMessage ended;
  ended.id = id_;
  ended.killed_by = killed_by_;
  ended.counters = counters_;
  const int status = wait_status_.value_or(SIGKILL);
  if (WIFEXITED(status)) {
    ended.exit_code = WEXITSTATUS(status);
  } else {
    ended.signal = WTERMSIG(status);
  }
  const bool killed_by_nobody_of_ours = ended.signal == SIGKILL && !killed_by_.has_value();
  ended.main_oom_killed = killed_by_nobody_of_ours && counters_.oom_kills.value_or(0) > 0;
  ended.setup_us = MicrosecondsBetween(requested_ns_, started_ns_);
  ended.teardown_us = MicrosecondsBetween(ended_ns_, NowNs());
  ended.leaked = world_.leaked;
  return ended;
}

}  // namespace mayfly

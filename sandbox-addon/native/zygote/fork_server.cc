#include "zygote/fork_server.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/socket.h"
#include "child/init.h"
#include "child/zygote.h"
#include "zygote/copy.h"
#include "zygote/messages.h"

namespace mayfly::zygote {
namespace {

bool is_awaited = false;

void Say(ReportKind kind, int index, int code) {
  const InitReport report = {kind, index, code};
  (void)send(kLauncherSocket, &report, sizeof report, MSG_NOSIGNAL);
}

void Report(ZygoteReportKind kind, std::uint64_t id, int code) {
  const ZygoteReport report = {kind, code, id};
  (void)send(kLauncherSocket, &report, sizeof report, MSG_NOSIGNAL);
}

// Blocks. False: the launcher is gone.
bool Await(Packet& packet) {
  pollfd readable = {kLauncherSocket, POLLIN, 0};
  for (;;) {
    if (poll(&readable, 1, -1) < 0 && errno != EINTR) return false;
    const Received received = ReceivePacket(kLauncherSocket, packet);
    if (received != Received::kNothingYet) return received == Received::kPacket;
  }
}

// The steps point into the message, which outlives them.
std::vector<Step> ToSteps(const CopyMessage& message) {
  std::vector<Step> steps;
  steps.reserve(message.steps.size());
  for (const StepMessage& step : message.steps) {
    steps.push_back({.kind = static_cast<StepKind>(step.kind),
                     .optional = step.optional,
                     .slot = step.slot,
                     .target = step.target.c_str(),
                     .text = step.content.c_str(),
                     .value = step.value,
                     .other = step.other,
                     .data = step.content.data(),
                     .size = step.content.size()});
  }
  return steps;
}

// In the copy: behind its walls, or gone.
void EnterSandbox(const std::vector<Step>& steps, StepContext& context) {
  const StepFailure failure = RunSteps(steps.data(), static_cast<int>(steps.size()), context);
  if (failure.index < 0) return;
  // The socket may not have reached its number.
  const InitReport report = {ReportKind::kEntryFailed, failure.index, failure.code};
  if (send(context.control, &report, sizeof report, MSG_NOSIGNAL) < 0) Say(report.kind, report.index, report.code);
  _exit(127);
}

// True in the copy.
bool Copy(Packet packet, std::vector<DescriptorRange> close_in_child) {
  CopyMessage message;
  if (!Unpack(packet.bytes, message) || packet.fds.size() < kFixedCopyDescriptors) {
    Report(ZygoteReportKind::kCopyFailed, message.id, EPROTO);
    return false;
  }
  StepContext context;
  std::vector<int> fds;
  for (const UniqueFd& fd : packet.fds) {
    fds.push_back(fd.get());
    close_in_child.push_back({fd.get(), fd.get()});
  }
  for (int slot = 0; slot < kInitNamespaceCount; slot++) context.slots[slot] = fds[static_cast<std::size_t>(slot)];
  context.control = fds[kInitNamespaceCount];
  context.ready = fds[kInitNamespaceCount + 1];
  const std::size_t joins_end = fds.size() - (message.has_clone_into ? 1 : 0);
  for (std::size_t i = kFixedCopyDescriptors; i < joins_end && context.join_count < kMaxJoins; i++) {
    context.joins[context.join_count++] = fds[i];
  }
  context.close = close_in_child.data();
  context.close_count = static_cast<int>(close_in_child.size());
  const std::vector<Step> steps = ToSteps(message);
  switch (MakeCopy({fds[kPidSlot], message.has_clone_into ? fds.back() : -1})) {
    case Made::kCopy:
      is_awaited = message.is_awaited;
      EnterSandbox(steps, context);
      // They were closed by number.
      for (UniqueFd& fd : packet.fds) (void)fd.Release();
      return true;
    case Made::kFailed:
      Report(ZygoteReportKind::kCopyFailed, message.id, errno);
      return false;
    case Made::kOriginal:
      return false;
  }
  return false;
}

int ApplyLimits(const std::vector<LimitMessage>& limits) {
  for (const LimitMessage& limit : limits) {
    const rlimit value = {limit.soft, limit.hard};
    if (setrlimit(static_cast<__rlimit_resource>(limit.resource), &value) != 0) return errno;
  }
  return 0;
}

int ReplaceEnvironment(const std::vector<std::string>& env) {
  if (clearenv() != 0) return ENOMEM;
  for (const std::string& variable : env) {
    const std::size_t equals = variable.find('=');
    if (setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1) != 0) return errno;
  }
  return 0;
}

// The init writes one byte once the root is complete, and none if it fails.
bool RootIsComplete() {
  char byte = 0;
  ssize_t size = -1;
  do size = read(kReadyPipe, &byte, sizeof byte);
  while (size < 0 && errno == EINTR);
  return size == 1;
}

// 0 or an errno, with the launcher's socket still at its number.
int TakeOn(const CallMessage& call, const Packet& packet) {
  for (int fd = 0; fd < 3; fd++) {
    if (dup2(packet.fds[static_cast<std::size_t>(fd)].get(), fd) < 0) return errno;
  }
  if (const int code = ReplaceEnvironment(call.env); code != 0) return code;
  if (const int code = ApplyLimits(call.limits); code != 0) return code;
  if (!RootIsComplete()) return ENOTCONN;
  return chdir(call.cwd.c_str()) == 0 ? 0 : errno;
}

}  // namespace

Served Serve(const std::vector<DescriptorRange>& close_in_child) {
  // Nobody but root looks into it. Its copies set this anew, each when it is another user.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  Report(ZygoteReportKind::kReady, 0, 0);
  Packet packet;
  while (Await(packet)) {
    if (Copy(std::move(packet), close_in_child)) return Served::kForked;
  }
  return Served::kLauncherGone;
}

bool IsAwaited() { return is_awaited; }

bool AwaitCall() {
  WaitForInit();
  Say(ReportKind::kParked, 0, 0);
  Packet packet;
  CallMessage call;
  if (!Await(packet) || packet.fds.size() != kCallDescriptors || !Unpack(packet.bytes, call)) return false;
  if (const int code = TakeOn(call, packet); code != 0) {
    Say(ReportKind::kEntryFailed, -1, code);
    return false;
  }
  Say(ReportKind::kEntered, 0, 0);
  if (dup2(packet.fds[3].get(), kLauncherSocket) < 0) return false;
  close(kReadyPipe);
  return true;
}

}  // namespace mayfly::zygote

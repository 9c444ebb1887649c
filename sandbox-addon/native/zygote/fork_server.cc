#include "zygote/fork_server.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>

#include "base/socket.h"
#include "child/init.h"
#include "child/zygote.h"
#include "zygote/copy.h"
#include "zygote/copy_order.h"
#include "zygote/messages.h"
#include "zygote/snapshot.h"

namespace mayfly::zygote {
namespace {

bool is_hurried = false;

void Report(ZygoteReportKind kind, std::uint64_t id, int code) {
  const ZygoteReport report = {kind, code, id};
  (void)send(kLauncherSocket, &report, sizeof report, MSG_NOSIGNAL);
}

// What it has become.
std::optional<Served> Obey(Packet packet, const std::vector<DescriptorRange>& close_in_child) {
  auto order = CopyOrder::Read(std::move(packet), close_in_child);
  if (order == nullptr) {
    Report(ZygoteReportKind::kCopyFailed, 0, EPROTO);
    return std::nullopt;
  }
  switch (MakeCopy(order->copying())) {
    case Made::kCopy:
      is_hurried = order->message().is_hurried;
      if (order->message().Is(Order::kSnapshot)) {
        BeginSnapshot(std::move(order), close_in_child);
        return Served::kSnapshot;
      }
      order->EnterSandbox();
      return Served::kForked;
    case Made::kFailed:
      Report(ZygoteReportKind::kCopyFailed, order->message().id, errno);
      return std::nullopt;
    case Made::kOriginal:
      return std::nullopt;
  }
  return std::nullopt;
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
  while (Await(kLauncherSocket, packet)) {
    if (const std::optional<Served> served = Obey(std::move(packet), close_in_child)) return *served;
  }
  return Served::kLauncherGone;
}

bool IsHurried() { return is_hurried; }

bool AwaitCall() {
  WaitForInit();
  // Who held its place has said it for the copy of a snapshot.
  if (!IsCopyOfSnapshot()) Say(kLauncherSocket, ReportKind::kParked, 0, 0);
  Packet packet;
  CallMessage call;
  if (!Await(kLauncherSocket, packet) || packet.fds.size() != kCallDescriptors || !Unpack(packet.bytes, call)) return false;
  if (const int code = TakeOn(call, packet); code != 0) {
    Say(kLauncherSocket, ReportKind::kEntryFailed, -1, code);
    return false;
  }
  Say(kLauncherSocket, ReportKind::kEntered, 0, 0);
  // A snapshot still takes orders after it: they come where its ready pipe was.
  if (IsSnapshot() && dup2(kLauncherSocket, kOrdersSocket) < 0) return false;
  if (dup2(packet.fds[3].get(), kLauncherSocket) < 0) return false;
  if (!IsSnapshot()) close(kReadyPipe);
  return true;
}

}  // namespace mayfly::zygote

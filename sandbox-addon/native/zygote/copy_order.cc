#include "zygote/copy_order.h"

#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace mayfly::zygote {
namespace {

Step ToStep(const StepMessage& step) {
  return {.kind = static_cast<StepKind>(step.kind),
          .optional = step.optional,
          .slot = step.slot,
          .target = step.target.c_str(),
          .text = step.content.c_str(),
          .value = step.value,
          .other = step.other,
          .data = step.content.data(),
          .size = step.content.size()};
}

bool EntersTime(const Step& step) {
  return step.kind == StepKind::kEnterNamespaces && step.value == CLONE_NEWTIME;
}

}  // namespace

bool Await(int socket, Packet& packet) {
  pollfd readable = {socket, POLLIN, 0};
  for (;;) {
    if (poll(&readable, 1, -1) < 0 && errno != EINTR) return false;
    const Received received = ReceivePacket(socket, packet);
    if (received != Received::kNothingYet) return received == Received::kPacket;
  }
}

void Say(int socket, ReportKind kind, int index, int code) {
  const InitReport report = {kind, index, code};
  (void)send(socket, &report, sizeof report, MSG_NOSIGNAL);
}

std::unique_ptr<CopyOrder> CopyOrder::Read(Packet packet, const std::vector<DescriptorRange>& close) {
  std::unique_ptr<CopyOrder> order(new CopyOrder());
  if (!Unpack(packet.bytes, order->message_) || packet.fds.size() < kFixedCopyDescriptors) return nullptr;
  order->packet_ = std::move(packet);
  const std::vector<UniqueFd>& fds = order->packet_.fds;
  StepContext& context = order->context_;
  for (int slot = 0; slot < kInitNamespaceCount; slot++) context.slots[slot] = fds[static_cast<std::size_t>(slot)].get();
  context.control = fds[kInitNamespaceCount].get();
  context.ready = fds[kInitNamespaceCount + 1].get();
  const std::size_t joins_end = fds.size() - (order->message_.has_clone_into ? 1 : 0);
  for (std::size_t i = kFixedCopyDescriptors; i < joins_end && context.join_count < kMaxJoins; i++) {
    context.joins[context.join_count++] = fds[i].get();
  }
  if (!order->message_.Is(Order::kSnapshot)) order->close_ = close;
  for (const DescriptorRange& one : order->descriptors()) order->close_.push_back(one);
  context.close = order->close_.data();
  context.close_count = static_cast<int>(order->close_.size());
  for (const StepMessage& step : order->message_.steps) order->steps_.push_back(ToStep(step));
  return order;
}

Copying CopyOrder::copying() const {
  return {packet_.fds[kPidSlot].get(), message_.has_clone_into ? packet_.fds.back().get() : -1};
}

std::vector<DescriptorRange> CopyOrder::descriptors() const {
  std::vector<DescriptorRange> ranges;
  for (const UniqueFd& fd : packet_.fds) ranges.push_back({fd.get(), fd.get()});
  return ranges;
}

int CopyOrder::EnterTime() {
  for (const Step& step : steps_) {
    if (EntersTime(step) && setns(context_.slots[step.slot], CLONE_NEWTIME) != 0) return errno;
  }
  std::erase_if(steps_, EntersTime);
  return 0;
}

void CopyOrder::MakeTimeInstead() {
  for (Step& step : steps_) {
    if (EntersTime(step)) step.kind = StepKind::kUnshare;
  }
}

void CopyOrder::EnterSandbox() {
  const StepFailure failure = RunSteps(steps_.data(), static_cast<int>(steps_.size()), context_);
  if (failure.index < 0) {
    for (UniqueFd& fd : packet_.fds) (void)fd.Release();
    return;
  }
  // The socket may not have reached its number.
  const InitReport report = {ReportKind::kEntryFailed, failure.index, failure.code};
  if (send(context_.control, &report, sizeof report, MSG_NOSIGNAL) < 0) {
    Say(kLauncherSocket, report.kind, report.index, report.code);
  }
  _exit(127);
}

}  // namespace mayfly::zygote

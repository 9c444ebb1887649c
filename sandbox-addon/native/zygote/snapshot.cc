#include "zygote/snapshot.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>

#include "zygote/position.h"

namespace mayfly::zygote {
namespace {

enum class Role { kNone, kSnapshot, kCopy };

// Above every number that a zygote has.
constexpr int kHighestClosed = 1023;

Role role = Role::kNone;
std::unique_ptr<CopyOrder> own_order;
std::vector<DescriptorRange> not_for_copies;
// What is in a deque never moves.
std::deque<Position> positions;

void TakePosition(Packet packet) {
  const auto order = CopyOrder::Read(std::move(packet), not_for_copies);
  if (order == nullptr) return;
  order->MakeTimeInstead();
  Position& position = positions.emplace_back();
  position.copy = order->message().id;
  if (const int code = Take(position, *order); code != 0) {
    Say(order->context().control, ReportKind::kEntryFailed, -1, code);
  }
}

// A packet that is no order to copy oneself: nobody but the launcher writes here, and it writes nothing else.
Position* FindPosition(const Packet& packet) {
  CopyMessage message;
  if (!Unpack(packet.bytes, message) || !message.Is(Order::kFork)) return nullptr;
  const auto found = std::ranges::find_if(positions, [&](const Position& one) { return one.copy == message.id; });
  return found == positions.end() || found->is_held == 0 ? nullptr : &*found;
}

void BlockSignals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

bool IsSnapshot() { return role == Role::kSnapshot; }
bool IsCopyOfSnapshot() { return role == Role::kCopy; }

void BeginSnapshot(std::unique_ptr<CopyOrder> order, const std::vector<DescriptorRange>& leftovers) {
  role = Role::kSnapshot;
  own_order = std::move(order);
  not_for_copies = own_order->descriptors();
  const std::vector<DescriptorRange>& own = not_for_copies;
  for (const DescriptorRange& range : leftovers) {
    // A zygote may have named all that there are.
    for (int fd = range.first; fd <= std::min(range.last, kHighestClosed); fd++) {
      if (std::ranges::none_of(own, [fd](const DescriptorRange& one) { return one.first == fd; })) close(fd);
    }
  }
}

bool EnterAsSnapshot() {
  BlockSignals();
  const int socket = own_order->context().control;
  if (const int code = own_order->EnterTime(); code != 0) {
    Say(socket, ReportKind::kEntryFailed, -1, code);
    return false;
  }
  Say(socket, ReportKind::kCopied, 0, 0);
  Packet packet;
  while (Await(socket, packet)) {
    CopyMessage message;
    if (!Unpack(packet.bytes, message)) return false;
    if (message.Is(Order::kEnter)) {
      own_order->EnterSandbox();
      return true;
    }
    TakePosition(std::move(packet));
  }
  return false;
}

bool ServeCopies() {
  BlockSignals();
  Packet packet;
  while (Await(kOrdersSocket, packet)) {
    Position* const position = FindPosition(packet);
    if (position == nullptr || !CopyAt(*position)) continue;
    role = Role::kCopy;
    return true;
  }
  return false;
}

}  // namespace mayfly::zygote

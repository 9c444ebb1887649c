// Packets arrive whole, with their descriptors, whatever their size.
#include "base/socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "test/tap.h"

using mayfly::CreateSocketPair;
using mayfly::Packet;
using mayfly::Received;
using mayfly::ReceivePacket;
using mayfly::SendPacket;
using mayfly::SocketPair;
using mayfly::UniqueFd;
using mayfly::tap::Check;

namespace {

SocketPair Pair() { return std::move(CreateSocketPair().value()); }

void SmallAndLarge() {
  const SocketPair pair = Pair();
  Packet packet;
  Check(ReceivePacket(pair.theirs.get(), packet) == Received::kNothingYet, "an idle socket has nothing, and does not wait");
  for (const std::size_t size : {std::size_t{1}, std::size_t{40'000}, std::size_t{5'000'000}}) {
    const std::string bytes(size, 'x');
    Check(SendPacket(pair.ours.get(), bytes, {}).ok(), "a packet of " + std::to_string(size) + " bytes can be sent");
    Check(ReceivePacket(pair.theirs.get(), packet) == Received::kPacket && packet.bytes == bytes, "and arrives whole");
    Check(packet.fds.empty(), "and brings no descriptor that the sender did not mean");
  }
}

void Descriptors() {
  const SocketPair pair = Pair();
  int ends[2];
  if (pipe(ends) != 0) return;
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const std::string large(1'000'000, 'y');
  (void)SendPacket(pair.ours.get(), large, {writer.get()});
  writer.Reset();
  Packet packet;
  Check(ReceivePacket(pair.theirs.get(), packet) == Received::kPacket && packet.fds.size() == 1,
        "a descriptor comes along, also with a large packet");
  (void)!write(packet.fds[0].get(), "z", 1);
  char byte = 0;
  Check(read(reader.get(), &byte, 1) == 1 && byte == 'z', "and it is the one that was meant");
}

void Ends() {
  SocketPair pair = Pair();
  pair.ours.Reset();
  Packet packet;
  Check(ReceivePacket(pair.theirs.get(), packet) == Received::kClosed, "the end of the other side shows");
  Check(!SendPacket(pair.theirs.get(), "x", {}).ok(), "sending to it is an error, and no signal");

  const SocketPair full = Pair();
  mayfly::Status sent = mayfly::Success();
  while (sent.ok()) sent = SendPacket(full.ours.get(), std::string(30'000, 'x'), {});
  Check(sent.error().code == EAGAIN, "a full socket says so, and does not wait");
}

}  // namespace

int main() {
  SmallAndLarge();
  Descriptors();
  Ends();
  return mayfly::tap::Finish();
}

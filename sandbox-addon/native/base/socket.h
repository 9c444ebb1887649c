// Whole messages with descriptors over a SOCK_SEQPACKET socket, which also tells when the other side has ended.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace mayfly {

struct SocketPair {
  UniqueFd ours;
  UniqueFd theirs;
};
[[nodiscard]] Result<SocketPair> CreateSocketPair();

struct Packet {
  std::string bytes;
  std::vector<UniqueFd> fds;
  // Of the sender, in the receiver's process namespace; 0 unless SO_PASSCRED is set on the receiving socket.
  pid_t sender = 0;
};

// Takes over what came beside the bytes of a message.
void TakeControl(msghdr& message, Packet& packet);

// Nobody can send descriptors to this end any more, where the kernel can refuse them: letting go of one may take as long as
// its sender likes (SO_LINGER, which the filters refuse as well).
void RefuseDescriptors(int socket);

enum class Received { kPacket, kNothingYet, kClosed };

// A packet too large for the socket travels in a memfd. The error's code is EAGAIN where the socket is full.
[[nodiscard]] Status SendPacket(int socket, std::string_view bytes, const std::vector<int>& fds);

// Never waits.
[[nodiscard]] Received ReceivePacket(int socket, Packet& packet);

}  // namespace mayfly

// Whole messages with descriptors over a SOCK_SEQPACKET socket, which also tells when the other side has ended.
#pragma once

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

enum class Received { kPacket, kNothingYet, kClosed };

// A packet too large for the socket travels in a memfd. The error's code is EAGAIN where the socket is full.
[[nodiscard]] Status SendPacket(int socket, std::string_view bytes, const std::vector<int>& fds);

// Never waits.
[[nodiscard]] Received ReceivePacket(int socket, Packet& packet);

}  // namespace mayfly

#include "base/socket.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace mayfly {
namespace {

// SCM_MAX_FD of the kernel.
constexpr std::size_t kMaxFds = 253;
// Well below the default send buffer, so that a few packets fit at once.
constexpr std::size_t kMaxInlineBytes = 48UL * 1024;

Result<UniqueFd> Spill(std::string_view bytes) {
  UniqueFd file(memfd_create("mayfly-packet", MFD_CLOEXEC));
  if (!file.valid()) return Error{"memfd_create", "", errno, ""};
  while (!bytes.empty()) {
    const ssize_t written = write(file.get(), bytes.data(), bytes.size());
    if (written < 0) return Error{"write", "memfd", errno, ""};
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return file;
}

std::string ReadSpilled(int fd) {
  std::string bytes;
  std::array<char, 65536> buffer;
  off_t offset = 0;
  for (;;) {
    const ssize_t size = pread(fd, buffer.data(), buffer.size(), offset);
    if (size <= 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(size));
    offset += size;
  }
}

Status Send(int socket, std::string_view bytes, const std::vector<int>& fds) {
  if (fds.size() > kMaxFds) return Error{"sendmsg", "", EMSGSIZE, "too many descriptors in one message"};
  // The kernel only reads what it sends; the structure was declared without const.
  iovec body = {const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxFds)> control = {};
  msghdr message = {};
  message.msg_iov = &body;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    std::memcpy(CMSG_DATA(header), fds.data(), sizeof(int) * fds.size());
  }
  if (sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return Error{"sendmsg", "", errno, ""};
  return Success();
}

}  // namespace

void TakeControl(msghdr& message, Packet& packet) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET) continue;
    if (header->cmsg_type == SCM_RIGHTS) {
      const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; i++) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
        packet.fds.emplace_back(fd);
      }
    } else if (header->cmsg_type == SCM_CREDENTIALS) {
      ucred credentials = {};
      std::memcpy(&credentials, CMSG_DATA(header), sizeof credentials);
      packet.sender = credentials.pid;
    }
  }
}

void RefuseDescriptors(int socket) {
  constexpr int kPassRights = 83;  // SO_PASSRIGHTS, of Linux 6.16
  const int off = 0;
  (void)setsockopt(socket, SOL_SOCKET, kPassRights, &off, sizeof off);
}

Result<SocketPair> CreateSocketPair() {
  std::array<int, 2> fds = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) != 0) {
    return Error{"socketpair", "", errno, ""};
  }
  return SocketPair{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Status SendPacket(int socket, std::string_view bytes, const std::vector<int>& fds) {
  if (bytes.size() <= kMaxInlineBytes) return Send(socket, bytes, fds);
  Result<UniqueFd> file = Spill(bytes);
  if (!file) return file.error();
  std::vector<int> all = {file.value().get()};
  all.insert(all.end(), fds.begin(), fds.end());
  return Send(socket, {}, all);
}

Received ReceivePacket(int socket, Packet& packet) {
  static std::array<char, kMaxInlineBytes> buffer;
  packet = {};
  iovec part = {buffer.data(), buffer.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxFds) + CMSG_SPACE(sizeof(ucred))> control = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size < 0) return errno == EAGAIN || errno == EINTR ? Received::kNothingYet : Received::kClosed;
  TakeControl(message, packet);
  if (size > 0) {
    packet.bytes.assign(buffer.data(), static_cast<std::size_t>(size));
    return Received::kPacket;
  }
  // No bytes: the end, or a packet whose bytes are in its first descriptor.
  if (packet.fds.empty()) return Received::kClosed;
  packet.bytes = ReadSpilled(packet.fds.front().get());
  packet.fds.erase(packet.fds.begin());
  return Received::kPacket;
}

}  // namespace mayfly

#include "launch/init_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "child/syscalls.h"
#include "launch/nested_clone.h"

namespace mayfly {
namespace {

// Above every number that the init uses, so that putting one in place cannot overwrite another.
constexpr int kFirstSpare = 16;

// In the child: its two descriptors at the numbers that init.h names.
void PlaceDescriptors(int socket, int status) {
  const int spare_socket = fcntl(socket, F_DUPFD_CLOEXEC, kFirstSpare);
  const int spare_status = fcntl(status, F_DUPFD_CLOEXEC, kFirstSpare);
  dup3(spare_socket, kLauncherSocket, O_CLOEXEC);
  dup3(spare_status, kStatusPipe, O_CLOEXEC);
}

}  // namespace

Result<InitProcess> StartInit(const SandboxPlan& plan, int pid_namespace) {
  Result<SocketPair> sockets = CreateSocketPair();
  if (!sockets) return sockets.error();
  const UniqueFd theirs = std::move(sockets.value().theirs);
  InitProcess init;
  init.socket = std::move(sockets.value().ours);
  // So that a message of the main process tells its number here.
  const int on = 1;
  if (setsockopt(init.socket.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
    return Error{"setsockopt", "SO_PASSCRED", errno, ""};
  }
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return Error{"pipe", "", errno, ""};
  init.status.Reset(pipe_ends[0]);
  const UniqueFd status_writer(pipe_ends[1]);

  int pidfd = -1;
  clone_args arguments = {};
  arguments.flags = CLONE_NEWPID | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  const InitPlan steps = plan.init();
  const auto run = [&] {
    PlaceDescriptors(theirs.get(), status_writer.get());
    RunInit(steps);
  };
  init.pid = pid_namespace < 0 ? sys::Clone3(arguments) : CloneBelow(pid_namespace, arguments, run);
  if (init.pid == 0) run();
  if (init.pid < 0) return Error{"clone", "init", errno, errno == EPERM ? "the worker needs CAP_SYS_ADMIN" : ""};
  init.pidfd.Reset(pidfd);
  return init;
}

Status SendGo(const InitProcess& init, const EntryDescriptors& descriptors) {
  const GoMessage go = {descriptors.has_control ? 1 : 0, static_cast<std::int32_t>(descriptors.joins.size()),
                        descriptors.clone_into >= 0 ? 1 : 0};
  std::vector<int> fds;
  for (const UniqueFd& fd : descriptors.stdio) fds.push_back(fd.get());
  fds.insert(fds.end(), descriptors.joins.begin(), descriptors.joins.end());
  if (descriptors.clone_into >= 0) fds.push_back(descriptors.clone_into);
  return SendPacket(init.socket.get(), {reinterpret_cast<const char*>(&go), sizeof go}, fds);
}

// A call of its own, in place of ReceivePacket: a function's code may hold the other end while it waits for its call, so
// nothing is taken but one report of its size and, from an init, its namespaces. Whatever else comes is the end.
Received HearReport(const UniqueFd& socket, HeardReport& heard) {
  heard = {};
  iovec body = {&heard.report, sizeof heard.report};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kInitNamespaceCount) + CMSG_SPACE(sizeof(ucred))];
  msghdr message = {};
  message.msg_iov = &body;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t size = recvmsg(socket.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size < 0) return errno == EAGAIN || errno == EINTR ? Received::kNothingYet : Received::kClosed;
  Packet beside;
  TakeControl(message, beside);
  heard.sender = beside.sender;
  heard.fds = std::move(beside.fds);
  const bool is_whole = size == sizeof heard.report && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
  return is_whole ? Received::kPacket : Received::kClosed;
}

}  // namespace mayfly

// A process by its descriptor, whose number nobody else can come to have.
#pragma once

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mayfly {

inline void SendSigkill(int pidfd) { (void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0); }

// Takes the end of a child, once the descriptor is readable. 0, or -1 and errno.
inline int WaitFor(int pidfd, siginfo_t& end) {
  // P_PIDFD is not in every C library's enumeration.
  return waitid(static_cast<idtype_t>(3), static_cast<id_t>(pidfd), &end, WEXITED);
}

}  // namespace mayfly

// Who the main process is. Its user namespace comes last, and every other namespace is owned by the host's: in those it
// has no power, whatever it may be called in its own.
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "child/operations.h"

namespace mayfly {
namespace {

constexpr unsigned long kLockedSecurebits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                            SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                            SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

}  // namespace

// The raw calls: glibc's setresuid() would signal the threads it knows of, which a forked child need not have.
int SetUser(std::uint64_t uid, std::uint64_t gid) {
  // A launcher without root runs sandboxes as its own user, called 0 in its namespace, and may not drop its groups.
  const bool is_rootless = uid == 0;
  if (syscall(SYS_setgroups, 0, nullptr) != 0 && !is_rootless) return errno;
  if (syscall(SYS_setresgid, gid, gid, gid) != 0) return errno;
  if (syscall(SYS_setresuid, uid, uid, uid) != 0) return errno;
  // A change of user makes /proc/self root's, and the process could not write its own uid_map.
  return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 ? 0 : errno;
}

// Who executes a program as root gets what its bounding set holds.
int LimitCapabilities(std::uint64_t within_reach) {
  for (unsigned long capability = 0;; capability++) {
    if (capability < 64 && ((within_reach >> capability) & 1) != 0) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return errno == EINVAL ? 0 : errno;
  }
}

int KeepCapabilities(std::uint64_t kept) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  for (unsigned part = 0; part < _LINUX_CAPABILITY_U32S_3; part++) {
    data[part].effective = data[part].permitted = static_cast<std::uint32_t>(kept >> (32 * part));
  }
  return syscall(SYS_capset, &header, data) == 0 ? 0 : errno;
}

// Explicit, for a process whose old user was not its user namespace's root keeps every capability it had.
int DropCapabilities() {
  if (prctl(PR_SET_SECUREBITS, kLockedSecurebits, 0, 0, 0) != 0) return errno;
  // Up to the kernel's last, which answers EINVAL to the one after it.
  for (unsigned long capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;) capability++;
  if (errno != EINVAL) return errno;
  return KeepCapabilities(0);
}

int LoadFilter(const void* filter, std::size_t size) {
  // The kernel only reads the program; its structure was declared without const.
  sock_fprog program = {static_cast<unsigned short>(size / sizeof(sock_filter)),
                        static_cast<sock_filter*>(const_cast<void*>(filter))};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0 ? 0 : errno;
}

}  // namespace mayfly

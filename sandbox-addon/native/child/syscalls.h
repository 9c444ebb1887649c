// System calls that older C libraries have no function for. Each gives 0 or more, or -1 and errno.
#pragma once

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

namespace mayfly::sys {

inline int OpenTree(int directory, const char* path, unsigned flags) {
  return static_cast<int>(syscall(SYS_open_tree, directory, path, flags));
}

inline int MoveMount(int mount, const char* target) {
  return static_cast<int>(syscall(SYS_move_mount, mount, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH));
}

inline int SetMountAttributes(int directory, const char* path, unsigned flags, mount_attr attributes) {
  return static_cast<int>(syscall(SYS_mount_setattr, directory, path, flags, &attributes, sizeof attributes));
}

inline int OpenFilesystem(const char* type) {
  return static_cast<int>(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
}

inline int ConfigureFilesystem(int context, unsigned command, const char* key, const char* value) {
  return static_cast<int>(syscall(SYS_fsconfig, context, command, key, value, 0));
}

inline int PickFilesystem(const char* path) {
  return static_cast<int>(syscall(SYS_fspick, AT_FDCWD, path, FSPICK_CLOEXEC));
}

inline int MountFilesystem(int context, unsigned attributes) {
  return static_cast<int>(syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes));
}

inline int PivotRoot(const char* new_root, const char* put_old) {
  return static_cast<int>(syscall(SYS_pivot_root, new_root, put_old));
}

inline pid_t Clone3(clone_args arguments) {
  return static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof arguments));
}

inline int CloseRange(unsigned first, unsigned last) {
  return static_cast<int>(syscall(SYS_close_range, first, last, 0));
}

}  // namespace mayfly::sys

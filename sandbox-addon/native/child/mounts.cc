// The private root: sources are opened as detached mounts while the host's tree is in sight, then the root is entered,
// then they are attached in it. A symbolic link in a function's code is thus never followed outside of the new root.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "child/operations.h"
#include "child/syscalls.h"

namespace mayfly {
namespace {

constexpr mode_t kStickyForAll = 01777;

mount_attr Set(std::uint64_t attributes) {
  mount_attr result = {};
  result.attr_set = attributes;
  return result;
}

int OpenClone(const char* path, int& slot) {
  slot = sys::OpenTree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  return slot < 0 ? errno : 0;
}

// A directory of the scratch tmpfs. mkdir() heeds the umask, and has no sticky bit where that matters.
int OpenScratchDirectory(const char* name, int& slot) {
  if (mkdir(name, kStickyForAll) != 0 || chmod(name, kStickyForAll) != 0) return errno;
  return OpenClone(name, slot);
}

// pivot_root(".", ".") stacks the old root on the new one (pivot_root(2), notes); detaching takes the host away.
int PivotTo(const char* mount_point) {
  if (chdir(mount_point) != 0) return errno;
  if (sys::PivotRoot(".", ".") != 0) return errno;
  if (umount2(".", MNT_DETACH) != 0) return errno;
  return chdir("/") == 0 ? 0 : errno;
}

}  // namespace

int OpenTree(const char* path, std::uint64_t attributes, int& slot) {
  if (const int code = OpenClone(path, slot); code != 0) return code;
  const int result = sys::SetMountAttributes(slot, "", AT_EMPTY_PATH | AT_RECURSIVE, Set(attributes));
  return result == 0 ? 0 : errno;
}

// hidepid: the init is of another user, and what it is and has is nothing to the function.
int OpenProc(int& slot) {
  const int context = sys::OpenFilesystem("proc");
  if (context < 0) return errno;
  const bool created = sys::ConfigureFilesystem(context, FSCONFIG_SET_STRING, "hidepid", "invisible") == 0 &&
                       sys::ConfigureFilesystem(context, FSCONFIG_CMD_CREATE, nullptr, nullptr) == 0;
  if (created) slot = sys::MountFilesystem(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  const int code = created && slot >= 0 ? 0 : errno;
  close(context);
  return code;
}

// One tmpfs under both, so that one cap holds for their sum. The mount that was needed to make the two directories goes
// with the host's tree: unmounting it by itself would wait for an RCU grace period of its own.
int OpenScratch(const char* mount_point, const char* options, int& tmp_slot, int& shm_slot) {
  if (mount("tmpfs", mount_point, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) return errno;
  if (chdir(mount_point) != 0) return errno;
  if (const int code = OpenScratchDirectory("tmp", tmp_slot); code != 0) return code;
  return OpenScratchDirectory("shm", shm_slot);
}

// Of the file system, not of one of its mounts.
int ResizeScratch(const char* mount, const char* bytes, const char* inodes) {
  const int context = sys::PickFilesystem(mount);
  if (context < 0) return errno;
  const bool resized = sys::ConfigureFilesystem(context, FSCONFIG_SET_STRING, "size", bytes) == 0 &&
                       sys::ConfigureFilesystem(context, FSCONFIG_SET_STRING, "nr_inodes", inodes) == 0 &&
                       sys::ConfigureFilesystem(context, FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr) == 0;
  const int code = resized ? 0 : errno;
  close(context);
  return code;
}

int EnterNewRoot(const char* mount_point, const char* options) {
  if (mount("tmpfs", mount_point, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) return errno;
  return PivotTo(mount_point);
}

// A root that was built before, with all that is mounted in it.
int EnterTemplate(int& slot, const char* mount_point) {
  if (const int code = Attach(slot, mount_point); code != 0) return code;
  return PivotTo(mount_point);
}

// Who builds a template stays where the sources are; no symbolic link of theirs leads it out of the new root.
int BuildTemplate(const char* mount_point, const char* options) {
  if (mount("tmpfs", mount_point, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) return errno;
  return chroot(mount_point) == 0 && chdir("/") == 0 ? 0 : errno;
}

int Attach(int& slot, const char* target) {
  if (sys::MoveMount(slot, target) != 0) return errno;
  close(slot);
  slot = -1;
  return 0;
}

int Mask(const char* target, const char* cover) {
  return mount(cover, target, nullptr, MS_BIND, nullptr) == 0 ? 0 : errno;
}

int MakeReadOnly(const char* target) {
  return sys::SetMountAttributes(AT_FDCWD, target, 0, Set(MOUNT_ATTR_RDONLY)) == 0 ? 0 : errno;
}

int BindReadOnly(const char* target) {
  if (mount(target, target, nullptr, MS_BIND, nullptr) != 0) return errno;
  return MakeReadOnly(target);
}

}  // namespace mayfly

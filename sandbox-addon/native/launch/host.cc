#include "launch/host.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "child/operations.h"

namespace mayfly {
namespace {

struct DeviceNode {
  const char* name;
  unsigned int minor;
};
// All of the memory driver (major 1): no terminal, no disk, nothing that remembers.
constexpr unsigned int kMemoryMajor = 1;
constexpr std::array kDeviceNodes = {DeviceNode{"null", 3}, DeviceNode{"zero", 5}, DeviceNode{"full", 7},
                                     DeviceNode{"random", 8}, DeviceNode{"urandom", 9}};
constexpr std::array<std::pair<const char*, const char*>, 4> kDeviceLinks = {{{"fd", "/proc/self/fd"},
                                                                              {"stdin", "/proc/self/fd/0"},
                                                                              {"stdout", "/proc/self/fd/1"},
                                                                              {"stderr", "/proc/self/fd/2"}}};

// As in the OCI runtimes' defaults: addresses, keys, logs and timers of the host's kernel, beside
// what it was booted with and who holds which lock …
constexpr std::array kMaskedFiles = {"/proc/kcore",      "/proc/kallsyms",   "/proc/kmsg",          "/proc/keys",
                                     "/proc/key-users",  "/proc/timer_list", "/proc/timer_stats",   "/proc/sched_debug",
                                     "/proc/interrupts", "/proc/slabinfo",   "/proc/sysrq-trigger", "/proc/latency_stats",
                                     "/proc/cmdline",    "/proc/locks"};
// … devices, firmware and how busy the host is …
constexpr std::array kMaskedDirectories = {"/proc/acpi", "/proc/scsi", "/proc/asound", "/proc/pressure"};
// … and what would take a write.
constexpr std::array kReadOnly = {"/proc/sys", "/proc/bus", "/proc/fs", "/proc/irq"};

// Directories that are there on every host and that no sandbox is given. The store covers one of them, in the
// launcher's own mount namespace only, so that nothing has to be made, and nothing stays behind after a SIGKILL.
constexpr std::array kStoreCandidates = {"/sys/kernel", "/mnt", "/media"};

Error Failed(const char* what, const std::string& path) { return Error{what, path, errno, ""}; }

template <typename List>
std::vector<std::string> Existing(const List& paths) {
  std::vector<std::string> found;
  for (const char* path : paths) {
    if (access(path, F_OK) == 0) found.emplace_back(path);
  }
  return found;
}

// Without CAP_MKNOD, as in a container, the host's own node is bound in its place.
Status MakeDeviceNode(const std::string& path, const DeviceNode& node) {
  constexpr mode_t kForAll = S_IFCHR | 0666;
  if (mknod(path.c_str(), kForAll, makedev(kMemoryMajor, node.minor)) == 0) return Success();
  if (mknod(path.c_str(), S_IFREG | 0666, 0) != 0) return Failed("mknod", path);
  const std::string host = std::string("/dev/") + node.name;
  if (mount(host.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0) return Failed("bind", host);
  return Success();
}

Status FillDev(const std::string& dev) {
  if (mount("tmpfs", dev.c_str(), "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755,size=64k") != 0) {
    return Failed("mount", dev);
  }
  for (const DeviceNode& node : kDeviceNodes) {
    if (Status made = MakeDeviceNode(dev + "/" + node.name, node); !made) return made;
  }
  for (const auto& [name, to] : kDeviceLinks) {
    const std::string path = dev + "/" + name;
    if (symlink(to, path.c_str()) != 0) return Failed("symlink", path);
  }
  const std::string shm = dev + "/shm";
  if (mkdir(shm.c_str(), 0755) != 0) return Failed("mkdir", shm);
  return SealMount(dev);
}

Status BecomeRootOfOwnUserNamespace() {
  const std::string uid_map = "0 " + std::to_string(geteuid()) + " 1";
  const std::string gid_map = "0 " + std::to_string(getegid()) + " 1";
  if (unshare(CLONE_NEWUSER) != 0) {
    return Error{"unshare", "user namespace", errno,
                 "run the worker as root, or allow user namespaces (sysctl user.max_user_namespaces, "
                 "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)"};
  }
  for (const auto& [path, text] : {std::pair{"/proc/self/setgroups", std::string("deny")},
                                   std::pair{"/proc/self/uid_map", uid_map}, std::pair{"/proc/self/gid_map", gid_map}}) {
    if (const int code = WriteFile(path, text.c_str()); code != 0) return Error{"write", path, code, ""};
  }
  return Success();
}

}  // namespace

Result<Privilege> LeaveHostMounts() {
  const Privilege privilege = geteuid() == 0 ? Privilege::kRoot : Privilege::kRootless;
  if (privilege == Privilege::kRootless) {
    if (Status become = BecomeRootOfOwnUserNamespace(); !become) return become.error();
  }
  if (unshare(CLONE_NEWNS) != 0) {
    return Error{"unshare", "mount namespace", errno, "the worker needs CAP_SYS_ADMIN"};
  }
  // Private: what is mounted here is not passed on to the host, and what the host mounts does not come in.
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return Failed("mount", "/ private");
  return privilege;
}

Result<Store> CreateStore() {
  const std::vector<std::string> places = Existing(kStoreCandidates);
  if (places.empty()) return Error{"create store", kStoreCandidates.front(), ENOENT, "mount sysfs at /sys"};
  Store store;
  store.directory = places.front();
  store.new_root = store.directory + "/root";
  store.scratch = store.directory + "/scratch";
  store.dev = store.directory + "/dev";
  store.empty = store.directory + "/empty";
  if (Status mounted = MountTmpfs(store.directory, "mode=0700"); !mounted) return mounted.error();
  for (const std::string& path : {store.new_root, store.scratch, store.dev, store.empty}) {
    if (mkdir(path.c_str(), 0700) != 0) return Failed("mkdir", path);
  }
  if (Status filled = FillDev(store.dev); !filled) return filled.error();
  if (Status mounted = MountTmpfs(store.empty, "mode=0555,size=0,nr_inodes=2"); !mounted) return mounted.error();
  if (Status sealed = SealMount(store.empty); !sealed) return sealed.error();
  store.masked_files = Existing(kMaskedFiles);
  store.masked_directories = Existing(kMaskedDirectories);
  store.read_only = Existing(kReadOnly);
  return store;
}

Status MountTmpfs(const std::string& path, const std::string& options) {
  if (mount("tmpfs", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) return Failed("mount", path);
  return Success();
}

Status SealMount(const std::string& path) {
  if (const int code = MakeReadOnly(path.c_str()); code != 0) return Error{"make read-only", path, code, ""};
  return Success();
}

}  // namespace mayfly

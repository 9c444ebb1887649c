// The launcher's own surroundings: a private mount namespace with a tmpfs in it, the store, that nobody else sees.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace mayfly {

// Where the store's parts are, in the launcher's mount namespace.
struct Store {
  std::string directory;
  // Mount points for each sandbox's own mount namespace.
  std::string new_root;
  std::string scratch;
  // /dev of every sandbox: the harmless nodes, the links to /proc/self/fd, and the mount point shm.
  std::string dev;
  // A directory with nothing in it, to cover others with.
  std::string empty;
  // What of the kernel's /proc to cover, of that which is there.
  std::vector<std::string> masked_files;
  std::vector<std::string> masked_directories;
  std::vector<std::string> read_only;
};

enum class Privilege : std::uint8_t {
  kRoot,
  // The launcher is root of a user namespace in which it is the only user.
  kRootless,
};

// Leaves the host's mount namespace for a private one; without root, by way of a user namespace of its own. Must be
// called before anything else is opened.
[[nodiscard]] Result<Privilege> LeaveHostMounts();

[[nodiscard]] Result<Store> CreateStore();

// A read-only tmpfs for contents that are the launcher's: mounted writable, sealed when they are complete.
[[nodiscard]] Status MountTmpfs(const std::string& path, const std::string& options);
[[nodiscard]] Status SealMount(const std::string& path);

}  // namespace mayfly

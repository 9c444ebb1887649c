#include "launch/tmpfs_usage.h"

#include <sys/vfs.h>

#include <string>

namespace mayfly {

std::optional<std::uint64_t> ReadTmpfsBytes(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/root/tmp";
  struct statfs usage = {};
  if (statfs(path.c_str(), &usage) != 0) return std::nullopt;
  return (usage.f_blocks - usage.f_bfree) * static_cast<std::uint64_t>(usage.f_bsize);
}

}  // namespace mayfly

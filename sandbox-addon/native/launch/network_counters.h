#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace mayfly {

struct NetworkBytes {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
};

// What went over the interfaces of a process's network namespace, loopback left out: bytes that stay inside are no
// traffic. Nothing where the process is gone.
[[nodiscard]] std::optional<NetworkBytes> ReadNetworkBytes(pid_t pid);

// From the text of /proc/<pid>/net/dev.
[[nodiscard]] NetworkBytes ParseNetworkBytes(std::string_view net_dev);

}  // namespace mayfly

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace mayfly {

// Bytes that a process's /tmp holds now, in whole pages. Nothing where the process is gone.
[[nodiscard]] std::optional<std::uint64_t> ReadTmpfsBytes(pid_t pid);

}  // namespace mayfly

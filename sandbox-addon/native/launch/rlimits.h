// setrlimit(2)'s resources by the names that a manifest uses.
#pragma once

#include <cstdint>
#include <optional>

#include "launch/requests.h"

namespace mayfly {

struct Rlimit {
  int resource;
  std::uint64_t soft;
  std::uint64_t hard;
};

// Never above the launcher's own hard limit, which only CAP_SYS_RESOURCE may raise. Nothing for an unknown name.
[[nodiscard]] std::optional<Rlimit> AllowedRlimit(const RlimitMessage& limit);

}  // namespace mayfly

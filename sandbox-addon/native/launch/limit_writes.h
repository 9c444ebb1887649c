// Limits as the addon names them, for the cgroups that carry them out.
#pragma once

#include <vector>

#include "cgroup/cgroup.h"
#include "launch/requests.h"

namespace mayfly {

[[nodiscard]] inline std::vector<LimitWrite> ToLimitWrites(const std::vector<CgroupWriteMessage>& messages) {
  std::vector<LimitWrite> writes;
  writes.reserve(messages.size());
  for (const CgroupWriteMessage& message : messages) {
    writes.push_back({.controller = message.controller,
                      .file = message.file,
                      .value = message.value,
                      .best_effort = message.best_effort});
  }
  return writes;
}

}  // namespace mayfly

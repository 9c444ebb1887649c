// What this kernel lets us do, found out by doing it in a child process that ends at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "launch/answers.h"

namespace mayfly {

struct NamespaceKind {
  // As in /proc/<pid>/ns.
  const char* name;
  std::uint64_t flag;
};
[[nodiscard]] const std::vector<NamespaceKind>& NamespaceKinds();

// The kinds that cannot be made, each with its errno as a word.
[[nodiscard]] std::vector<MissingMessage> FindMissingNamespaces();

// Empty, or the one reason why no filter can be loaded.
[[nodiscard]] std::vector<MissingMessage> FindMissingSeccomp();

}  // namespace mayfly

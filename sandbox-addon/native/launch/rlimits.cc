#include "launch/rlimits.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace mayfly {
namespace {

struct Resource {
  std::string_view name;
  __rlimit_resource number;
};
// RLIMIT_AS is not among them: V8 reserves far more address space than it uses.
constexpr std::array kResources = {
    Resource{"core", RLIMIT_CORE},         Resource{"cpu", RLIMIT_CPU},
    Resource{"data", RLIMIT_DATA},         Resource{"fsize", RLIMIT_FSIZE},
    Resource{"locks", RLIMIT_LOCKS},       Resource{"memlock", RLIMIT_MEMLOCK},
    Resource{"msgqueue", RLIMIT_MSGQUEUE}, Resource{"nofile", RLIMIT_NOFILE},
    Resource{"nproc", RLIMIT_NPROC},       Resource{"sigpending", RLIMIT_SIGPENDING},
    Resource{"stack", RLIMIT_STACK},
};

}  // namespace

std::optional<Rlimit> AllowedRlimit(const RlimitMessage& limit) {
  const auto* found = std::ranges::find(kResources, limit.name, &Resource::name);
  if (found == kResources.end()) return std::nullopt;
  rlimit own = {};
  if (getrlimit(found->number, &own) != 0) return std::nullopt;
  const std::uint64_t hard = std::min<std::uint64_t>(limit.hard, own.rlim_max);
  return Rlimit{found->number, std::min(limit.soft, hard), hard};
}

}  // namespace mayfly

// A zygote's way from clone to the runtime's own program, and what it says to the launcher.
#pragma once

#include <cstdint>

#include "child/init.h"
#include "child/step.h"

namespace mayfly {

enum class ZygoteReportKind : std::int32_t {
  // A step between clone and exec failed: `id` is its index.
  kStartFailed,
  kReady,
  // The copy `id` could not be forked. One that could be speaks for itself, with an InitReport.
  kCopyFailed,
};

struct ZygoteReport {
  ZygoteReportKind kind;
  std::int32_t code;
  std::uint64_t id;
};

// In the child of clone3, which shares no mount namespace with the host. `context` holds its descriptors.
[[noreturn]] void RunZygote(const InitPlan& plan, StepContext& context);

}  // namespace mayfly

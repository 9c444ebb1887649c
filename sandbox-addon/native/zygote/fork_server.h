// What runs inside a zygote, whatever its runtime: it serves the launcher's requests for copies of the process.
//
// A copy ("main process" of a sandbox) is a child of its sandbox's init, not of the zygote: see copy.h. All walls of the
// sandbox stand before any code of the runtime runs in it.
#pragma once

#include <vector>

#include "child/step.h"

namespace mayfly::zygote {

enum class Served {
  kForked,
  // In a copy that will be copied itself: no wall stands yet, and EnterAsSnapshot of snapshot.h comes next.
  kSnapshot,
  kLauncherGone
};

// In the zygote, on its main thread, which must be its only one. Says that it is ready, then blocks for good; returns
// in a copy only. `close_in_child`: what a copy must not have, besides what the server itself uses.
[[nodiscard]] Served Serve(const std::vector<DescriptorRange>& close_in_child);

// In a copy: somebody waits, for it or for others, so nothing should be done that only a quiet moment has the time for.
[[nodiscard]] bool IsHurried();

// In a copy: says that it is parked and waits for its one call. Then descriptors 0 to 3, environment, limits and the
// current directory are those of the call. False: none will come.
[[nodiscard]] bool AwaitCall();

}  // namespace mayfly::zygote

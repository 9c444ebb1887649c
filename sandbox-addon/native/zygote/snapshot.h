// A copy of a zygote that runs a function's module scope once, in a sandbox of its own like any call's, and is then copied
// itself for each call. It takes the places of its copies first, while it is still what the zygote is; then its walls go
// up for good, and only then does it hear whose function it is.
#pragma once

#include <memory>
#include <vector>

#include "zygote/copy_order.h"

namespace mayfly::zygote {

// Where a snapshot hears the launcher once its call has taken the socket's place.
constexpr int kOrdersSocket = kReadyPipe;

// Of the fork server: this process is a snapshot from here on, and has none of `leftovers` any more.
void BeginSnapshot(std::unique_ptr<CopyOrder> order, const std::vector<DescriptorRange>& leftovers);
[[nodiscard]] bool IsSnapshot();
[[nodiscard]] bool IsCopyOfSnapshot();

// After Serve has returned kSnapshot and the runtime is whole again, before any code that is not ours: takes the places of
// its copies, and goes behind its own walls. AwaitCall comes next. False: the launcher is gone.
[[nodiscard]] bool EnterAsSnapshot();

// Once the function is loaded, on the main thread, which must be the only one: blocks for good, and returns in a copy
// only, in which AwaitCall comes next. False: the launcher is gone.
[[nodiscard]] bool ServeCopies();

}  // namespace mayfly::zygote

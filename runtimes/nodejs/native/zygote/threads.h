// A copy has none of the other threads, and a lock that one of them held would stay locked in it for ever.
#pragma once

#include "refusal.h"

namespace mayfly::zygote {

// Refuses where a thread runs besides the main one and those of Node's own pool, which have nothing to do any more.
[[nodiscard]] Refusal CheckThreads();

}  // namespace mayfly::zygote

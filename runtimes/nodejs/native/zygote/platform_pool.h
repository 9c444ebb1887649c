// Puts threads of our own behind Node's platform, in place of its pool, which no copy of the process would have.
//
// Without them nothing fails at once: asynchronous WebAssembly compilation hangs for ever, and hot code stays slow.
#pragma once

#include <v8-isolate.h>

#include "refusal.h"

namespace mayfly::zygote {

// From here on V8's background work comes to our threads. Once per process.
[[nodiscard]] Refusal InterposePlatform(v8::Isolate* isolate);

// No background task is left, and no thread of ours. The next task starts one.
void StopPlatformThreads(v8::Isolate* isolate);

}  // namespace mayfly::zygote

// When this process began: a copy's time starts with its call.
#pragma once

#include <v8-isolate.h>

#include "refusal.h"

namespace mayfly::zygote {

// Finds every place that keeps the beginning. `time_origin_ms` is `performance.timeOrigin`.
[[nodiscard]] Refusal FindClocks(v8::Isolate* isolate, double time_origin_ms);

// Now is the beginning, for `performance.now()` and `timeOrigin`, `nodeTiming`, `process.uptime()`.
void RestartClocks(v8::Isolate* isolate);

}  // namespace mayfly::zygote

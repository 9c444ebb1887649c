// How a copy ends: at once. Node's own way joins threads that a copy does not have, and hangs.
#pragma once

#include <v8-isolate.h>

#include "refusal.h"

namespace mayfly::zygote {

// `process.exit` and fatal errors end with their code, and an empty event loop with `process.exitCode`, each after all
// that Node runs before: exit listeners, clean-up hooks of addons, the end of worker threads.
[[nodiscard]] Refusal EndWithoutJoining(v8::Isolate* isolate);

}  // namespace mayfly::zygote

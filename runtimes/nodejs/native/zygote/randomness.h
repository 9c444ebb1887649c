// Siblings start from one memory, so each must be given randomness of its own before it draws any.
#pragma once

#include <v8-isolate.h>

#include "refusal.h"

namespace mayfly::zygote {

// Finds the generator from which V8 seeds `Math.random` in every context and draws identity hashes.
[[nodiscard]] Refusal FindGenerator(v8::Isolate* isolate);

// In a copy.
[[nodiscard]] Refusal Reseed();

}  // namespace mayfly::zygote

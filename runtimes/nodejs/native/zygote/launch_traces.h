// What the kernel shows of how this process was launched (/proc/self/cmdline, /proc/self/environ) is its own memory, and
// a copy shows the same.
#pragma once

#include "refusal.h"

namespace mayfly::zygote {

// Moves the environment elsewhere and blanks the place where it was handed over.
[[nodiscard]] Refusal BlankLaunchEnvironment();

}  // namespace mayfly::zygote

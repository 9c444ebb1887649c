// A process that begins in a function of its own, on a stack of its own: what clone3 is to a process that shares memory.
#pragma once

#include <linux/sched.h>

namespace mayfly::sys {

// The C library has no function for it. The child's number or a negative errno; `entry` must not return.
long CloneOnStack(clone_args& arguments, void (*entry)());

}  // namespace mayfly::sys

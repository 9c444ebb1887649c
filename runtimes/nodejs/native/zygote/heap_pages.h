// V8 marks its heap MADV_DONTFORK: in a copy the memory would not be there, and the first line of JavaScript would be a
// segmentation fault.
#pragma once

#include "refusal.h"

namespace mayfly::zygote {

// After the last allocation before copying: a page that V8 maps later is marked again.
[[nodiscard]] Refusal LetHeapBeCopied();

// What is mapped shared (io_uring's rings, of loops that no copy runs) would be one memory of all copies, through which
// one call could leave something to another. The kernel leaves it out of a copy.
[[nodiscard]] Refusal KeepSharedMemory();

}  // namespace mayfly::zygote

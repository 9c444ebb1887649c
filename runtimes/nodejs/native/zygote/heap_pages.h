// V8 marks its heap MADV_DONTFORK: in a copy the memory would not be there, and the first line of JavaScript would be a
// segmentation fault.
#pragma once

#include "refusal.h"

namespace mayfly::zygote {

// After the last allocation before copying: a page that V8 maps later is marked again.
[[nodiscard]] Refusal LetHeapBeCopied();

}  // namespace mayfly::zygote

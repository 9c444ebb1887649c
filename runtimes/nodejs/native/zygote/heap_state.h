// V8's and the C library's memory in a state from which a copy has little left to do. Every page that a copy writes to
// is a fault and a page of its own.
#pragma once

#include <v8-isolate.h>

namespace mayfly::zygote {

// Before the first line of JavaScript is compiled.
void ChooseCompilation();

// After the last that allocates. What was compiled is kept.
void SettleHeap(v8::Isolate* isolate);

}  // namespace mayfly::zygote

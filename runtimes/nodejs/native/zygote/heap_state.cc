#include "heap_state.h"

#include <v8-profiler.h>
#include <v8.h>

#include <cstdlib>
#include <vector>

namespace mayfly::zygote {
namespace {

struct Nothing : v8::QueryObjectPredicate {
  bool Filter(v8::Local<v8::Object> /*object*/) override { return false; }
};

}  // namespace

void ChooseCompilation() {
  // Most copies live for a few milliseconds: a thread costs them more than the small compilations that it would take over.
  v8::V8::SetFlagsFromString("--no-concurrent-sparkplug");
}

void SettleHeap(v8::Isolate* isolate) {
  // V8 throws compiled code away in a thorough collection.
  v8::V8::SetFlagsFromString("--no-flush-bytecode");
  // A search through the whole heap collects garbage before, and then sweeps all of it: a plain collection leaves the
  // sweeping, page by page, to whoever allocates next, which is every copy.
  const v8::HandleScope scope(isolate);
  Nothing nothing;
  std::vector<v8::Global<v8::Object>> found;
  isolate->GetHeapProfiler()->QueryObjects(isolate->GetCurrentContext(), &nothing, &found);
  v8::V8::SetFlagsFromString("--flush-bytecode");
  // A large request makes the C library put its small free pieces together, which the first copy's would do else.
  constexpr std::size_t kLarge = 100UL * 1024;
  std::free(std::malloc(kLarge));
}

}  // namespace mayfly::zygote

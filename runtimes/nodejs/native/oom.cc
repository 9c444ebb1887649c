// Tells the worker that V8's heap is full, by V8's own word: its out-of-memory callback writes a frame to the control
// channel and aborts. Without it the process would die of SIGABRT, as many others do.
//
// It registers as a Node-API module and needs two symbols of V8, which have not changed from Node 20 to 24, so that
// one binary serves them all.

#include <cstdlib>
#include <unistd.h>

#include <node_api.h>
#include <v8-isolate.h>

namespace {

constexpr int kControlFd = 3;

// Length 0 (u32, big endian), type 19: see protocol/frames.ts.
constexpr unsigned char kHeapOomFrame[] = {0, 0, 0, 0, 19};

constexpr char kMessage[] = "FATAL ERROR: JavaScript heap out of memory\n";

// Runs with no heap left: plain writes only, and a failed one changes nothing.
void OnOutOfMemory(const char*, const v8::OOMDetails&) {
  if (write(kControlFd, kHeapOomFrame, sizeof kHeapOomFrame) < 0) std::abort();
  if (write(STDERR_FILENO, kMessage, sizeof kMessage - 1) < 0) std::abort();
  std::abort();
}

}  // namespace

extern "C" __attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env, napi_value exports) {
  v8::Isolate::GetCurrent()->SetOOMErrorHandler(OnOutOfMemory);
  return exports;
}

extern "C" __attribute__((visibility("default"))) int32_t node_api_module_get_api_version_v1() { return 8; }

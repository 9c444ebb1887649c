#include "exit.h"

#include <node.h>
#include <unistd.h>
#include <v8.h>

#include <cstdint>
#include <vector>

#include "memory_map.h"

namespace mayfly::zygote {
namespace {

// What is behind `process.exitCode`, in Node's order.
struct ExitFields {
  std::int32_t is_exiting;
  std::int32_t code;
  std::int32_t has_code;
};

const ExitFields* fields = nullptr;

void SetExitCode(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  const auto context = isolate->GetCurrentContext();
  const auto name = [&](const char* text) { return v8::String::NewFromUtf8(isolate, text).ToLocalChecked(); };
  const auto process = context->Global()->Get(context, name("process")).ToLocalChecked().As<v8::Object>();
  process->Set(context, name("exitCode"), value).Check();
}

// Nothing hands the fields out, but they can be written: a code that nobody uses shows where they are.
std::vector<void*> FindFields(v8::Isolate* isolate, std::int32_t code) {
  SetExitCode(isolate, v8::Integer::New(isolate, code));
  return SearchHeap(sizeof(ExitFields), alignof(ExitFields), [code](const void* place) {
    const auto* const found = static_cast<const ExitFields*>(place);
    return found->is_exiting == 0 && found->code == code && found->has_code == 1;
  });
}

void RegisterEnd(void* isolate);

// Node runs what is registered for its end before a signal to itself, an execve and reallyExit, too. Those are called by
// JavaScript and go on by themselves; where the process outlives them, as it does a signal that it listens to, Node has
// forgotten all that was registered.
void EndNow(void* isolate) {
  auto* const own = static_cast<v8::Isolate*>(isolate);
  const v8::HandleScope scope(own);
  if (v8::StackTrace::CurrentStackTrace(own, 1)->GetFrameCount() > 0) return own->EnqueueMicrotask(RegisterEnd, isolate);
  _exit(fields->has_code != 0 ? fields->code : 0);
}

void RegisterEnd(void* isolate) {
  auto* const own = static_cast<v8::Isolate*>(isolate);
  const v8::HandleScope scope(own);
  node::AtExit(node::GetCurrentEnvironment(own->GetCurrentContext()), EndNow, isolate);
}

}  // namespace

Refusal EndWithoutJoining(v8::Isolate* isolate) {
  constexpr std::int32_t kRareCode = 0x2b6d5a17;
  constexpr std::int32_t kOtherCode = 0x51c3e94b;
  const v8::HandleScope scope(isolate);
  const std::vector<void*> hits = FindFields(isolate, kRareCode);
  const std::vector<void*> again = FindFields(isolate, kOtherCode);
  SetExitCode(isolate, v8::Undefined(isolate));
  if (hits.size() != 1 || again != hits) return "the place of process.exitCode is not exactly one";
  fields = static_cast<const ExitFields*>(hits.front());
  if (fields->has_code != 0) return "the fields of process.exitCode are not in the order that is known";

  auto* const environment = node::GetCurrentEnvironment(isolate->GetCurrentContext());
  node::SetProcessExitHandler(environment, [](node::Environment*, int code) { _exit(code); });
  // Registered first, so that it is the last to be called.
  node::AtExit(environment, EndNow, isolate);
  return {};
}

}  // namespace mayfly::zygote

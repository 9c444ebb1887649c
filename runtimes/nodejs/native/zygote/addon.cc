// What the zygote's script calls: prepare() once, then serve(), which returns in a copy only, then awaitCall().
//
// Written against Node's C++ interface, of which Node-API has no counterpart: one build serves one Node.

#include <node.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>
#include <v8.h>

#include <vector>

#include "clocks.h"
#include "descriptors.h"
#include "exit.h"
#include "heap_pages.h"
#include "heap_state.h"
#include "huge_pages.h"
#include "launch_traces.h"
#include "platform_pool.h"
#include "randomness.h"
#include "threads.h"
#include "zygote/fork_server.h"
#include "zygote/snapshot.h"

namespace mayfly::zygote {
namespace {

using Arguments = v8::FunctionCallbackInfo<v8::Value>;

// Of a snapshot.
OpenDescriptors open_before_load;

// True where it threw.
bool Throw(v8::Isolate* isolate, const Refusal& refusal) {
  if (!refusal) return false;
  const auto text = v8::String::NewFromUtf8(isolate, refusal->c_str()).ToLocalChecked();
  isolate->ThrowException(v8::Exception::Error(text));
  return true;
}

// prepare(timeOrigin): before anything else is loaded, since V8's background work must come to our threads.
void Prepare(const Arguments& arguments) {
  v8::Isolate* const isolate = arguments.GetIsolate();
  const double time_origin_ms = arguments[0].As<v8::Number>()->Value();
  ChooseCompilation();
  if (Throw(isolate, InterposePlatform(isolate))) return;
  if (Throw(isolate, EndWithoutJoining(isolate))) return;
  if (Throw(isolate, FindClocks(isolate, time_origin_ms))) return;
  Throw(isolate, FindGenerator(isolate));
}

// finishMicrotasks(): what promises have left to be done is done here, and not in every copy.
void FinishMicrotasks(const Arguments& arguments) { arguments.GetIsolate()->PerformMicrotaskCheckpoint(); }

// The order counts: what allocates comes before the heap is swept, and what is looked at by a copy after.
Refusal Seal(v8::Isolate* isolate, bool with_huge_pages, std::vector<DescriptorRange>& leftovers) {
  if (Refusal refusal = BlankLaunchEnvironment()) return refusal;
  SettleHeap(isolate);
  StopPlatformThreads(isolate);
  if (Refusal refusal = CheckThreads()) return refusal;
  if (Refusal refusal = LetHeapBeCopied()) return refusal;
  if (Refusal refusal = KeepSharedMemory()) return refusal;
  if (with_huge_pages) MoveExecutableToHugePages();
  return FindLeftovers(isolate, leftovers);
}

// The sandbox's walls stand. What is done here is done before a copy is parked, off the path of its call.
Refusal RepairCopy(v8::Isolate* isolate) {
  // The descriptors that libuv waits with are the zygote's until now.
  if (uv_loop_fork(node::GetCurrentEventLoop(isolate)) != 0) return "the event loop does not survive the copying";
  if (Refusal refusal = Reseed()) return refusal;
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  return {};
}

// serve(withHugePages): returns this process's number, in a copy.
void ServeForks(const Arguments& arguments) {
  v8::Isolate* const isolate = arguments.GetIsolate();
  std::vector<DescriptorRange> leftovers;
  if (Throw(isolate, Seal(isolate, arguments[0]->IsTrue(), leftovers))) return;
  const Served served = Serve(leftovers);
  if (served == Served::kLauncherGone) _exit(0);
  if (Throw(isolate, RepairCopy(isolate))) return;
  if (served == Served::kSnapshot && !EnterAsSnapshot()) _exit(0);
  arguments.GetReturnValue().Set(static_cast<std::int32_t>(getpid()));
}

// isHurried(): in a copy, whether somebody waits.
void IsCopyHurried(const Arguments& arguments) { arguments.GetReturnValue().Set(IsHurried()); }

// awaitCall(): returns when this copy's call has come. It began with it.
void AwaitOneCall(const Arguments& arguments) {
  if (!AwaitCall()) _exit(0);
  // As Node does at its start: what a function spawns has no part in its descriptors.
  uv_disable_stdio_inheritance();
  RestartClocks(arguments.GetIsolate());
  if (IsSnapshot()) open_before_load = ListDescriptors();
}

// isSnapshot(): whether this copy is to be copied itself.
void IsThisSnapshot(const Arguments& arguments) { arguments.GetReturnValue().Set(IsSnapshot()); }

// As for a zygote, and what the function has opened would be missing in its copies: their descriptors are those that were
// there before it.
Refusal SealSnapshot(v8::Isolate* isolate) {
  SettleHeap(isolate);
  StopPlatformThreads(isolate);
  if (Refusal refusal = CheckThreads()) return refusal;
  siginfo_t child = {};
  if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0) return "a child process of it runs";
  for (const auto& [fd, target] : ListDescriptors()) {
    const auto before = open_before_load.find(fd);
    if (before == open_before_load.end() || before->second != target) return "it left descriptor " + target + " open";
  }
  // None may have been mapped anew.
  (void)LetHeapBeCopied();
  return KeepSharedMemory();
}

// serveCopies(word): in a snapshot whose function is loaded. Says the word to the worker, then returns in a copy only, with
// its number; awaitCall() comes next.
void ServeSnapshot(const Arguments& arguments) {
  v8::Isolate* const isolate = arguments.GetIsolate();
  constexpr int kControl = 3;
  const auto word = arguments[0].As<v8::Uint8Array>();
  std::vector<char> bytes(word->ByteLength());
  word->CopyContents(bytes.data(), bytes.size());
  if (Throw(isolate, SealSnapshot(isolate))) return;
  if (write(kControl, bytes.data(), bytes.size()) < 0 || !ServeCopies()) _exit(0);
  if (Throw(isolate, RepairCopy(isolate))) return;
  arguments.GetReturnValue().Set(static_cast<std::int32_t>(getpid()));
}

}  // namespace
}  // namespace mayfly::zygote

NODE_MODULE_INIT() {
  NODE_SET_METHOD(exports, "prepare", mayfly::zygote::Prepare);
  NODE_SET_METHOD(exports, "finishMicrotasks", mayfly::zygote::FinishMicrotasks);
  NODE_SET_METHOD(exports, "serve", mayfly::zygote::ServeForks);
  NODE_SET_METHOD(exports, "isHurried", mayfly::zygote::IsCopyHurried);
  NODE_SET_METHOD(exports, "awaitCall", mayfly::zygote::AwaitOneCall);
  NODE_SET_METHOD(exports, "isSnapshot", mayfly::zygote::IsThisSnapshot);
  NODE_SET_METHOD(exports, "serveCopies", mayfly::zygote::ServeSnapshot);
}

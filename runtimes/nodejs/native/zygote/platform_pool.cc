#include "platform_pool.h"

#include <dlfcn.h>
#include <link.h>
#include <node.h>
#include <v8-platform.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "task_threads.h"

namespace mayfly::zygote {
namespace {

// Node's default for --v8-pool-size.
constexpr int kMostThreads = 4;

using FlushForegroundTasks = bool (*)(void* platform, v8::Isolate*);

node::MultiIsolatePlatform* platform = nullptr;
FlushForegroundTasks flush_foreground_tasks = nullptr;

TaskThreads& Threads() {
  // Never destroyed: its threads may run while the process ends.
  static auto* const threads = new TaskThreads(kMostThreads);
  return *threads;
}

// In the Itanium ABI a virtual member is a function whose first parameter is `this`.

int NumberOfWorkerThreads(void* /*self*/) { return Threads().most(); }

void PostTask(void* /*self*/, v8::TaskPriority priority, std::unique_ptr<v8::Task> task,
              const v8::SourceLocation& /*from*/) {
  Threads().Post(priority, std::move(task));
}

void PostDelayedTask(void* /*self*/, v8::TaskPriority priority, std::unique_ptr<v8::Task> task, double seconds,
                     const v8::SourceLocation& /*from*/) {
  Threads().PostDelayed(priority, std::move(task), seconds);
}

void DrainTasks(void* self, v8::Isolate* isolate) {
  do Threads().AwaitBlocking();
  while (flush_foreground_tasks(self, isolate));
}

struct Replacement {
  const char* symbol;
  void* by;
};

const Replacement kReplacements[] = {
    {"_ZN4node12NodePlatform21NumberOfWorkerThreadsEv", reinterpret_cast<void*>(NumberOfWorkerThreads)},
    {"_ZN4node12NodePlatform26PostTaskOnWorkerThreadImplEN2v812TaskPriorityESt10unique_ptrINS1_4TaskESt14default_"
     "deleteIS4_EERKNS1_14SourceLocationE",
     reinterpret_cast<void*>(PostTask)},
    {"_ZN4node12NodePlatform33PostDelayedTaskOnWorkerThreadImplEN2v812TaskPriorityESt10unique_ptrINS1_4TaskESt14"
     "default_deleteIS4_EEdRKNS1_14SourceLocationE",
     reinterpret_cast<void*>(PostDelayedTask)},
    {"_ZN4node12NodePlatform10DrainTasksEPN2v87IsolateE", reinterpret_cast<void*>(DrainTasks)},
};
constexpr const char* kFlush = "_ZN4node12NodePlatform20FlushForegroundTasksEPN2v87IsolateE";
constexpr const char* kTable = "_ZTVN4node12NodePlatformE";

// Offset to top and type information stand before the functions.
constexpr std::size_t kHeadWords = 2;

// A copy of NodePlatform's table of virtual functions; an object's own table is read-only memory.
std::array<void*, 96> table;

// The table's length is in the symbol's size, or a search would go on into the next table.
std::size_t WordsOf(void* symbol) {
  Dl_info info = {};
  ElfW(Sym)* entry = nullptr;
  if (dladdr1(symbol, &info, reinterpret_cast<void**>(&entry), RTLD_DL_SYMENT) == 0 || entry == nullptr) return 0;
  return entry->st_size / sizeof(void*);
}

}  // namespace

Refusal InterposePlatform(v8::Isolate* isolate) {
  if (platform != nullptr) return "Node's platform has been interposed before";
  auto* const environment = node::GetCurrentEnvironment(isolate->GetCurrentContext());
  auto* const found = node::GetMultiIsolatePlatform(environment);
  auto** const original = static_cast<void**>(dlsym(RTLD_DEFAULT, kTable));
  if (original == nullptr) return std::string("this Node has no symbol ") + kTable;
  auto**& used = *reinterpret_cast<void***>(found);
  if (used != original + kHeadWords) return "the platform of this Node is no NodePlatform";
  const std::size_t words = WordsOf(static_cast<void*>(original));
  if (words <= kHeadWords || words > table.size()) return "the table of NodePlatform has no size to be believed";

  std::copy_n(original, words, table.begin());
  auto* const end = std::next(table.begin(), static_cast<std::ptrdiff_t>(words));
  for (const Replacement& replacement : kReplacements) {
    void* const function = dlsym(RTLD_DEFAULT, replacement.symbol);
    if (function == nullptr) return std::string("this Node has no symbol ") + replacement.symbol;
    if (std::count(std::next(table.begin(), kHeadWords), end, function) != 1)
      return std::string("not exactly one slot of NodePlatform's table holds ") + replacement.symbol;
    std::replace(std::next(table.begin(), kHeadWords), end, function, replacement.by);
  }
  flush_foreground_tasks = reinterpret_cast<FlushForegroundTasks>(dlsym(RTLD_DEFAULT, kFlush));
  if (flush_foreground_tasks == nullptr) return std::string("this Node has no symbol ") + kFlush;

  // Node's own pool is done with what it has, and stays idle from here on.
  found->DrainTasks(isolate);
  platform = found;
  used = std::next(table.data(), kHeadWords);
  return {};
}

void StopPlatformThreads(v8::Isolate* isolate) {
  // What a task leaves for the main thread may post another.
  do Threads().Stop();
  while (flush_foreground_tasks(platform, isolate));
}

}  // namespace mayfly::zygote

#include "clocks.h"

#include <dlfcn.h>
#include <malloc.h>
#include <node.h>
#include <time.h>
#include <uv.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "memory_map.h"

namespace mayfly::zygote {
namespace {

// node::performance::PerformanceMilestone, in Node's order.
enum Milestone { kOriginUs, kOriginNs, kEnvironment, kNodeStart, kV8Start, kLoopStart, kLoopExit, kBootstrapComplete, kMilestones };

double* milestones = nullptr;
// Copies of the origin: two variables of Node's and some members of its Environment.
std::vector<std::uint64_t*> origins_ns;
std::vector<double*> origins_us;

constexpr const char* kOriginNsSymbols[] = {"_ZN4node11performance25performance_process_startE",
                                            "_ZN4node11per_process15node_start_timeE"};
constexpr const char* kOriginUsSymbol = "_ZN4node11performance35performance_process_start_timestampE";

double WallClockUs() {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  constexpr double kUsPerSecond = 1e6;
  constexpr long kNsPerUs = 1000;
  return static_cast<double>(now.tv_sec) * kUsPerSecond + static_cast<double>(now.tv_nsec / kNsPerUs);
}

// A milestone that has been reached lies between the origin and now.
bool AreMilestones(const double* values, double origin_us, double now_ns) {
  // Written so that what is no number is none.
  if (!(std::fabs(values[kOriginUs] - origin_us) <= 1)) return false;
  const double origin_ns = values[kOriginNs];
  if (!(origin_ns > 0 && origin_ns <= now_ns)) return false;
  for (int i = kEnvironment; i < kMilestones; i++) {
    const bool is_reached = values[i] >= origin_ns && values[i] <= now_ns;
    if (!is_reached && values[i] > 0) return false;
  }
  return values[kBootstrapComplete] > 0;
}

void FindInEnvironment(node::Environment* environment) {
  const auto origin_ns = static_cast<std::uint64_t>(milestones[kOriginNs]);
  // It was made by `new`, so the C library knows how long it is.
  const std::size_t words = malloc_usable_size(environment) / sizeof(std::uint64_t);
  auto* const begin = reinterpret_cast<std::uint64_t*>(environment);
  for (std::size_t i = 0; i < words; i++) {
    if (begin[i] == origin_ns) origins_ns.push_back(&begin[i]);
    if (std::memcmp(&begin[i], &milestones[kOriginUs], sizeof(double)) == 0)
      origins_us.push_back(reinterpret_cast<double*>(&begin[i]));
  }
}

}  // namespace

Refusal FindClocks(v8::Isolate* isolate, double time_origin_ms) {
  constexpr double kUsPerMs = 1e3;
  const double origin_us = time_origin_ms * kUsPerMs;
  const auto now_ns = static_cast<double>(uv_hrtime());
  const std::vector<void*> hits = SearchHeap(kMilestones * sizeof(double), alignof(double), [&](const void* place) {
    return AreMilestones(static_cast<const double*>(place), origin_us, now_ns);
  });
  if (hits.size() != 1) return "the place of Node's performance milestones is not exactly one";
  milestones = static_cast<double*>(hits.front());
  FindInEnvironment(node::GetCurrentEnvironment(isolate->GetCurrentContext()));
  if (origins_ns.empty()) return "Node's Environment does not hold its time origin";
  for (const char* const symbol : kOriginNsSymbols) {
    auto* const origin = static_cast<std::uint64_t*>(dlsym(RTLD_DEFAULT, symbol));
    if (origin == nullptr) return std::string("this Node has no symbol ") + symbol;
    origins_ns.push_back(origin);
  }
  if (auto* const origin = static_cast<double*>(dlsym(RTLD_DEFAULT, kOriginUsSymbol)); origin != nullptr)
    origins_us.push_back(origin);
  return {};
}

void RestartClocks(v8::Isolate* isolate) {
  const std::uint64_t now_ns = uv_hrtime();
  const double now_us = WallClockUs();
  for (int i = kOriginNs; i < kMilestones; i++) {
    // Those of the event loop are below zero until it starts.
    if (milestones[i] > 0) milestones[i] = static_cast<double>(now_ns);
  }
  milestones[kOriginUs] = now_us;
  for (std::uint64_t* const origin : origins_ns) *origin = now_ns;
  for (double* const origin : origins_us) *origin = now_us;
  // Timers are set from the loop's own time, which has stood still.
  uv_update_time(node::GetCurrentEventLoop(isolate));
}

}  // namespace mayfly::zygote

// The launcher's one thread: it sleeps in epoll until a descriptor is readable or a timer is due.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

#include "base/result.h"
#include "base/unique_fd.h"

namespace mayfly {

// CLOCK_MONOTONIC, the clock of Node's process.hrtime() too.
[[nodiscard]] std::uint64_t NowNs();

class EventLoop {
 public:
  using Callback = std::function<void()>;
  using TimerId = std::pair<std::uint64_t, std::uint64_t>;

  [[nodiscard]] Status Open();

  // Calls back for as long as the descriptor is readable or at its end. Unwatch before it is closed.
  [[nodiscard]] Status Watch(int fd, Callback callback);
  void Unwatch(int fd);

  TimerId At(std::uint64_t due_ns, Callback callback);
  TimerId After(std::uint64_t delay_ms, Callback callback);
  // A timer that has run, or never was, is ignored.
  void Cancel(TimerId timer);

  // Until Stop().
  void Run();
  void Stop() { running_ = false; }

 private:
  void RunDueTimers();
  [[nodiscard]] int MsUntilNextTimer() const;

  UniqueFd epoll_;
  bool running_ = true;
  std::uint64_t next_timer_ = 1;
  // Shared, for a callback may end its own watch.
  std::unordered_map<int, std::shared_ptr<Callback>> watches_;
  std::map<TimerId, Callback> timers_;
};

}  // namespace mayfly

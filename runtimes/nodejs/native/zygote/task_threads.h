// Threads that do V8's background work, started when there is work and not before.
//
// A copy of a process has its calling thread alone. Node's own pool is started at boot and cannot be started again; this
// one can be stopped before the copying, and begins anew in every copy with the first task.
#pragma once

#include <v8-platform.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include <pthread.h>

namespace mayfly::zygote {

class TaskThreads {
 public:
  using Task = std::unique_ptr<v8::Task>;

  explicit TaskThreads(int most) : most_(most) {}

  [[nodiscard]] int most() const { return most_; }
  void Post(v8::TaskPriority priority, Task task);
  void PostDelayed(v8::TaskPriority priority, Task task, double seconds);
  // Waits for what somebody is blocked on, as Node does: tasks of lower priority go on. Where no thread could be
  // started, this one does them all.
  void AwaitBlocking();
  // Finishes every task that is due and joins every thread. Delayed tasks stay for the next thread that keeps them.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    v8::TaskPriority priority;
    Task task;
  };

  void Enqueue(Entry entry);
  [[nodiscard]] bool Start(void* (*body)(void*));
  void Work();
  void RunNext(std::unique_lock<std::mutex>& lock);
  void KeepDelayed();

  const int most_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable delay_;
  std::condition_variable blocking_done_;
  std::deque<Entry> queue_;
  std::multimap<Clock::time_point, Entry> delayed_;
  std::vector<pthread_t> threads_;
  int workers_ = 0;
  int idle_ = 0;
  int blocking_ = 0;
  bool has_delayer_ = false;
  bool stopping_ = false;
};

}  // namespace mayfly::zygote

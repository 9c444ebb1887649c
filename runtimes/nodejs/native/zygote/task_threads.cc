#include "task_threads.h"

#include <signal.h>

namespace mayfly::zygote {
namespace {

// V8's own limit of a stack is near 1 MiB, and it must not be what the thread meets first.
constexpr std::size_t kStackBytes = 4UL << 20;

bool IsBlocking(v8::TaskPriority priority) { return priority == v8::TaskPriority::kUserBlocking; }

}  // namespace

void TaskThreads::Post(v8::TaskPriority priority, Task task) {
  const std::lock_guard lock(mutex_);
  Enqueue({priority, std::move(task)});
}

void TaskThreads::Enqueue(Entry entry) {
  if (IsBlocking(entry.priority)) blocking_++;
  queue_.push_back(std::move(entry));
  if (static_cast<int>(queue_.size()) > idle_ && workers_ < most_) {
    const bool is_started = Start([](void* self) -> void* {
      static_cast<TaskThreads*>(self)->Work();
      return nullptr;
    });
    if (is_started) workers_++;
  }
  work_.notify_one();
}

void TaskThreads::PostDelayed(v8::TaskPriority priority, Task task, double seconds) {
  const std::lock_guard lock(mutex_);
  const auto wait = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  delayed_.emplace(Clock::now() + wait, Entry{priority, std::move(task)});
  if (!has_delayer_) {
    has_delayer_ = Start([](void* self) -> void* {
      static_cast<TaskThreads*>(self)->KeepDelayed();
      return nullptr;
    });
  }
  delay_.notify_one();
}

void TaskThreads::AwaitBlocking() {
  std::unique_lock lock(mutex_);
  while (workers_ == 0 && !queue_.empty()) RunNext(lock);
  blocking_done_.wait(lock, [this] { return blocking_ == 0; });
}

void TaskThreads::Stop() {
  std::vector<pthread_t> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  work_.notify_all();
  delay_.notify_all();
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
  workers_ = 0;
  has_delayer_ = false;
  stopping_ = false;
}

// Every signal is blocked in it, so that all are the main thread's, where libuv expects them. False at a limit on
// processes, which a function may reach before it has its first background task: a boot has its threads by then. The
// next task tries again; until there is a thread, the main thread does what waits whenever its event loop is empty.
bool TaskThreads::Start(void* (*body)(void*)) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread = 0;
  const int code = pthread_create(&thread, &attributes, body, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (code == 0) threads_.push_back(thread);
  return code == 0;
}

void TaskThreads::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    idle_++;
    work_.wait(lock, [this] { return !queue_.empty() || stopping_; });
    idle_--;
    if (queue_.empty()) return;
    RunNext(lock);
  }
}

void TaskThreads::RunNext(std::unique_lock<std::mutex>& lock) {
  Entry entry = std::move(queue_.front());
  queue_.pop_front();
  lock.unlock();
  entry.task->Run();
  entry.task.reset();
  lock.lock();
  if (IsBlocking(entry.priority) && --blocking_ == 0) blocking_done_.notify_all();
}

void TaskThreads::KeepDelayed() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (delayed_.empty()) {
      delay_.wait(lock);
      continue;
    }
    const auto next = delayed_.begin();
    if (next->first > Clock::now()) {
      delay_.wait_until(lock, next->first);
      continue;
    }
    Entry entry = std::move(next->second);
    delayed_.erase(next);
    Enqueue(std::move(entry));
  }
}

}  // namespace mayfly::zygote

#include "launch/event_loop.h"

#include <sys/epoll.h>
#include <time.h>

#include <array>
#include <cerrno>

namespace mayfly {
namespace {

constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

}  // namespace

std::uint64_t NowNs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kNsPerSecond + static_cast<std::uint64_t>(now.tv_nsec);
}

Status EventLoop::Open() {
  epoll_.Reset(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_.valid()) return Error{"epoll_create1", "", errno, ""};
  return Success();
}

Status EventLoop::Watch(int fd, Callback callback) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return Error{"epoll_ctl", "", errno, ""};
  watches_[fd] = std::make_shared<Callback>(std::move(callback));
  return Success();
}

void EventLoop::Unwatch(int fd) {
  if (watches_.erase(fd) > 0) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

EventLoop::TimerId EventLoop::At(std::uint64_t due_ns, Callback callback) {
  const TimerId id = {due_ns, next_timer_++};
  timers_.emplace(id, std::move(callback));
  return id;
}

EventLoop::TimerId EventLoop::After(std::uint64_t delay_ms, Callback callback) {
  return At(NowNs() + delay_ms * kNsPerMs, std::move(callback));
}

void EventLoop::Cancel(TimerId timer) { timers_.erase(timer); }

void EventLoop::Run() {
  std::array<epoll_event, 64> events = {};
  while (running_) {
    const int count = epoll_wait(epoll_.get(), events.data(), events.size(), MsUntilNextTimer());
    for (int i = 0; i < count; i++) {
      // An earlier callback of this round may have ended the watch.
      const auto found = watches_.find(events[static_cast<std::size_t>(i)].data.fd);
      if (found == watches_.end()) continue;
      const std::shared_ptr<Callback> callback = found->second;
      (*callback)();
    }
    RunDueTimers();
  }
}

void EventLoop::RunDueTimers() {
  while (!timers_.empty() && timers_.begin()->first.first <= NowNs()) {
    const Callback callback = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    callback();
  }
}

int EventLoop::MsUntilNextTimer() const {
  if (timers_.empty()) return -1;
  const std::uint64_t due = timers_.begin()->first.first;
  const std::uint64_t now = NowNs();
  // Rounded up: waking too early would only go to sleep again.
  return due <= now ? 0 : static_cast<int>((due - now + kNsPerMs - 1) / kNsPerMs);
}

}  // namespace mayfly

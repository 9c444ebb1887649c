#include "launch/event_loop.h"

#include <unistd.h>

#include <array>
#include <string>

#include "launch/network_counters.h"
#include "test/tap.h"

using mayfly::EventLoop;
using mayfly::NetworkBytes;
using mayfly::NowNs;
using mayfly::ParseNetworkBytes;
using mayfly::tap::Check;

namespace {

void Timers() {
  EventLoop loop;
  (void)loop.Open();
  std::string order;
  const std::uint64_t begun = NowNs();
  loop.After(20, [&] { order += "c"; });
  loop.After(5, [&] { order += "a"; });
  const EventLoop::TimerId cancelled = loop.After(6, [&] { order += "x"; });
  loop.After(10, [&] {
    order += "b";
    loop.After(0, [&] { order += "0"; });
  });
  loop.After(30, [&] { loop.Stop(); });
  loop.Cancel(cancelled);
  loop.Run();
  Check(order == "ab0c", "timers run in the order of their times, and a cancelled one not at all");
  Check(NowNs() - begun >= 30'000'000, "none runs early");
}

void Watches() {
  EventLoop loop;
  (void)loop.Open();
  std::array<int, 2> ends = {-1, -1};
  if (pipe(ends.data()) != 0) return;
  int calls = 0;
  (void)loop.Watch(ends[0], [&] {
    calls++;
    loop.Unwatch(ends[0]);
  });
  (void)!write(ends[1], "x", 1);
  loop.After(20, [&] { loop.Stop(); });
  loop.Run();
  Check(calls == 1, "a watch can end itself, and is not called again while there is more to read");
  close(ends[0]);
  close(ends[1]);
}

void Network() {
  const NetworkBytes bytes = ParseNetworkBytes(
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
      "    lo: 1000 10 0 0 0 0 0 0 1000 10 0 0 0 0 0 0\n"
      "  eth0:  300 3 0 0 0 0 0 0   70 1 0 0 0 0 0 0\n"
      "  eth1:    5 1 0 0 0 0 0 0    6 1 0 0 0 0 0 0\n");
  Check(bytes.received == 305 && bytes.sent == 76, "bytes of all interfaces but the loopback are summed");
  Check(ParseNetworkBytes("").received == 0, "an empty file counts nothing");
}

}  // namespace

int main() {
  Timers();
  Watches();
  Network();
  return mayfly::tap::Finish();
}

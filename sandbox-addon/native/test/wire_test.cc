// Messages become bytes and come back the same; bytes that are no message are recognised.
#include "base/wire.h"

#include <limits>

#include "launch/protocol.h"
#include "test/tap.h"

using mayfly::EndedMessage;
using mayfly::StartMessage;
using mayfly::WireReader;
using mayfly::WireWriter;
using mayfly::tap::Check;

namespace {

template <typename Message>
Message RoundTrip(const Message& message) {
  WireWriter writer;
  Message::Visit(message, writer);
  const std::string bytes = writer.Take();
  WireReader reader(bytes);
  Message copy;
  Message::Visit(copy, reader);
  Check(reader.ok(), "a message that was written can be read");
  return copy;
}

StartMessage Example() {
  StartMessage start;
  start.id = std::numeric_limits<std::uint64_t>::max();
  start.argv = {"/bin/true", "", std::string("a\0b", 3)};
  start.root = {{"bind", "/usr", "/usr"}, {"directory", "/x", ""}};
  start.cpu_time_ms = 250;
  start.has_control = true;
  return start;
}

void RoundTrips() {
  const StartMessage start = RoundTrip(Example());
  Check(start.id == std::numeric_limits<std::uint64_t>::max(), "the largest number survives");
  Check(start.argv.size() == 3 && start.argv[1].empty() && start.argv[2].size() == 3,
        "empty strings and strings with NUL survive");
  Check(start.root.size() == 2 && start.root[1].target == "/x", "lists of messages survive");
  Check(start.cpu_time_ms == 250 && start.has_control, "options and choices survive");

  EndedMessage ended;
  ended.signal = 9;
  ended.counters.oom_kills = 0;
  const EndedMessage copy = RoundTrip(ended);
  Check(!copy.exit_code.has_value() && copy.signal == 9, "what is absent stays absent");
  Check(copy.counters.oom_kills == 0 && !copy.counters.cpu_usage_us.has_value(), "zero is not absent");
}

void Damage() {
  WireWriter writer;
  const StartMessage example = Example();
  StartMessage::Visit(example, writer);
  const std::string bytes = writer.Take();
  bool all_noticed = true;
  for (std::size_t size = 0; size < bytes.size(); size++) {
    WireReader reader(std::string_view(bytes).substr(0, size));
    StartMessage message;
    StartMessage::Visit(message, reader);
    all_noticed = all_noticed && !reader.ok();
  }
  Check(all_noticed, "a message that is cut off anywhere is not taken for one");

  const std::string lie(sizeof(std::int64_t), '\x7f');
  WireReader reader(lie);
  std::vector<std::string> list;
  reader("list", list);
  Check(!reader.ok() && list.empty(), "a list that claims more items than there are bytes allocates nothing");
}

}  // namespace

int main() {
  RoundTrips();
  Damage();
  return mayfly::tap::Finish();
}

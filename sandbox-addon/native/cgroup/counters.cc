#include "cgroup/counters.h"

#include <unistd.h>

#include "cgroup/files.h"

namespace mayfly::cgroup {

namespace {

using Counter = std::optional<std::uint64_t>;

std::string TextOrNothing(int directory_fd, const char* file) {
  if (directory_fd == -1) return "";
  Result<std::string> text = ReadText(directory_fd, file);
  return text.ok() ? std::move(text).value() : "";
}

Counter NumberOrNothing(int directory_fd, const char* file) {
  return directory_fd == -1 ? std::nullopt : ReadNumber(directory_fd, file);
}

Counter Scaled(Counter counter, std::uint64_t numerator, std::uint64_t denominator) {
  return counter ? Counter(*counter * numerator / denominator) : counter;
}

// cpuacct.stat counts in clock ticks: below one, nothing is known.
Counter FromTicks(Counter ticks) {
  static const auto ticks_per_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  return ticks && *ticks > 0 ? Scaled(ticks, 1'000'000, ticks_per_second) : std::nullopt;
}

// Lines of "254:0 Read 4096", one for each device and direction.
Counter SumOfDirection(std::string_view text, std::string_view direction) {
  if (text.empty()) return std::nullopt;
  std::uint64_t sum = 0;
  for (const std::string_view line : Split(text, '\n')) {
    const std::vector<std::string_view> words = Split(line, ' ');
    if (words.size() == 3 && words[1] == direction) sum += ParseNumber(words[2]).value_or(0);
  }
  return sum;
}

// Lines of "254:0 rbytes=4096 wbytes=0 rios=1 wios=0 …", one for each device that was used.
std::uint64_t SumOfKey(std::string_view text, std::string_view key) {
  std::uint64_t sum = 0;
  for (const std::string_view line : Split(text, '\n')) {
    for (const std::string_view word : Split(line, ' ')) {
      const bool matches = word.size() > key.size() && word.starts_with(key) && word[key.size()] == '=';
      if (matches) sum += ParseNumber(word.substr(key.size() + 1)).value_or(0);
    }
  }
  return sum;
}

void ReadPids(int directory_fd, CgroupCounters& counters) {
  counters.pids_peak = NumberOrNothing(directory_fd, "pids.peak");
  counters.pids_refused = FindNumber(TextOrNothing(directory_fd, "pids.events"), "max");
}

}  // namespace

CgroupCounters ReadV1Counters(const V1Sources& sources) {
  CgroupCounters counters;
  counters.cpu_usage_us = Scaled(NumberOrNothing(sources.cpuacct_fd, "cpuacct.usage"), 1, 1000);
  const std::string ticks = TextOrNothing(sources.cpuacct_fd, "cpuacct.stat");
  counters.cpu_user_us = FromTicks(FindNumber(ticks, "user"));
  counters.cpu_system_us = FromTicks(FindNumber(ticks, "system"));
  if (sources.has_quota) {
    const std::string stat = TextOrNothing(sources.cpu_fd, "cpu.stat");
    counters.cpu_periods = FindNumber(stat, "nr_periods");
    counters.cpu_throttled_periods = FindNumber(stat, "nr_throttled");
    counters.cpu_throttled_us = Scaled(FindNumber(stat, "throttled_time"), 1, 1000);
  }
  counters.memory_peak_bytes = NumberOrNothing(sources.memory_fd, "memory.max_usage_in_bytes");
  // oom_kill, since failcnt counts allocations that reclaim then satisfied.
  counters.oom_kills = FindNumber(TextOrNothing(sources.memory_fd, "memory.oom_control"), "oom_kill");
  counters.major_faults = FindNumber(TextOrNothing(sources.memory_fd, "memory.stat"), "pgmajfault");
  ReadPids(sources.pids_fd, counters);
  if (sources.has_throttle) {
    const std::string bytes = TextOrNothing(sources.blkio_fd, "blkio.throttle.io_service_bytes");
    const std::string operations = TextOrNothing(sources.blkio_fd, "blkio.throttle.io_serviced");
    counters.io_read_bytes = SumOfDirection(bytes, "Read");
    counters.io_write_bytes = SumOfDirection(bytes, "Write");
    counters.io_read_ops = SumOfDirection(operations, "Read");
    counters.io_write_ops = SumOfDirection(operations, "Write");
  }
  return counters;
}

CgroupCounters ReadV2Counters(int directory_fd, bool has_quota) {
  CgroupCounters counters;
  const std::string cpu = TextOrNothing(directory_fd, "cpu.stat");
  counters.cpu_usage_us = FindNumber(cpu, "usage_usec");
  counters.cpu_user_us = FindNumber(cpu, "user_usec");
  counters.cpu_system_us = FindNumber(cpu, "system_usec");
  if (has_quota) {
    counters.cpu_periods = FindNumber(cpu, "nr_periods");
    counters.cpu_throttled_periods = FindNumber(cpu, "nr_throttled");
    counters.cpu_throttled_us = FindNumber(cpu, "throttled_usec");
  }
  counters.memory_peak_bytes = ReadNumber(directory_fd, "memory.peak");
  counters.oom_kills = FindNumber(TextOrNothing(directory_fd, "memory.events"), "oom_kill");
  counters.major_faults = FindNumber(TextOrNothing(directory_fd, "memory.stat"), "pgmajfault");
  ReadPids(directory_fd, counters);
  // An empty io.stat is a cgroup that used no device; a missing one is a missing controller.
  const Result<std::string> io = ReadText(directory_fd, "io.stat");
  if (io.ok()) {
    counters.io_read_bytes = SumOfKey(io.value(), "rbytes");
    counters.io_write_bytes = SumOfKey(io.value(), "wbytes");
    counters.io_read_ops = SumOfKey(io.value(), "rios");
    counters.io_write_ops = SumOfKey(io.value(), "wios");
  }
  return counters;
}

void ReadV2CpuTimes(int directory_fd, CgroupCounters& counters) {
  const std::string cpu = TextOrNothing(directory_fd, "cpu.stat");
  counters.cpu_user_us = FindNumber(cpu, "user_usec");
  counters.cpu_system_us = FindNumber(cpu, "system_usec");
}

}  // namespace mayfly::cgroup

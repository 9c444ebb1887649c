#include "launch/network_counters.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string>

#include "base/unique_fd.h"

namespace mayfly {
namespace {

// Columns after the interface's name, per proc_net(5): eight of receiving, then eight of sending, bytes first.
constexpr std::size_t kReceivedBytes = 0;
constexpr std::size_t kSentBytes = 8;

std::array<std::uint64_t, 16> Columns(std::string_view text) {
  std::array<std::uint64_t, 16> columns = {};
  for (std::uint64_t& column : columns) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), column);
    if (error != std::errc()) break;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  return columns;
}

}  // namespace

NetworkBytes ParseNetworkBytes(std::string_view net_dev) {
  NetworkBytes sum;
  while (!net_dev.empty()) {
    const std::string_view line = net_dev.substr(0, net_dev.find('\n'));
    net_dev.remove_prefix(std::min(line.size() + 1, net_dev.size()));
    const std::size_t colon = line.find(':');
    // Two lines of headings have none.
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(line.find_first_not_of(' '), colon - line.find_first_not_of(' '));
    if (name == "lo") continue;
    const auto columns = Columns(line.substr(colon + 1));
    sum.received += columns[kReceivedBytes];
    sum.sent += columns[kSentBytes];
  }
  return sum;
}

std::optional<NetworkBytes> ReadNetworkBytes(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/net/dev";
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 8192> buffer = {};
  const ssize_t size = read(file.get(), buffer.data(), buffer.size());
  if (size <= 0) return std::nullopt;
  return ParseNetworkBytes({buffer.data(), static_cast<std::size_t>(size)});
}

}  // namespace mayfly

// Reading and writing the small files of a cgroup directory, by its descriptor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace mayfly::cgroup {

[[nodiscard]] Result<UniqueFd> OpenDirectory(int parent_fd, const std::string& name);

[[nodiscard]] Result<std::string> ReadText(int directory_fd, const char* file);

// The kernel takes the whole value in one write(2) or refuses it.
[[nodiscard]] Status WriteText(int directory_fd, const char* file, std::string_view value);

[[nodiscard]] bool Exists(int directory_fd, const char* file);

// The names of the directories in a directory: a cgroup's children.
[[nodiscard]] std::vector<std::string> Children(int directory_fd);

[[nodiscard]] std::optional<std::uint64_t> ParseNumber(std::string_view text);

// The number after `key` in lines of "key number", as in cpu.stat and memory.events.
[[nodiscard]] std::optional<std::uint64_t> FindNumber(std::string_view text, std::string_view key);

[[nodiscard]] std::optional<std::uint64_t> ReadNumber(int directory_fd, const char* file);

[[nodiscard]] std::vector<std::string_view> Split(std::string_view text, char separator);

}  // namespace mayfly::cgroup

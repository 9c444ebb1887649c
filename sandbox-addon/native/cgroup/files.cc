#include "cgroup/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <memory>

namespace mayfly::cgroup {

namespace {

// Every write to a cgroup file may be interrupted: the kernel waits for locks in it.
template <typename Call>
auto Retrying(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

UniqueFd OpenFile(int directory_fd, const char* file, int flags) {
  return UniqueFd(Retrying([&] { return openat(directory_fd, file, flags | O_CLOEXEC); }));
}

}  // namespace

Result<UniqueFd> OpenDirectory(int parent_fd, const std::string& name) {
  UniqueFd fd = OpenFile(parent_fd, name.empty() ? "." : name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!fd.valid()) return Error{.what = "open cgroup", .path = name, .code = errno, .hint = {}};
  return fd;
}

Result<std::string> ReadText(int directory_fd, const char* file) {
  const UniqueFd fd = OpenFile(directory_fd, file, O_RDONLY);
  if (!fd.valid()) return Error{.what = "open", .path = file, .code = errno, .hint = {}};
  std::string text;
  std::array<char, 4096> chunk{};
  while (true) {
    const ssize_t got = Retrying([&] { return read(fd.get(), chunk.data(), chunk.size()); });
    if (got == -1) return Error{.what = "read", .path = file, .code = errno, .hint = {}};
    if (got == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

Status WriteText(int directory_fd, const char* file, std::string_view value) {
  const UniqueFd fd = OpenFile(directory_fd, file, O_WRONLY);
  if (!fd.valid()) return Error{.what = "open", .path = file, .code = errno, .hint = {}};
  if (Retrying([&] { return write(fd.get(), value.data(), value.size()); }) == -1) {
    return Error{.what = "write \"" + std::string(value) + "\"", .path = file, .code = errno, .hint = {}};
  }
  return Success();
}

bool Exists(int directory_fd, const char* file) { return faccessat(directory_fd, file, F_OK, 0) == 0; }

std::vector<std::string> Children(int directory_fd) {
  std::vector<std::string> names;
  const int own_fd = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own_fd == -1) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(fdopendir(own_fd), closedir);
  if (directory == nullptr) return names;
  while (const dirent* entry = readdir(directory.get())) {
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  return names;
}

std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || (end != text.data() + text.size() && *end != '\n' && *end != ' ')) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> FindNumber(std::string_view text, std::string_view key) {
  for (const std::string_view line : Split(text, '\n')) {
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
      return ParseNumber(line.substr(key.size() + 1));
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ReadNumber(int directory_fd, const char* file) {
  const Result<std::string> text = ReadText(directory_fd, file);
  if (!text.ok()) return std::nullopt;
  return ParseNumber(text.value());
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

}  // namespace mayfly::cgroup

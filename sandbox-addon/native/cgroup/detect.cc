// Which cgroup hierarchies this host has, and where in them the caller stands: cgroups(7), proc(5).
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "cgroup/cgroup.h"
#include "cgroup/files.h"

namespace mayfly {

using cgroup::Split;

namespace {

// The v1 hierarchies of any other controller are of no use to us.
constexpr std::array kOurControllers = {"memory", "pids", "cpu", "cpuacct", "cpuset", "blkio", "freezer"};

bool IsOurs(std::string_view controller) {
  return std::ranges::find(kOurControllers, controller) != kOurControllers.end();
}

// mountinfo writes space, tab, newline and backslash as three octal digits.
std::string Unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); i++) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::string Join(std::span<const std::string> words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : ",") + word;
  return joined;
}

std::string WithoutSlashes(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

// A container without a cgroup namespace sees a mount whose root is its own cgroup, and still reads its path from the
// host's root. A path that is not below the mount's root cannot be reached through it: the mount's root it is, then.
std::string RelativeTo(std::string_view mount_root, std::string_view path) {
  if (mount_root == "/") return path.starts_with("/..") ? "" : WithoutSlashes(path);
  if (!path.starts_with(mount_root)) return "";
  path.remove_prefix(mount_root.size());
  return path.empty() || path.starts_with('/') ? WithoutSlashes(path) : "";
}

// "0::/path" is v2's line; "4:memory:/path" and "2:cpu,cpuacct:/path" are v1's.
std::string_view OwnPath(std::string_view self_cgroup, std::string_view controller) {
  for (const std::string_view line : Split(self_cgroup, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view names = line.substr(first + 1, second - first - 1);
    const std::vector<std::string_view> listed = Split(names, ',');
    const bool found = controller.empty() ? names.empty() : std::ranges::find(listed, controller) != listed.end();
    if (found) return line.substr(second + 1);
  }
  return "/";
}

// 36 35 98:0 /root /mount/point rw,noatime shared:1 - cgroup cgroup rw,memory
std::optional<CgroupHierarchy> ParseMount(std::string_view line, std::string_view self_cgroup) {
  const std::size_t separator = line.find(" - ");
  if (separator == std::string_view::npos) return std::nullopt;
  const std::vector<std::string_view> place = Split(line.substr(0, separator), ' ');
  const std::vector<std::string_view> kind = Split(line.substr(separator + 3), ' ');
  if (place.size() < 6 || kind.size() < 3) return std::nullopt;

  CgroupHierarchy found;
  found.mount_point = Unescape(place[4]);
  const std::string mount_root = Unescape(place[3]);
  if (kind[0] == "cgroup2") {
    found.version = 2;
    found.name = "unified";
    found.own = RelativeTo(mount_root, OwnPath(self_cgroup, ""));
    return found;
  }
  if (kind[0] != "cgroup") return std::nullopt;
  for (const std::string_view option : Split(kind[2], ',')) {
    if (IsOurs(option)) found.controllers.emplace_back(option);
  }
  if (found.controllers.empty()) return std::nullopt;
  found.name = Join(found.controllers);
  found.own = RelativeTo(mount_root, OwnPath(self_cgroup, found.controllers.front()));
  return found;
}

Result<std::string> ReadProc(const char* path) { return cgroup::ReadText(AT_FDCWD, path); }

}  // namespace

std::string_view ToString(CgroupMode mode) {
  switch (mode) {
    case CgroupMode::kV1:
      return "v1";
    case CgroupMode::kHybrid:
      return "hybrid";
    case CgroupMode::kV2:
      return "v2";
  }
  return "";
}

bool CgroupHierarchy::Has(std::string_view controller) const {
  return std::ranges::find(controllers, controller) != controllers.end();
}

Result<CgroupLayout> ParseCgroups(std::string_view mountinfo, std::string_view self_cgroup, std::string_view force) {
  CgroupLayout layout;
  for (const std::string_view line : Split(mountinfo, '\n')) {
    std::optional<CgroupHierarchy> found = ParseMount(line, self_cgroup);
    // The same hierarchy may be mounted twice; any mount will do.
    const auto same_name = [&](const CgroupHierarchy& known) { return found && known.name == found->name; };
    if (found && std::ranges::none_of(layout.hierarchies, same_name)) layout.hierarchies.push_back(std::move(*found));
  }
  if (layout.hierarchies.empty()) {
    return Error{.what = "find cgroups",
                 .path = "/proc/self/mountinfo",
                 .code = ENOENT,
                 .hint = "No cgroup filesystem is mounted: mount -t cgroup2 cgroup2 /sys/fs/cgroup"};
  }
  const auto is_v1 = [](const CgroupHierarchy& hierarchy) { return hierarchy.version == 1; };
  const auto is_v2 = [](const CgroupHierarchy& hierarchy) { return hierarchy.version == 2; };
  const bool has_v1 = std::ranges::any_of(layout.hierarchies, is_v1);
  const bool has_v2 = std::ranges::any_of(layout.hierarchies, is_v2);
  layout.mode = !has_v1 ? CgroupMode::kV2 : has_v2 ? CgroupMode::kHybrid : CgroupMode::kV1;

  if (force == "v1" && layout.mode == CgroupMode::kHybrid) layout.mode = CgroupMode::kV1;
  if (!force.empty() && force != ToString(layout.mode)) {
    return Error{.what = "use cgroup " + std::string(force),
                 .path = "/proc/self/mountinfo",
                 .code = EINVAL,
                 .hint = "This host's cgroups are " + std::string(ToString(layout.mode)) +
                         "; only a hybrid host can be read as another mode, v1"};
  }
  return layout;
}

Result<CgroupLayout> DetectCgroups(std::string_view force) {
  const Result<std::string> mountinfo = ReadProc("/proc/self/mountinfo");
  if (!mountinfo.ok()) return mountinfo.error();
  const Result<std::string> self_cgroup = ReadProc("/proc/self/cgroup");
  if (!self_cgroup.ok()) return self_cgroup.error();
  return ParseCgroups(mountinfo.value(), self_cgroup.value(), force);
}

}  // namespace mayfly

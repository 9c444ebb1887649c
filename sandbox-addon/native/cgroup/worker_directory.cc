#include "cgroup/worker_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "cgroup/controllers.h"
#include "cgroup/files.h"
#include "cgroup/ownership.h"

namespace mayfly::cgroup {

namespace {

std::string HintFor(int code) {
  switch (code) {
    case EROFS:
      return "The cgroup filesystem is mounted read-only here. In a container, mount it read-write: "
             "docker run --cgroupns=private -v /sys/fs/cgroup:/sys/fs/cgroup:rw";
    case EACCES:
    case EPERM:
      return "Run as root, or in a delegated cgroup: systemd-run --user --scope -p Delegate=yes …";
    case EWOULDBLOCK:
      return "A worker of this id is running; give this one another id";
    default:
      return "";
  }
}

Error At(Error error, const std::string& directory) {
  error.path = directory + "/" + error.path;
  if (error.hint.empty()) error.hint = HintFor(error.code);
  return error;
}

std::vector<std::string> PartsOf(std::string_view path) {
  std::vector<std::string> parts;
  for (const std::string_view part : Split(path, '/')) {
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

// Our own processes may stand in the child that an earlier worker moved them to.
std::string OwnBase(const CgroupHierarchy& hierarchy) {
  std::vector<std::string> parts = PartsOf(hierarchy.own);
  if (!parts.empty() && parts.back() == kProcessesChild) parts.pop_back();
  std::string base;
  for (const std::string& part : parts) base += "/" + part;
  return base;
}

Result<UniqueFd> OpenOrMake(int parent_fd, const std::string& name) {
  const bool made = mkdirat(parent_fd, name.c_str(), 0755) == 0;
  if (!made && errno != EEXIST) return Error{.what = "make cgroup", .path = name, .code = errno, .hint = {}};
  Result<UniqueFd> directory = OpenDirectory(parent_fd, name);
  if (made && directory.ok()) MarkAsOurs(directory.value().get());
  return directory;
}

// Makes a directory of the path ready to have children: see controllers.h.
class Preparation {
 public:
  Preparation(const CgroupHierarchy& hierarchy, std::vector<MissingController>& missing)
      : hierarchy_(hierarchy), missing_(missing) {}

  [[nodiscard]] Status Apply(int parent_fd, int directory_fd, const std::string& path) {
    if (hierarchy_.version == 1) {
      if (parent_fd == -1 || !hierarchy_.Has("cpuset")) return Success();
      return InheritCpuset(parent_fd, directory_fd);
    }
    // The highest directory that refuses is the reason; below it the controller cannot appear again.
    for (MissingController& found : EnableControllers(directory_fd, path, path == hierarchy_.mount_point)) {
      const auto same = [&](const MissingController& known) { return known.controller == found.controller; };
      if (std::ranges::none_of(missing_, same)) missing_.push_back(std::move(found));
    }
    return Success();
  }

 private:
  const CgroupHierarchy& hierarchy_;
  std::vector<MissingController>& missing_;
};

Result<WorkerDirectory> OpenBelow(const std::string& base, const CgroupHierarchy& hierarchy,
                                  const CgroupTreeOptions& options, HierarchyUse use) {
  WorkerDirectory made;
  made.hierarchy = hierarchy;
  made.path = hierarchy.mount_point + base;
  made.parent_parts = PartsOf(options.parent);
  Preparation preparation(hierarchy, made.missing);

  Result<UniqueFd> opened = OpenDirectory(AT_FDCWD, made.path);
  if (!opened.ok()) return At(opened.error(), "");
  made.base = std::move(opened).value();
  if (use.gives_controllers) {
    const Status prepared = preparation.Apply(-1, made.base.get(), made.path);
    if (!prepared.ok()) return At(prepared.error(), made.path);
  }

  UniqueFd parent;
  std::vector<std::string> parts = made.parent_parts;
  parts.push_back(options.worker_id);
  for (std::size_t i = 0; i < parts.size(); i++) {
    const int above = parent.valid() ? parent.get() : made.base.get();
    const bool is_worker = i + 1 == parts.size();
    Result<UniqueFd> next = is_worker && use.holds_lock ? LockDirectory(above, parts[i]) : OpenOrMake(above, parts[i]);
    if (!next.ok()) return At(next.error(), made.path);
    made.path += "/" + parts[i];
    if (use.gives_controllers) {
      const Status prepared = preparation.Apply(above, next.value().get(), made.path);
      if (!prepared.ok()) return At(prepared.error(), made.path);
    }
    if (is_worker) {
      made.worker = std::move(next).value();
    } else {
      parent = std::move(next).value();
    }
  }
  if (!parent.valid()) parent = UniqueFd(fcntl(made.base.get(), F_DUPFD_CLOEXEC, 0));
  made.parent = std::move(parent);
  return made;
}

bool LacksAWall(const WorkerDirectory& directory) {
  return std::ranges::any_of(directory.missing, [](const MissingController& missing) {
    return missing.controller == "memory" || missing.controller == "pids" || missing.controller == "cpu";
  });
}

// The parent may vanish under us: the last of its workers removes it at its end.
Result<WorkerDirectory> OpenRetrying(const std::string& base, const CgroupHierarchy& hierarchy,
                                     const CgroupTreeOptions& options, HierarchyUse use) {
  constexpr int kTries = 5;
  for (int attempt = 1;; attempt++) {
    Result<WorkerDirectory> opened = OpenBelow(base, hierarchy, options, use);
    if (opened.ok() || opened.error().code != ENOENT || attempt == kTries) return opened;
  }
}

}  // namespace

Result<WorkerDirectory> OpenWorkerDirectory(const CgroupHierarchy& hierarchy, const CgroupTreeOptions& options,
                                            HierarchyUse use) {
  const bool is_relative = !options.parent.starts_with('/');
  const std::string base = is_relative ? OwnBase(hierarchy) : "";
  Result<WorkerDirectory> near = OpenRetrying(base, hierarchy, options, use);
  if (hierarchy.version == 1 || base.empty() || geteuid() != 0) return near;
  if (near.ok() && !LacksAWall(near.value())) return near;

  Result<WorkerDirectory> at_root = OpenRetrying("", hierarchy, options, use);
  if (!at_root.ok() || LacksAWall(at_root.value())) return near;
  if (near.ok()) {
    unlinkat(near.value().parent.get(), options.worker_id.c_str(), AT_REMOVEDIR);
    RemoveEmptyParents(near.value());
  }
  return at_root;
}

void RemoveEmptyParents(const WorkerDirectory& directory) {
  for (std::size_t depth = directory.parent_parts.size(); depth > 0; depth--) {
    std::string above = ".";
    for (std::size_t i = 0; i + 1 < depth; i++) above += "/" + directory.parent_parts[i];
    const std::string& name = directory.parent_parts[depth - 1];
    const Result<UniqueFd> container = OpenDirectory(directory.base.get(), above);
    if (!container.ok()) return;
    const Result<UniqueFd> own = OpenDirectory(container.value().get(), name);
    if (!own.ok() || !IsOurs(own.value().get())) return;
    if (unlinkat(container.value().get(), name.c_str(), AT_REMOVEDIR) == -1) return;
  }
}

}  // namespace mayfly::cgroup

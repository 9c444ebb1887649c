// Folders of the host as read-only mounts of our own: pages that are the launcher's, no host path to be seen, and no
// file of the host that a hostile program could write to through /proc/self/exe.
#pragma once

#include <linux/mount.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "launch/event_loop.h"
#include "launch/host_view.h"

namespace mayfly {

// What a sandbox's mount of one is, whatever it holds.
constexpr std::uint64_t kReadOnlyTree = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

class Trees {
 public:
  using Callback = std::function<void(Status)>;

  Trees(EventLoop& loop, const HostView& view, std::string store)
      : loop_(loop), view_(view), store_(std::move(store)) {}

  // Copies the folder in a child process, so that the launcher goes on meanwhile.
  void Load(const std::string& name, const std::string& host_path, const Callback& done);
  [[nodiscard]] Status Drop(const std::string& name);
  // A mount of it that is nowhere yet.
  [[nodiscard]] Result<UniqueFd> Mount(const std::string& name) const;

 private:
  struct Tree {
    std::string path;
    bool ready = false;
  };
  struct Copy {
    UniqueFd pidfd;
    UniqueFd failure;
  };

  [[nodiscard]] Status Begin(const std::string& name, const std::string& host_path, const Callback& done);
  [[nodiscard]] Status CompleteCopy(const std::string& name, Copy& copy);

  EventLoop& loop_;
  const HostView& view_;
  std::string store_;
  std::uint64_t next_ = 1;
  std::map<std::string, Tree> trees_;
};

}  // namespace mayfly

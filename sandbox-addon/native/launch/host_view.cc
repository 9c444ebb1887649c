#include "launch/host_view.h"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <cstdlib>

namespace mayfly {
namespace {

UniqueFd OpenOwn() { return UniqueFd(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)); }

// A launcher in the wrong one of the two would hand out the wrong files; it has come from there, so it can go back.
void Enter(const UniqueFd& mount_namespace) {
  if (setns(mount_namespace.get(), CLONE_NEWNS) != 0) std::abort();
}

}  // namespace

Result<HostView> HostView::Open() {
  HostView view;
  view.sources_ = OpenOwn();
  if (!view.sources_.valid()) return Error{"open", "/proc/self/ns/mnt", errno, ""};
  if (unshare(CLONE_NEWNS) != 0) return Error{"unshare", "mount namespace", errno, ""};
  view.own_ = OpenOwn();
  if (!view.own_.valid()) return Error{"open", "/proc/self/ns/mnt", errno, ""};
  return view;
}

HostView::Visit::Visit(const HostView& view) : view_(view) { Enter(view_.sources_); }

HostView::Visit::~Visit() { Enter(view_.own_); }

}  // namespace mayfly

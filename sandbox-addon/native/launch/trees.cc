#include "launch/trees.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/wire.h"
#include "child/operations.h"
#include "child/syscalls.h"
#include "launch/copy_tree.h"
#include "launch/host.h"
#include "launch/pidfd.h"

namespace mayfly {
namespace {

constexpr const char* kTreeOptions = "mode=0755,huge=within_size";

struct ErrorMessage {
  Error error;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("what", self.error.what);
    visit("path", self.error.path);
    visit("code", self.error.code);
    visit("hint", self.error.hint);
  }
};

// In the child. What went wrong is written as a message; nothing means that all went well.
[[noreturn]] void CopyAndExit(const std::string& from, const std::string& to, int failure_fd) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  setpriority(PRIO_PROCESS, 0, 0);
  if (const Status copied = CopyTree(from, to); !copied) {
    WireWriter writer;
    const ErrorMessage message = {copied.error()};
    ErrorMessage::Visit(message, writer);
    const std::string bytes = writer.Take();
    (void)!write(failure_fd, bytes.data(), bytes.size());
    _exit(1);
  }
  _exit(0);
}

}  // namespace

void Trees::Load(const std::string& name, const std::string& host_path, const Callback& done) {
  if (trees_.contains(name)) return done(Error{"load tree", name, EEXIST, "a tree of this name is loaded; drop it first"});
  if (Status begun = Begin(name, host_path, done); !begun) {
    (void)Drop(name);
    done(begun);
  }
}

Status Trees::Begin(const std::string& name, const std::string& host_path, const Callback& done) {
  // A number for a name: what a tree is called is nobody's concern who looks at the mount.
  const std::string path = store_ + "/tree-" + std::to_string(next_++);
  const HostView::Visit visit(view_);
  if (mkdir(path.c_str(), 0700) != 0) return Error{"mkdir", path, errno, ""};
  trees_[name] = {.path = path};
  if (Status mounted = MountTmpfs(path, kTreeOptions); !mounted) return mounted;

  std::array<int, 2> ends = {-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Error{"pipe", "", errno, ""};
  const auto copy = std::make_shared<Copy>();
  copy->failure.Reset(ends[0]);
  const UniqueFd writer(ends[1]);
  int pidfd = -1;
  clone_args arguments = {};
  arguments.flags = CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  const pid_t child = sys::Clone3(arguments);
  if (child < 0) return Error{"clone", "copier", errno, ""};
  if (child == 0) CopyAndExit(host_path, path, writer.get());
  copy->pidfd.Reset(pidfd);
  return loop_.Watch(pidfd, [this, name, copy, done] {
    loop_.Unwatch(copy->pidfd.get());
    Status completed = CompleteCopy(name, *copy);
    if (!completed) (void)Drop(name);
    done(std::move(completed));
  });
}

Status Trees::CompleteCopy(const std::string& name, Copy& copy) {
  siginfo_t info = {};
  if (WaitFor(copy.pidfd.get(), info) != 0) return Error{"wait", "", errno, ""};
  if (info.si_code != CLD_EXITED || info.si_status != 0) {
    std::array<char, 8192> buffer = {};
    const ssize_t size = read(copy.failure.get(), buffer.data(), buffer.size());
    ErrorMessage message;
    WireReader reader({buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))});
    ErrorMessage::Visit(message, reader);
    if (!reader.ok()) return Error{"copy", name, EIO, "the copying process was killed"};
    return message.error;
  }
  Tree& tree = trees_[name];
  const HostView::Visit visit(view_);
  if (Status sealed = SealMount(tree.path); !sealed) return sealed;
  tree.ready = true;
  return Success();
}

Status Trees::Drop(const std::string& name) {
  const auto found = trees_.find(name);
  if (found == trees_.end()) return Error{"drop tree", name, ENOENT, ""};
  const std::string path = found->second.path;
  trees_.erase(found);
  const HostView::Visit visit(view_);
  // Sandboxes that still use it hold clones of the mount; it goes with the last.
  if (umount2(path.c_str(), MNT_DETACH) != 0) return Error{"unmount", path, errno, ""};
  if (rmdir(path.c_str()) != 0) return Error{"rmdir", path, errno, ""};
  return Success();
}

Result<UniqueFd> Trees::Mount(const std::string& name) const {
  const auto found = trees_.find(name);
  if (found == trees_.end() || !found->second.ready) {
    return Error{"find tree", name, ENOENT, "load it first with loadTree"};
  }
  const HostView::Visit visit(view_);
  int mount = -1;
  const int code = OpenTree(found->second.path.c_str(), kReadOnlyTree, mount);
  if (code != 0) return Error{"open tree", name, code, ""};
  return UniqueFd(mount);
}

}  // namespace mayfly

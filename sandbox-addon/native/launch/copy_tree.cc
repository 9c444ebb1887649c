#include "launch/copy_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <string_view>

#include "base/unique_fd.h"

namespace mayfly {
namespace {

constexpr std::size_t kChunkBytes = 1UL << 20;
// Deeper than any package tree; each level holds two descriptors open.
constexpr int kMaxDepth = 256;

struct Place {
  int from;
  int to;
  std::string path;
  int depth;
};

Error Failed(const char* what, const std::string& path) { return Error{what, path, errno, ""}; }

Status CopyDirectory(const Place& place);

Status CopyFile(const Place& parent, const char* name, const std::string& path) {
  const UniqueFd from(openat(parent.from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!from.valid()) return Failed("open", path);
  struct stat status = {};
  if (fstat(from.get(), &status) != 0) return Failed("stat", path);
  const mode_t mode = (status.st_mode & 0111) != 0 ? 0555 : 0444;
  const UniqueFd to(openat(parent.to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!to.valid()) return Failed("create", path);
  // Its size first: a tmpfs gives huge pages only to what lies within a file's size when it is written.
  if (ftruncate(to.get(), status.st_size) != 0) return Failed("size", path);
  off_t copied = 0;
  for (;;) {
    const ssize_t sent = sendfile(to.get(), from.get(), nullptr, kChunkBytes);
    if (sent < 0) return Failed("copy", path);
    if (sent == 0) break;
    copied += sent;
  }
  // It may have become shorter meanwhile.
  return copied == status.st_size || ftruncate(to.get(), copied) == 0 ? Success() : Failed("size", path);
}

Status CopyLink(const Place& parent, const char* name, const std::string& path) {
  std::array<char, PATH_MAX> buffer = {};
  const ssize_t size = readlinkat(parent.from, name, buffer.data(), buffer.size() - 1);
  if (size < 0) return Failed("readlink", path);
  const std::string target(buffer.data(), static_cast<std::size_t>(size));
  if (!StaysInside(target, parent.depth)) {
    return Error{"copy", path, EXDEV, "the symbolic link leads out of the folder; only links that stay inside are kept"};
  }
  if (symlinkat(target.c_str(), parent.to, name) != 0) return Failed("symlink", path);
  return Success();
}

Status CopySubdirectory(const Place& parent, const char* name, const std::string& path) {
  if (parent.depth >= kMaxDepth) return Error{"copy", path, ELOOP, "the folder is too deep"};
  const UniqueFd from(openat(parent.from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!from.valid()) return Failed("open", path);
  if (mkdirat(parent.to, name, 0755) != 0) return Failed("mkdir", path);
  const UniqueFd to(openat(parent.to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!to.valid()) return Failed("open", path);
  if (Status copied = CopyDirectory({from.get(), to.get(), path, parent.depth + 1}); !copied) return copied;
  return fchmod(to.get(), 0555) == 0 ? Success() : Failed("chmod", path);
}

Status CopyEntry(const Place& parent, const char* name) {
  const std::string path = parent.path + "/" + name;
  struct stat status = {};
  if (fstatat(parent.from, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return Failed("stat", path);
  switch (status.st_mode & S_IFMT) {
    case S_IFREG:
      return CopyFile(parent, name, path);
    case S_IFDIR:
      return CopySubdirectory(parent, name, path);
    case S_IFLNK:
      return CopyLink(parent, name, path);
    default:
      return Error{"copy", path, EINVAL, "only files, directories and symbolic links can be copied"};
  }
}

Status CopyDirectory(const Place& place) {
  const int own = dup(place.from);
  if (own < 0) return Failed("dup", place.path);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(fdopendir(own), closedir);
  if (directory == nullptr) return Failed("opendir", place.path);
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(directory.get());
    if (entry == nullptr) return errno == 0 ? Success() : Failed("readdir", place.path);
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (Status copied = CopyEntry(place, entry->d_name); !copied) return copied;
  }
}

}  // namespace

bool StaysInside(const std::string& target, int depth) {
  if (target.empty() || target.front() == '/') return false;
  std::string_view rest = target;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    if (part.empty() || part == ".") continue;
    depth += part == ".." ? -1 : 1;
    if (depth < 0) return false;
  }
  return true;
}

Status CopyTree(const std::string& from, const std::string& to) {
  const UniqueFd source(open(from.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!source.valid()) return Failed("open", from);
  const UniqueFd destination(open(to.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!destination.valid()) return Failed("open", to);
  return CopyDirectory({source.get(), destination.get(), from, 0});
}

}  // namespace mayfly

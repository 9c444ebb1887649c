#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "child/operations.h"

namespace mayfly {
namespace {

int WriteAll(int fd, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = write(fd, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return 0;
}

}  // namespace

int MakeDirectory(const char* path, std::uint64_t mode) {
  return mkdir(path, static_cast<mode_t>(mode)) == 0 || errno == EEXIST ? 0 : errno;
}

int MakeSymlink(const char* path, const char* to) { return symlink(to, path) == 0 ? 0 : errno; }

int MakeFile(const char* path, const void* data, std::size_t size, std::uint64_t mode) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, static_cast<mode_t>(mode));
  if (fd < 0) return errno;
  const int code = WriteAll(fd, static_cast<const char*>(data), size);
  close(fd);
  return code;
}

// Files of /proc take a value in one write(2) or refuse it.
int WriteFile(const char* path, const char* text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int code = write(fd, text, strlen(text)) < 0 ? errno : 0;
  close(fd);
  return code;
}

}  // namespace mayfly

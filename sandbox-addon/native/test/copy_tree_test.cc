// What a tree may hold, and what it holds after the copy.
#include "launch/copy_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/unique_fd.h"
#include "test/tap.h"

using mayfly::CopyTree;
using mayfly::StaysInside;
using mayfly::tap::Check;

namespace {

std::string MakeTemporary() {
  std::string path = "/tmp/mayfly-copy-XXXXXX";
  return mkdtemp(path.data()) == nullptr ? "" : path;
}

void WriteFile(const std::string& path, mode_t mode) {
  const mayfly::UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT, mode));
  (void)!write(file.get(), "hello", 5);
}

mode_t ModeOf(const std::string& path) {
  struct stat status = {};
  return lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

void Links() {
  Check(StaysInside("a/b", 0) && StaysInside("../a", 1) && StaysInside("a/../b", 0), "a link to a place inside stays inside");
  Check(!StaysInside("/etc/passwd", 3), "an absolute link leads out");
  Check(!StaysInside("..", 0) && !StaysInside("a/../../b", 0) && !StaysInside("../..", 1), "a link above the folder leads out");
  Check(!StaysInside("../x/../../y", 1), "also where it comes back in between");
}

void Copies() {
  const std::string from = MakeTemporary();
  const std::string to = MakeTemporary();
  mkdir((from + "/sub").c_str(), 0700);
  WriteFile(from + "/plain", 0600);
  WriteFile(from + "/sub/program", 04755);
  (void)!symlink("../plain", (from + "/sub/link").c_str());
  Check(CopyTree(from, to).ok(), "a folder with a file, a program and a link inside is copied");
  Check(ModeOf(to + "/plain") == 0444, "a file can be read by everyone, and written by nobody");
  Check(ModeOf(to + "/sub/program") == 0555, "a program can be run, and its set-uid bit is gone");
  Check(std::filesystem::read_symlink(to + "/sub/link") == "../plain", "a link is kept as it was");
  Check(!CopyTree(from, to).ok(), "nothing is ever overwritten");

  const std::string second = MakeTemporary();
  (void)!symlink("/etc/passwd", (from + "/evil").c_str());
  const mayfly::Status evil = CopyTree(from, second);
  Check(!evil.ok() && evil.error().code == EXDEV && evil.error().path == from + "/evil", "a link that leads out is refused by name");
  unlink((from + "/evil").c_str());
  mkfifo((from + "/fifo").c_str(), 0600);
  const std::string third = MakeTemporary();
  Check(!CopyTree(from, third).ok(), "a FIFO is refused, and nobody waits for its writer");
  for (const std::string& path : {from, to, second, third}) std::filesystem::remove_all(path);
}

}  // namespace

int main() {
  umask(0);
  Links();
  Copies();
  return mayfly::tap::Finish();
}

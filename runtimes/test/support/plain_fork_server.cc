// The fork server's interface without any sandbox: a copy is a child of the zygote, and its walls are none. It serves the
// tests that look at the copying alone, as a user without rights, and under AddressSanitizer.
//
// On descriptor 3, a line for each call: what to connect to as descriptor 3, the files for stdout and stderr, the
// directory, then NAME=value …, parted by tabs. Back come "ready", "forked <pid>" and "ended <pid> <status>".

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>
#include <string>

#include "zygote/fork_server.h"
#include "zygote/snapshot.h"

namespace mayfly::zygote {
namespace {

std::string request;
// By pidfd.
std::map<int, pid_t> copies;

void Say(const std::string& line) {
  if (write(3, line.data(), line.size()) < 0) _exit(1);
}

void Reap(int pidfd) {
  int status = 0;
  const pid_t pid = copies[pidfd];
  waitpid(pid, &status, 0);
  copies.erase(pidfd);
  close(pidfd);
  Say("ended " + std::to_string(pid) + " " + std::to_string(status) + "\n");
}

// True in the copy.
bool Copy(const std::vector<DescriptorRange>& close_in_child) {
  const pid_t pid = fork();
  if (pid != 0) {
    copies[static_cast<int>(syscall(SYS_pidfd_open, pid, 0))] = pid;
    Say("forked " + std::to_string(pid) + "\n");
    return false;
  }
  for (const auto& [pidfd, other] : copies) close(pidfd);
  for (const DescriptorRange& range : close_in_child) {
    syscall(SYS_close_range, range.first, range.last, 0);
  }
  return true;
}

void OpenAs(int number, const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  dup2(fd, number);
  close(fd);
}

void Connect(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) _exit(1);
  dup3(fd, 3, O_CLOEXEC);
  close(fd);
}

}  // namespace

Served Serve(const std::vector<DescriptorRange>& close_in_child) {
  Say("ready\n");
  for (;;) {
    std::vector<pollfd> polled = {{3, POLLIN, 0}};
    for (const auto& [pidfd, pid] : copies) polled.push_back({pidfd, POLLIN, 0});
    if (poll(polled.data(), polled.size(), -1) < 0) continue;
    for (std::size_t i = 1; i < polled.size(); i++) {
      if (polled[i].revents != 0) Reap(polled[i].fd);
    }
    if (polled[0].revents == 0) continue;
    char byte = 0;
    if (read(3, &byte, 1) != 1) return Served::kLauncherGone;
    if (byte != '\n') {
      request += byte;
      continue;
    }
    if (Copy(close_in_child)) return Served::kForked;
    request.clear();
  }
}

bool IsHurried() { return false; }

bool AwaitCall() {
  std::istringstream fields(request);
  std::string control;
  std::string out;
  std::string error;
  std::string directory;
  std::getline(fields, control, '\t');
  std::getline(fields, out, '\t');
  std::getline(fields, error, '\t');
  std::getline(fields, directory, '\t');
  clearenv();
  for (std::string variable; std::getline(fields, variable, '\t');) {
    const std::size_t equals = variable.find('=');
    setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
  }
  OpenAs(1, out);
  OpenAs(2, error);
  close(4);
  Connect(control);
  return chdir(directory.c_str()) == 0;
}

// A snapshot's copies are placed by a launcher.
bool IsSnapshot() { return false; }
bool EnterAsSnapshot() { return false; }
bool ServeCopies() { return false; }

}  // namespace mayfly::zygote

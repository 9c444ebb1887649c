// The cgroups of a worker on the kernel that is here: as it is, and a hybrid host as v1 too. Needs root.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/sched.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <memory>
#include <sstream>

#include "cgroup/cgroup.h"
#include "test/tap.h"

using namespace mayfly;  // NOLINT(google-build-using-namespace): a test reads better so
using mayfly::tap::Check;

namespace {

const std::string kParent = "mayfly-test-cgroup-" + std::to_string(getpid());

std::string Read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

bool IsDirectory(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

void SleepMs(long milliseconds) {
  const timespec pause = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1'000'000};
  nanosleep(&pause, nullptr);
}

std::string PathOf(const LeafCgroup& leaf, const std::string& controller) {
  for (const CgroupPath& path : leaf.Paths()) {
    if (path.hierarchy == "unified" || path.hierarchy.find(controller) != std::string::npos) return path.directory;
  }
  return "";
}

std::unique_ptr<CgroupTree> OpenTree(const std::string& force, const std::string& worker) {
  const Result<CgroupLayout> layout = DetectCgroups(force);
  if (!layout.ok()) return nullptr;
  Result<std::unique_ptr<CgroupTree>> tree =
      CgroupTree::Open(layout.value(), {.parent = kParent, .worker_id = worker, .allow_without = {}});
  if (!tree.ok()) {
    std::printf("# %s %s: %s %s\n", tree.error().what.c_str(), tree.error().path.c_str(),
                std::strerror(tree.error().code), tree.error().hint.c_str());
    return nullptr;
  }
  return std::move(tree).value();
}

std::vector<LimitWrite> LimitsOf(CgroupMode mode) {
  if (mode == CgroupMode::kV2) {
    return {{"memory", "memory.max", "67108864", false}, {"memory", "memory.swap.max", "0", true},
            {"pids", "pids.max", "4", false},            {"cpu", "cpu.max", "20000 100000", false},
            {"cpuset", "cpuset.cpus", "0", false}};
  }
  return {{"memory", "memory.limit_in_bytes", "67108864", false},
          {"memory", "memory.memsw.limit_in_bytes", "67108864", true},
          {"pids", "pids.max", "4", false},
          {"cpu", "cpu.cfs_period_us", "100000", false},
          {"cpu", "cpu.cfs_quota_us", "20000", false},
          {"cpuset", "cpuset.cpus", "0", false}};
}

// Starts a process in the leaf as the launcher does: cloned into v2's directory, joined to v1's by itself. Returns once
// it has joined.
template <typename Body>
pid_t StartIn(LeafCgroup& leaf, Body body) {
  clone_args arguments = {};
  arguments.exit_signal = SIGCHLD;
  if (leaf.clone_into_fd() != -1) {
    arguments.flags = CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(leaf.clone_into_fd());
  }
  const std::vector<int> join_fds = leaf.join_fds();
  int joined[2];
  if (pipe2(joined, O_CLOEXEC) != 0) return -1;
  const auto pid = static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof arguments));
  if (pid == 0) {
    for (const int fd : join_fds) {
      if (write(fd, "0", 1) != 1) _exit(99);
    }
    close(joined[0]);
    close(joined[1]);
    body();
    _exit(0);
  }
  leaf.CloseJoinFds();
  close(joined[1]);
  char end = 0;
  (void)!read(joined[0], &end, 1);
  close(joined[0]);
  return pid;
}

void BurnMs(long milliseconds) {
  timespec begin = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
  timespec now = begin;
  while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1'000'000 < milliseconds) {
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  }
}

bool RemoveWithin(LeafCgroup& leaf, int tries) {
  for (int attempt = 0; attempt < tries; attempt++) {
    const Result<Removal> removal = leaf.Remove();
    if (!removal.ok()) return false;
    if (removal.value() == Removal::kRemoved) return true;
    SleepMs(1);
  }
  return false;
}

void LimitsAndCounters(CgroupTree& tree) {
  Result<std::unique_ptr<LeafCgroup>> made = tree.CreateLeaf("counted", LimitsOf(tree.mode()));
  if (!Check(made.ok(), "a leaf is made with its limits")) {
    std::printf("# %s %s %s\n", made.error().what.c_str(), made.error().path.c_str(), std::strerror(made.error().code));
    return;
  }
  LeafCgroup& leaf = *made.value();
  const bool v2 = tree.mode() == CgroupMode::kV2;
  Check(Read(PathOf(leaf, "memory") + (v2 ? "/memory.max" : "/memory.limit_in_bytes")) == "67108864\n",
        "the memory limit stands in its file");
  Check(Read(PathOf(leaf, "pids") + "/pids.max") == "4\n", "the pids limit stands in its file");
  Check(leaf.Empty().value(), "a fresh leaf is empty");

  const pid_t pid = StartIn(leaf, [] {
    cpu_set_t cpus;
    if (sched_getaffinity(0, sizeof cpus, &cpus) != 0 || CPU_COUNT(&cpus) != 1 || !CPU_ISSET(0, &cpus)) _exit(3);
    void* page = std::malloc(32UL << 20);
    std::memset(page, 1, 32UL << 20);
    BurnMs(100);
    for (int i = 0; i < 5; i++) {
      const pid_t child = fork();
      if (child == 0) {
        SleepMs(50);
        _exit(0);
      }
    }
    while (wait(nullptr) > 0) {
    }
    free(page);
  });
  Check(!leaf.Empty().value(), "a leaf with a process is not empty");
  Check(leaf.Remove().value() == Removal::kBusy, "a leaf with a process is busy, and stays");
  int status = 0;
  waitpid(pid, &status, 0);
  Check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the process ran on the CPUs that it was given");
  Check(leaf.Empty().value(), "a leaf whose processes ended is empty");

  const CgroupCounters counters = leaf.Read();
  std::printf("# cpu %ld us, peak %ld, pids peak %ld refused %ld, throttled %ld of %ld\n",
              long(counters.cpu_usage_us.value_or(-1)), long(counters.memory_peak_bytes.value_or(-1)),
              long(counters.pids_peak.value_or(-1)), long(counters.pids_refused.value_or(-1)),
              long(counters.cpu_throttled_periods.value_or(-1)), long(counters.cpu_periods.value_or(-1)));
  Check(counters.cpu_usage_us && *counters.cpu_usage_us >= 100'000, "CPU time is what was burnt");
  Check(leaf.CpuUsageUs().value() == counters.cpu_usage_us, "the polled CPU time is the counter's");
  Check(counters.memory_peak_bytes && *counters.memory_peak_bytes > (32UL << 20), "the memory peak has seen the 32 MiB");
  Check(counters.pids_refused && *counters.pids_refused == 2, "two of five forks were refused by a limit of four");
  Check(!counters.pids_peak || *counters.pids_peak == 4, "the pids peak is the limit");
  Check(counters.oom_kills == 0, "nobody was killed for memory");
  Check(counters.cpu_throttled_periods && *counters.cpu_throttled_periods >= 3, "a fifth of a CPU throttles 100 ms of work");
  Check(v2 || !counters.io_read_bytes, "v1 counts no I/O without a throttle, and says so");
  Check(RemoveWithin(leaf, 1000), "an empty leaf is removed");
  Check(!IsDirectory(PathOf(leaf, "memory")) && !IsDirectory(PathOf(leaf, "cpuset")), "it is gone from every hierarchy");
  Check(leaf.Remove().value() == Removal::kRemoved, "removing it again changes nothing");
}

void MemoryKill(CgroupTree& tree) {
  Result<std::unique_ptr<LeafCgroup>> made = tree.CreateLeaf("hog", LimitsOf(tree.mode()));
  LeafCgroup& leaf = *made.value();
  const pid_t pid = StartIn(leaf, [] {
    for (int i = 0; i < 128; i++) std::memset(std::malloc(1UL << 20), 1, 1UL << 20);
  });
  int status = 0;
  waitpid(pid, &status, 0);
  Check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "an allocator beyond its limit is killed");
  Check(leaf.Read().oom_kills.value_or(0) >= 1, "the kernel counted the kill");
  Check(RemoveWithin(leaf, 1000), "its leaf is removed");
}

void FreezeAndThaw(CgroupTree& tree) {
  Result<std::unique_ptr<LeafCgroup>> made = tree.CreateLeaf("paused", {});
  LeafCgroup& leaf = *made.value();
  const pid_t pid = StartIn(leaf, [] {
    while (true) BurnMs(1000);
  });
  SleepMs(30);
  Check(leaf.Freeze().ok(), "a running leaf freezes");
  SleepMs(30);
  const std::uint64_t before = leaf.CpuUsageUs().value();
  SleepMs(50);
  Check(leaf.CpuUsageUs().value() == before, "a frozen leaf uses no CPU");
  Check(leaf.Thaw().ok(), "it thaws");
  SleepMs(50);
  Check(leaf.CpuUsageUs().value() > before, "a thawed leaf goes on");
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  Check(RemoveWithin(leaf, 1000), "a leaf that was frozen is removed everywhere");
}

void Refusals(CgroupTree& tree) {
  const Result<std::unique_ptr<LeafCgroup>> bad = tree.CreateLeaf("bad", {{"pids", "pids.max", "many", false}});
  Check(!bad.ok() && bad.error().code == EINVAL, "a value that the kernel refuses is an error");
  Check(!IsDirectory(tree.Paths().front().directory + "/bad"), "and leaves nothing behind");
  const Result<std::unique_ptr<LeafCgroup>> lacking = tree.CreateLeaf("soft", {{"pids", "pids.nothing", "1", true}});
  Check(lacking.ok(), "a best-effort limit may lack its file");
  Check(lacking.value()->Remove().value() == Removal::kRemoved, "its leaf goes at once");
  const Result<std::unique_ptr<LeafCgroup>> unknown = tree.CreateLeaf("unknown", {{"nothing", "nothing.max", "1", false}});
  Check(!unknown.ok(), "a limit of a controller that is missing fails closed");
}

// One process per dying worker, killed as a worker may be: with a process running in its leaf.
void Leftovers(CgroupTree& tree, const std::string& force) {
  int ready[2];
  if (pipe(ready) != 0) return;
  const pid_t worker = fork();
  if (worker == 0) {
    std::unique_ptr<CgroupTree> dying = OpenTree(force, "dying");
    if (dying == nullptr) _exit(1);
    const auto leaf = dying->CreateLeaf("orphaned", {});
    // It must not keep the lock, so it tells its number only when it has let go.
    (void)StartIn(*leaf.value(), [&] {
      for (int fd = 3; fd < 64; fd++) {
        if (fd != ready[1]) close(fd);
      }
      const pid_t own = getpid();
      (void)!write(ready[1], &own, sizeof own);
      while (true) SleepMs(1000);
    });
    while (true) SleepMs(1000);
  }
  pid_t orphan = 0;
  (void)!read(ready[0], &orphan, sizeof orphan);
  const std::string left = tree.Paths().front().directory + "/../dying";

  const std::unique_ptr<CgroupTree> twin = OpenTree(force, "dying");
  Check(twin == nullptr, "a second worker of a living worker's id is refused");
  Check(tree.ReapLeftovers(100) == 0 && IsDirectory(left + "/group-1/orphaned"), "a living worker's cgroups are left alone");
  kill(worker, SIGKILL);
  waitpid(worker, nullptr, 0);
  Check(tree.ReapLeftovers(2000) == 0 && !IsDirectory(left), "a dead worker's cgroups are removed");
  Check(kill(orphan, 0) == -1 || Read("/proc/" + std::to_string(orphan) + "/stat").find(" Z ") != std::string::npos,
        "and what ran in them was killed");

  const std::string foreign = tree.Paths().front().directory + "/../foreign";
  const std::string command = "mkdir " + foreign;
  (void)!std::system(command.c_str());
  (void)tree.ReapLeftovers(100);
  Check(IsDirectory(foreign), "a directory that somebody else made is never taken for a dead worker");
  rmdir(foreign.c_str());
}

double MonotonicUs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return double(now.tv_sec) * 1e6 + double(now.tv_nsec) / 1e3;
}

void Speed(CgroupTree& tree) {
  constexpr int kRounds = 200;
  std::vector<LimitWrite> writes = LimitsOf(tree.mode());
  // cpuset is one of those that only few ask for.
  writes.pop_back();
  bool removed = true;
  const double begin = MonotonicUs();
  for (int i = 0; i < kRounds; i++) {
    const auto leaf = tree.CreateLeaf("quick-" + std::to_string(i), writes);
    removed = removed && leaf.ok() && leaf.value()->Remove().value() == Removal::kRemoved;
  }
  std::printf("# %.0f us for a leaf with limits, made and removed\n", (MonotonicUs() - begin) / kRounds);
  Check(removed, "leaves that nobody joined go at once");
}

long MemoryCgroups() {
  const std::string text = Read("/proc/cgroups");
  return std::atol(text.c_str() + text.find('\t', text.find("memory") + 7));
}

// The kernel frees a removed cgroup a little later.
long SettledMemoryCgroups() {
  long last = -1;
  for (int same = 0, tries = 0; same < 4 && tries < 100; tries++) {
    const long now = MemoryCgroups();
    same = now == last ? same + 1 : 0;
    last = now;
    SleepMs(50);
  }
  return last;
}

// On a disk: the pages of a file in memory (tmpfs) cannot be given back while the file is there.
std::string ScratchFile(int number) {
  const char* folder = std::getenv("MAYFLY_TEST_DISK");
  return std::string(folder == nullptr ? "/var/tmp" : folder) + "/" + kParent + "-" + std::to_string(number);
}

constexpr off_t kFileBytes = 1 << 20;

// A file none of whose pages are in memory.
int ColdFile(int number) {
  const int fd = open(ScratchFile(number).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const std::string content(kFileBytes, 'x');
  (void)!write(fd, content.data(), content.size());
  fsync(fd);
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  return fd;
}

// Page cache is charged to whoever touches it first, and holds the memory cgroup in the kernel after its directory.
void DyingCgroups(CgroupTree& tree) {
  constexpr int kRounds = 80;
  // What was removed last waits for the end of its group.
  constexpr int kGroup = 16;
  const long before = SettledMemoryCgroups();
  bool removed = true;
  for (int i = 0; i < kRounds; i++) {
    const auto leaf = tree.CreateLeaf("reader-" + std::to_string(i), {});
    const int fd = ColdFile(i);
    const pid_t pid = StartIn(*leaf.value(), [&] {
      char byte = 0;
      for (off_t at = 0; at < kFileBytes; at += 4096) {
        if (pread(fd, &byte, 1, at) != 1) _exit(1);
      }
    });
    close(fd);
    int status = 0;
    waitpid(pid, &status, 0);
    removed = removed && status == 0 && RemoveWithin(*leaf.value(), 1000);
  }
  const long after = SettledMemoryCgroups();
  for (int i = 0; i < kRounds; i++) unlink(ScratchFile(i).c_str());
  std::printf("# %ld memory cgroups before, %ld after\n", before, after);
  Check(removed && after <= before + kGroup + 2, "leaves that first touched a file leave no dying memory cgroup behind for long");
}

void Suite(const std::string& force) {
  std::unique_ptr<CgroupTree> tree = OpenTree(force, "worker-1");
  if (!Check(tree != nullptr, "the worker's directories open" + (force.empty() ? "" : " as " + force))) return;
  std::printf("# mode %s\n", std::string(ToString(tree->mode())).c_str());
  for (const MissingController& missing : tree->missing()) {
    std::printf("# missing %s: %s\n", missing.controller.c_str(), missing.reason.c_str());
  }
  Check(tree->missing().empty(), "no controller is missing");
  LimitsAndCounters(*tree);
  MemoryKill(*tree);
  FreezeAndThaw(*tree);
  Refusals(*tree);
  Leftovers(*tree, force);
  Speed(*tree);
  DyingCgroups(*tree);
  const std::vector<CgroupPath> paths = tree->Paths();
  Check(tree->Close(1000) == 0, "the worker's directories close");
  bool gone = true;
  for (const CgroupPath& path : paths) gone = gone && !IsDirectory(path.directory) && !IsDirectory(path.directory + "/..");
  Check(gone, "and they and the empty parent are gone");
}

}  // namespace

int main() {
  const Result<CgroupLayout> layout = DetectCgroups("");
  if (!layout.ok()) {
    mayfly::tap::Check(false, "this host has cgroups");
    return mayfly::tap::Finish();
  }
  Suite("");
  if (layout.value().mode == CgroupMode::kHybrid) Suite("v1");
  return mayfly::tap::Finish();
}

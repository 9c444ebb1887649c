// A copy of this process as the child of a sandbox's init.
//
// The kernel gives an orphan to the init of its dead parent's process namespace. So a helper is started in the sandbox's
// namespace that shares this process's memory (as after vfork, so that it costs next to nothing), and it is the helper
// that forks: what it forks is a copy of this process. It is started by a guide, which shares the memory as well, and which
// says where its children are born and never has to say it back. Helper and guide end, and the copy is the init's child,
// number 2, as if the init had started it. The zygote has no children to wait for, and its own end touches no copy.
#pragma once

namespace mayfly::zygote {

enum class Made { kOriginal, kCopy, kFailed };

struct Copying {
  // Where processes of the sandbox are born.
  int pid_namespace;
  // A cgroup2 directory, or -1.
  int clone_into;
};

// Returns twice: kOriginal here, and kCopy in the copy, with every signal blocked. kFailed leaves errno.
[[nodiscard]] Made MakeCopy(const Copying& copying);

// In what a helper has forked. The kernel does not carry a registration over to a process that shares memory, and so not
// to what that forks; glibc would go on to believe the processor's number that was last written.
void RegisterRestartableSequences();

// In the copy. The helper ends right after its fork: from then on the parent is the init.
void WaitForInit();

}  // namespace mayfly::zygote

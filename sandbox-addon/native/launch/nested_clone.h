// A process that is the first of a process namespace below another than the launcher's own.
#pragma once

#include <linux/sched.h>
#include <sys/types.h>

#include <functional>

namespace mayfly {

// As clone3 with CLONE_NEWPID, and still the launcher's own child. `body` is what the child does; it must not return.
// -1 and errno.
[[nodiscard]] pid_t CloneBelow(int pid_namespace, const clone_args& arguments, const std::function<void()>& body);

}  // namespace mayfly

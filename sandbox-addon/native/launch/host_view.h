// Two mount namespaces of the launcher. Sources of mounts (the host's folders, and whatever is loaded) are in one; what it
// starts begins in the other, which does not grow: every sandbox has its own copy of that for a moment.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

namespace mayfly {

class HostView {
 public:
  HostView() = default;
  // The present namespace becomes the one of the sources, and the launcher lives in a copy of it from here on.
  [[nodiscard]] static Result<HostView> Open();

  // For as long as it lives, the launcher and what it forks are where the sources are.
  class Visit {
   public:
    explicit Visit(const HostView& view);
    ~Visit();
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    const HostView& view_;
  };

 private:
  UniqueFd sources_;
  UniqueFd own_;
};

}  // namespace mayfly
